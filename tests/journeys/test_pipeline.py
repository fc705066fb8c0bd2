"""The whole way through the real command line, at toy size, in a home with a space and Hangul in its path."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import newest_checkpoint
from tests.journeys.commands import Commands

NAKO = [sys.executable, "-m", "nakochat"]
WORDS = ["--compile", "no", "--dtype", "float32"]
SPEEDRUN = ["speedrun", "--preset", "toy", *WORDS]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("나코 집")


@pytest.fixture(scope="module")
def nako(home, fork_server):
    return Commands(fork_server, home)


@pytest.fixture(scope="module")
def trained(nako, home):
    """A toy run, made once for all the tests here."""
    nako.well(*SPEEDRUN)
    return home / "runs" / "toy"


def begun(home, name):
    """A run of this name that has the tokenizer and the texts of the one that is trained."""
    for part in ("tokenizer", "data"):
        shutil.copytree(home / "runs" / "toy" / part, home / "runs" / name / part)
    return home / "runs" / name


def rows(folder, kind="step"):
    return [row for row in read_metrics(folder) if row["kind"] == kind]


def test_every_stage_leaves_its_record(trained):
    for stage in ("base", "mid", "sft", "rl"):
        folder = trained / stage
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        assert [row["step"] for row in rows(folder)] == list(range(1, config["steps"] + 1))
        origin = json.loads((folder / "origin.json").read_text(encoding="utf-8"))
        assert (origin["parent"] is None) == (stage == "base")
        scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))["scores"]
        assert {"bits_per_byte", "josa", "calculator", "questions_written", "counting"} <= set(scores)
    assert "BASE" in (trained / "report.md").read_text(encoding="utf-8")
    assert (trained / "report.html").is_file()


def test_no_stage_goes_on_with_the_random_numbers_of_the_one_before(trained):
    """All ran in one process: a stage that is started again in a process of its own begins alike."""
    for stage in ("base", "mid", "sft", "rl"):
        state = newest_checkpoint(trained / stage / "checkpoints").optimizer_state()["random.cpu"]
        assert state.equal(torch.Generator().manual_seed(0).get_state()), stage


def test_running_it_again_redoes_nothing(trained, nako):
    def state():
        return {p: p.stat().st_mtime_ns for p in trained.rglob("*") if p.is_file() and "report" not in p.name}

    before = {path: when for path, when in state().items() if "figures" not in path.parts}
    nako.well(*SPEEDRUN)
    assert nako.said().count("이미 끝났습니다") == 4
    assert {path: when for path, when in state().items() if "figures" not in path.parts} == before


def test_it_talks(trained, nako, home):
    """As anyone would start it, with a locale that knows no Hangul."""
    words = ["chat", "toy", "--prompt", "안녕하세요", "--max-tokens", "8"]
    environment = {**os.environ, "NAKO_HOME": str(home), "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([*NAKO, *words], capture_output=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr
    nako.well("sample", "toy/base", "--prompt", "옛날에", "--max-tokens", "8")
    assert nako.said().startswith("옛날에")
    nako.well("runs")
    assert "toy" in nako.said()


def test_bits_per_byte_of_a_file(trained, nako, tmp_path):
    text = tmp_path / "글.txt"
    text.write_text("오늘은 날씨가 좋아요.\n", encoding="utf-8")
    nako.well("eval", "toy/base", "--bpb", str(text), "--json", str(tmp_path / "out.json"))
    assert json.loads((tmp_path / "out.json").read_text())["bits_per_byte"] > 0


def test_a_killed_run_goes_on_with_the_same_losses(trained, nako, home):
    """SIGKILL in the middle of base: the resumed run's losses are those of the run that nothing stopped."""
    command = ["train", "base", "--preset", "toy", "--name", "killed", *WORDS]
    folder = begun(home, "killed") / "base"
    slow = ["--check-every", "1"]  # leaves time to die in, and may differ
    saved = {"folder": folder / "checkpoints", "when": "000003/manifest.json"}
    assert nako.run(*command, *slow, number=signal.SIGKILL, **saved)["status"] == -signal.SIGKILL
    assert not (folder / "checkpoints" / "000006").exists()  # else it was not killed in the middle
    nako.well(*command)
    assert "3걸음부터" in nako.said()
    losses = {row["step"]: row["loss"] for row in rows(folder)}
    assert losses == {row["step"]: row["loss"] for row in rows(trained / "base")}
    weights = [
        run / "base" / "checkpoints" / "000006" / "model.safetensors"
        for run in (trained, home / "runs" / "killed")
    ]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def under_torchrun(home, name, *words):
    """Base by two processes, on its way."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=6"]
    command = [*torchrun, "-m", "nakochat", "train", "base", "--preset", "toy", "--name", name]
    environment = {**os.environ, "NAKO_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *command, *WORDS, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def by_two(trained, nako, home):
    """Base and sft, learned by two processes."""
    begun(home, "two")
    for stage, words in (("base", []), ("sft", ["--from", "toy/mid"])):
        nako.well("train", stage, "--preset", "toy", "--name", "two", *WORDS, *words, ranks=[{}, {}])
    return home / "runs" / "two"


@pytest.mark.parametrize("stage", ["base", "sft"])
def test_two_processes_learn_as_one(trained, by_two, home, stage):
    """sft: rows of very different numbers of scored tokens, where a mean of means would show."""
    one, two = ({row["step"]: row for row in rows(run / stage)} for run in (trained, home / "runs" / "two"))
    assert one.keys() == two.keys()
    # The first step starts from the same weights: loss and gradient are the same but for the order of additions.
    for figure in ("loss", "gradient_norm", "scored"):
        assert two[1][figure] == pytest.approx(one[1][figure], rel=1e-6), figure
    for step, row in one.items():
        assert two[step]["loss"] == pytest.approx(row["loss"], rel=1e-4), step
    models = [
        newest_checkpoint(run / stage / "checkpoints").model(torch.float32, torch.device("cpu"))
        for run in (trained, home / "runs" / "two")
    ]
    # By the norm: a lone weight may differ, where Adam turns the rounding of a gradient near 0 into a whole step.
    weights = [
        torch.cat([parameter.detach().flatten() for parameter in model.parameters()]) for model in models
    ]
    assert float((weights[0] - weights[1]).norm() / weights[0].norm()) < 1e-3  # seen: 7e-5 and less


def pid_of_rank(agent: int, rank: int) -> int | None:
    for status in Path("/proc").glob("[0-9]*/environ"):
        try:
            parent = (status.parent / "stat").read_text().rpartition(")")[2].split()[1]
            environment = status.read_bytes().split(b"\0") if int(parent) == agent else []
        except OSError:
            continue  # it has ended
        if b"RANK=%d" % rank in environment:
            return int(status.parent.name)
    return None


def wait_for(found, process):
    """What found() gives as soon as it is not false."""
    deadline = time.monotonic() + 600
    while not (value := found()):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    return value


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds ranks in /proc")
@pytest.mark.parametrize(
    ("how", "word"),
    [(signal.SIGKILL, "말없이"), pytest.param(signal.SIGSTOP, "10초", marks=pytest.mark.soak)],
)
def test_a_rank_that_dies_or_hangs_is_named_and_torchrun_goes_on_by_itself(by_two, home, how, word):
    checkpoints = begun(home, how.name) / "base" / "checkpoints"
    slow = ["--check-every", "1", "--save-every", "1", "--rank-timeout", "10"]
    process = under_torchrun(home, how.name, *slow)
    wait_for((checkpoints / "000001").exists, process)
    fallen = pid_of_rank(process.pid, 1)
    os.kill(fallen, how)
    if how == signal.SIGSTOP:
        wait_for(lambda: pid_of_rank(process.pid, 0) is None, process)  # it has given up
        os.kill(fallen, signal.SIGKILL)  # what torchrun does after half a minute
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert any(f", {fallen})" in line and word in line for line in said.splitlines()), said
    runs = (by_two, home / "runs" / how.name)
    assert len({str([row["loss"] for row in rows(run / "base")][-3:]) for run in runs}) == 1
    last = [newest_checkpoint(run / "base" / "checkpoints").folder for run in runs]
    for file in ("model.safetensors", "optimizer.safetensors"):
        assert (last[0] / file).read_bytes() == (last[1] / file).read_bytes(), file


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "base", "--preset", "tinny"], "tiny"),
        (["train", "base", "--stepz", "3"], "--steps"),
        (["chat", "nobody"], "nobody"),
        (["train", "mid", "--preset", "toy", "--name", "empty"], "tok train"),
        (["speedrun", "--corpus", "no-such-file.txt", "--name", "none"], "no-such-file.txt"),
        (["train", "base", "--name", "../up"], "../up"),
        (["eval", "toy", "--device", "tpu"], "tpu"),
        (["train", "base", "--preset", "toy", "--steps", "7", "--name", "toy"], "steps"),
        (["speedrun", "--preset", "toy", "--seed", "1"], "seed"),
    ],
)
def test_a_mistake_ends_with_one_clear_line(trained, nako, words, said):
    assert nako.run(*words)["status"] == 2
    assert said in nako.errors()
    assert "Traceback" not in nako.errors()


def test_a_home_that_cannot_be_written_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    environment = {**os.environ, "NAKO_HOME": str(blocked / "home")}
    done = subprocess.run([*NAKO, "runs"], capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert "NAKO_HOME" in done.stderr
