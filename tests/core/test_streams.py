import subprocess
import sys
from pathlib import Path

import pytest

TALKS = """
import sys
from nakochat.core.streams import outlive_readers
outlive_readers()
sys.stdin.readline()  # until its reader is gone
for step in range(3):
    print("걸음", step, flush=True)
    print("경고", step, file=sys.stderr)
open(sys.argv[1], "w").write("saved")
"""


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_goes_away_ends_nothing(tmp_path, stream):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", TALKS, str(tmp_path / "file")], **pipes)
    getattr(process, stream).close()
    process.stdin.write(b"\n")
    process.stdin.close()
    other = process.stderr if stream == "stdout" else process.stdout
    with other:
        lines = other.read().decode().splitlines()
    assert process.wait() == 0
    assert (tmp_path / "file").read_text() == "saved"
    assert len(lines) == 3
    assert "Error" not in "".join(lines)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_nor_does_a_full_disk(tmp_path):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", TALKS, str(tmp_path / "file")]
        done = subprocess.run(command, input=b"\n", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file").read_text() == "saved"


def test_what_is_said_to_a_reader_arrives_as_before(tmp_path):
    command = [sys.executable, "-c", TALKS, str(tmp_path / "file")]
    done = subprocess.run(command, input=b"\n", capture_output=True)
    assert done.stdout.decode().splitlines() == [f"걸음 {step}" for step in range(3)]
