"""nako data prepare as a real process that is killed -> the set is the one of a process that was not."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


def bytes_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def children_of(process):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(holds, seconds=600):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_process_killed_at_any_moment_leaves_nothing_that_matters(tmp_path, nako_home):
    lines = (f"문서 {n}번입니다. 이 글은 {n * 7919 % 1000}에 대한 글이에요." for n in range(30_000))
    text = "\n".join(json.dumps({"text": line}) for line in lines)
    (tmp_path / "long.jsonl").write_text(text, encoding="utf-8")
    tokenizer = Tokenizer.train([Village(0).text(number) for number in range(40)], 400)
    tokenizer.save(nako_home / "runs" / "k" / "tokenizer")
    command = [
        sys.executable,
        "-m",
        "nakochat",
        "data",
        "prepare",
        str(tmp_path / "long.jsonl"),
        "--tokenizer",
        "k",
    ]
    command += ["--workers", "2", "--shard-tokens", "15000", "--no-decontaminate", "--name"]
    chance, folder = random.Random(5), nako_home / "sets" / "killed"
    killed = 0
    for begun in ("part-1/lock", "part-1/.0*", "part-1/00001"):
        with subprocess.Popen(
            [*command, "killed"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                wait_until(
                    lambda begun=begun, process=process: [*folder.glob(begun)] or process.poll() is not None
                )
                time.sleep(chance.uniform(0, 0.2))
                workers = children_of(process.pid)
            finally:
                process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        wait_until(lambda workers=workers: not any(map(alive, workers)))
    assert killed  # what was done before is there, and is not in the way
    for name in ("killed", "whole"):
        subprocess.run([*command, name], check=True, stdout=subprocess.DEVNULL)
    assert bytes_of(folder) == bytes_of(nako_home / "sets" / "whole")
