"""torchrun as it is really started: what its processes say, and that it starts them again."""

import subprocess

import pytest

from nakochat.commands import launch
from nakochat.core.errors import TrainingError

RANK = """
import os, pathlib, sys
rank, attempt = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
print(f"rank {rank} attempt {attempt}", file=sys.stderr)
sys.exit(7 if rank == "1" and attempt in sys.argv[1:] else 0)
"""


@pytest.fixture
def ranks(tmp_path, monkeypatch):
    """ranks(*attempts, restarts=): a stage whose second process fails in these attempts."""
    (tmp_path / "rank.py").write_text(RANK)
    real = subprocess.run

    def start(words, *, check):
        own = words[: words.index("nakochat") - 1]
        return real([*own, str(tmp_path / "rank.py"), *words[words.index("base") + 1 :]], check=check)

    monkeypatch.setattr(launch.subprocess, "run", start)

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


def test_the_last_attempt_of_each_process_is_shown_and_no_more_than_fits(tmp_path):
    for rank, attempt, text in ((0, 0, "a"), (1, 0, "old"), (1, 1, "x\n" * 99), (2, 1, "")):
        file = tmp_path / "id" / f"attempt_{attempt}" / str(rank) / "stderr.log"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    assert launch.last_words(tmp_path) == {0: ["a"], 1: ["x"] * launch.LINES}
