"""torchrun as it is really started: what its processes say, and that it starts them again."""

import os
import signal
import subprocess
import threading
import time

import pytest

from nakochat.commands import launch
from nakochat.core.errors import TrainingError
from nakochat.core.interrupts import Interrupted

RANK = """
import os, pathlib, signal, sys, time
rank, attempt = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
print(f"rank {rank} attempt {attempt}", file=sys.stderr)
here = pathlib.Path(__file__).parent
if "wait" in sys.argv:  # until it is asked to stop; saving takes its time
    asked = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    (here / f"ready-{rank}").touch()
    while not asked:
        time.sleep(0.01)
    time.sleep(0.5)
    (here / f"saved-{rank}").touch()
sys.exit(7 if rank == "1" and attempt in sys.argv[1:] else 0)
"""


@pytest.fixture
def ranks(tmp_path, monkeypatch):
    """ranks(*attempts, restarts=): a stage whose second process fails in these attempts."""
    (tmp_path / "rank.py").write_text(RANK)
    real = subprocess.Popen

    def start(words, **options):
        own = words[: words.index("nakochat") - 1]
        return real([*own, str(tmp_path / "rank.py"), *words[words.index("base") + 1 :]], **options)

    monkeypatch.setattr(launch.subprocess, "Popen", start)

    def train(*attempts, restarts):
        launch.train_in_processes("base", attempts, processes=2, restarts=restarts, logs=tmp_path / "logs")
        return (tmp_path / "logs").exists()

    return train


def test_a_process_that_fails_is_shown_and_one_that_is_started_again_is_not(ranks, capfd, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    with pytest.raises(TrainingError, match="base"):
        ranks("0", restarts=0)
    said = capfd.readouterr().err
    assert "process 1 said:" in said
    assert "rank 1 attempt 0" in said
    assert not ranks("0", restarts=1)  # it went on, and nothing is left of the logs
    assert "said:" not in capfd.readouterr().err


def test_a_wish_to_stop_reaches_every_process_and_all_are_waited_for(ranks, tmp_path):
    def ask():
        deadline = time.monotonic() + 300
        while not all((tmp_path / f"ready-{rank}").exists() for rank in range(2)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    asking, before = threading.Thread(target=ask), signal.getsignal(signal.SIGTERM)
    asking.start()
    with pytest.raises(Interrupted):
        ranks("wait", restarts=0)
    asking.join()
    assert all((tmp_path / f"saved-{rank}").exists() for rank in range(2))
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_last_attempt_of_each_process_is_shown_and_no_more_than_fits(tmp_path):
    for rank, attempt, text in ((0, 0, "a"), (1, 0, "old"), (1, 1, "x\n" * 99), (2, 1, "")):
        file = tmp_path / "id" / f"attempt_{attempt}" / str(rank) / "stderr.log"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    assert launch.last_words(tmp_path) == {0: ["a"], 1: ["x"] * launch.LINES}


def test_a_stage_is_scored_by_a_process_that_says_why_it_cannot(capfd, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    with pytest.raises(TrainingError, match="nobody/base"):
        launch.score_in_process("nobody/base", device="cpu", dtype="auto", items=1)
    assert "error: there is no run 'nobody'" in capfd.readouterr().err
