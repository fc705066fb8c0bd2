"""A real filesystem that is too small: a tmpfs that is mounted where nobody but this test sees it."""

import shutil
import subprocess
import sys

import pytest

SCRIPT = """
import errno, sys
from pathlib import Path
from nakochat.models.checkpoint import Keep, newest_checkpoint, save_checkpoint
from nakochat.models.nako import Nako, NakoConfig

folder = Path(sys.argv[1])
model = Nako(NakoConfig(vocab_size=64, layers=2, width=32, heads=2, context=16))
keep = Keep(last=100)

def save(step):
    state = {"step": step, "steps": 99}
    save_checkpoint(folder / "checkpoints", model=model, tokenizer_hash="h", state=state, keep=keep)

def step():
    return newest_checkpoint(folder / "checkpoints").step

saved = 0
try:
    while True:
        save(saved + 1)
        saved += 1
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert 2 <= saved < 90, saved
assert step() == saved
assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == [f"{n + 1:06d}" for n in range(saved)]
try:
    save(saved + 1)  # still full: the same again, and nothing is lost
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert step() == saved
for name in ("000001", "000002"):  # there is room again
    for file in (folder / "checkpoints" / name).iterdir():
        file.unlink()
save(saved + 1)
assert step() == saved + 1
print("survived", saved)
"""


def mounted(folder, size, *command) -> subprocess.CompletedProcess:
    """A command that sees a tmpfs of that size at the folder."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "nako-test", str(folder)]
    shell = 'folder=$1; shift; "${@:1:7}" || exit 77; shift 7; exec "$@"'
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", shell, "-", str(folder), *words, *command],
        capture_output=True,
        text=True,
    )


def test_a_filesystem_that_runs_full_keeps_every_whole_checkpoint(tmp_path):
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here: mounting a small filesystem needs it")
    if (tried := mounted(tmp_path, "64k", "true")).returncode:
        pytest.skip(f"no filesystem may be mounted here: {tried.stderr.strip()}")
    done = mounted(tmp_path, "1500k", sys.executable, "-c", SCRIPT, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "survived" in done.stdout
    assert not list(tmp_path.iterdir())  # it was mounted, and is gone
