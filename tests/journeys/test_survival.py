"""Real commands killed and signalled at random moments -> weights and losses of the run that nothing stopped."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from nakochat.core.files import read_json
from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import newest_checkpoint
from tests.journeys.commands import Commands

WORDS = ["--preset", "toy", "--compile", "no", "--dtype", "float32"]
STAGES = ("base", "mid", "sft", "rl")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("survival")


@pytest.fixture(scope="module")
def nako(home, fork_server):
    """nako(words, number=, after=, when=, folder=, at=, stays=): how a command ended; nako(wait=pid)."""
    commands = Commands(fork_server, home)
    return lambda *words, wait=None, **how: (
        commands.run(*words, **how) if wait is None else commands.wait(wait)
    )


def well(ended, home) -> float:
    assert ended["status"] == 0, "".join(
        (home / log).read_text(encoding="utf-8") for log in ("log", "errors")
    )
    return float(ended["seconds"])


@pytest.fixture(scope="module")
def whole(nako, home):
    """The run that nothing stops."""
    well(nako("tok", "train", "--preset", "toy", "--name", "whole"), home)
    well(nako("train", "base", *WORDS, "--name", "whole"), home)
    return home / "runs" / "whole"


def begun(whole, name) -> Path:
    """A run of this name that has the tokenizer of the one that nothing stops."""
    shutil.copytree(whole / "tokenizer", whole.with_name(name) / "tokenizer")
    return whole.with_name(name)


def losses(folder) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in read_metrics(folder) if row["kind"] == "step"}


def require_same(one, other, stage) -> None:
    """To the bit: weights, optimizer, losses."""
    assert losses(one / stage) == losses(other / stage)
    pair = [newest_checkpoint(run / stage / "checkpoints") for run in (one, other)]
    for file in ("model.safetensors", "optimizer.safetensors"):
        assert len({(found.folder / file).read_bytes() for found in pair}) == 1, (stage, file)


def test_three_kills_lose_nothing(nako, home, whole):
    """While documents are prepared, at a step, and within a save, whose hidden folder is there then."""
    command = ["train", "base", *WORDS, "--name", "killed", "--save-every", "1"]
    base = begun(whole, "killed") / "base"
    moments = [("data/base/.text.*", home / "runs" / "killed"), ("000002", base), (".00000[3-5].*", base)]
    for when, folder in moments:
        inside = folder if "data" in when else folder / "checkpoints"
        ended = nako(*command, number=signal.SIGKILL, when=when, folder=inside)
        assert ended["status"] == -signal.SIGKILL
    steps = [int(path.name) for path in (base / "checkpoints").glob("[0-9]*")]
    assert steps
    assert max(steps) < 6
    well(nako(*command), home)
    require_same(whole, home / "runs" / "killed", "base")
    assert not list((base / "checkpoints").glob(".*"))


@pytest.mark.parametrize(("number", "place"), [(signal.SIGINT, "here"), (signal.SIGTERM, "elsewhere")])
def test_a_signal_saves_and_leaves_and_it_goes_on_exactly(nako, home, whole, tmp_path, number, place):
    """Where it was, or copied to another home, where the first is out of reach."""
    run = begun(whole, place)
    command = ["train", "base", *WORDS, "--name", place, "--save-every", "2"]
    ended = nako(*command, number=number, when="000002", folder=run / "base" / "checkpoints")
    assert ended["status"] == 130
    assert ended["left_after"] < 50  # ten times what is promised
    at = home
    if place == "elsewhere":
        at = tmp_path / "다른 집"
        shutil.move(run, at / "runs" / place)
    well(nako(*command, at=at), home)
    require_same(whole, at / "runs" / place, "base")


def test_whoever_reads_while_it_trains_gets_a_whole_checkpoint_and_disturbs_nothing(nako, home, whole):
    """The training stands still within a save while others chat, sample, list and verify."""
    command = ["train", "base", *WORDS, "--name", "busy", "--save-every", "1"]
    folder = begun(whole, "busy") / "base" / "checkpoints"
    training = nako(*command, number=signal.SIGSTOP, when=".00000[3-5].*", folder=folder, stays=True)["pid"]
    try:
        for words in (
            ["chat", "busy", "--prompt", "안녕하세요", "--max-tokens", "4"],
            ["sample", "busy/base", "--prompt", "옛날에", "--max-tokens", "4"],
            ["runs", "--verify"],
        ):
            well(nako(*words, "--device", "cpu") if words[0] != "runs" else nako(*words), home)
        assert nako(*command)["status"] == 2  # a second writer is refused
        assert f"{training} (" in (home / "errors").read_text(encoding="utf-8")
    finally:
        os.kill(training, signal.SIGCONT)
    well(nako(wait=training), home)
    require_same(whole, home / "runs" / "busy", "base")


@pytest.mark.soak
def test_a_training_goes_on_with_another_number_of_processes(nako, home, whole):
    """One, two and four of them, the last two under torchrun: the same batches, and losses but for their rounding."""
    command = ["train", "base", *WORDS, "--name", "ranks", "--save-every", "1", "--check-every", "1"]
    folder = begun(whole, "ranks") / "base"
    ended = nako(*command, number=signal.SIGTERM, when="000001", folder=folder / "checkpoints")
    assert ended["status"] == 130
    steps = []
    for world in (2, 4):
        before = newest_checkpoint(folder / "checkpoints").step
        steps.append(before)
        launch = [
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc-per-node={world}",
            "-m",
            "nakochat",
        ]
        environment = {**os.environ, "NAKO_HOME": str(home), "OMP_NUM_THREADS": "1"}
        with (home / "log").open("a") as log:
            process = subprocess.Popen([sys.executable, *launch, *command], env=environment, stderr=log)
        deadline = time.monotonic() + 900
        while world == 2 and not (folder / "checkpoints" / f"{before + 1:06}" / "manifest.json").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        if world == 2:
            process.send_signal(signal.SIGTERM)
        assert (process.wait(timeout=900) == 0) == (world == 4)
    rows = [
        {row["step"]: row for row in read_metrics(run) if row["kind"] == "step"}
        for run in (whole / "base", folder)
    ]
    assert rows[0].keys() == rows[1].keys()
    print(f"\none process to step {steps[0]}, two to step {steps[1]}, four to the end")
    assert 0 < steps[0] < steps[1] < max(rows[0])
    for step, row in rows[0].items():
        assert rows[1][step]["scored"] == row["scored"]
        assert rows[1][step]["loss"] == pytest.approx(row["loss"], rel=1e-4)


def place(run: Path) -> str:
    """What a speedrun was at when it was stopped."""
    stages = [stage for stage in STAGES if (run / stage / "config.json").is_file()]
    if not stages:
        return "tokenizer"
    folder = run / stages[-1]
    if (folder / "scores.json").is_file():
        return f"after {stages[-1]}"
    if last_checkpoint(folder).is_dir():
        return f"evaluation of {stages[-1]}"
    worked = any(row["kind"] in ("check", "step") for row in read_metrics(folder))
    return stages[-1] if worked or stages[-1] == "rl" else f"shards of {stages[-1]}"


def last_checkpoint(stage: Path) -> Path:
    return stage / "checkpoints" / f"{read_json(stage / 'config.json')['steps']:06}"


def spans(run: Path) -> dict[str, tuple[str, float]]:
    """place -> the file that appears where it begins, and the seconds that it took a finished run; in order."""
    found = {}
    for stage in STAGES:
        began, shards = run / stage / "config.json", run / "data" / stage / "chat" / "manifest.json"
        first, last = min((run / stage / "checkpoints").glob("[0-9]*")), last_checkpoint(run / stage)
        places = {
            f"shards of {stage}": (began, shards),
            stage: (first, last),
            f"evaluation of {stage}": (last, run / stage / "scores.json"),
        }
        for name, (start, end) in places.items():
            if end.exists():
                seconds = end.stat().st_mtime - start.stat().st_mtime
                found[name] = str(start.relative_to(run)), seconds
    return found


def kind(name: str) -> str:
    """The place without its stage, where every stage has one."""
    return name.split(" of ")[0]


def aim(run: Path, at: Counter, found: dict[str, tuple[str, float]], most: float, rng: random.Random) -> dict:
    """A random moment of a place that no stop has met and that this run will come to; or any moment up to `most`."""
    met = set(map(kind, at))
    ahead = [span for name, span in found.items() if kind(name) not in met and not (run / span[0]).exists()]
    if not ahead or rng.random() < 0.5:  # chance alone spares what is short
        return {"after": rng.uniform(0.05, most)}
    when, seconds = ahead[0]
    return {"when": when, "folder": run, "after": rng.uniform(0, seconds)}


def everywhere(at: Counter) -> bool:
    """Whether every stage was stopped, and shards in the making, and an evaluation."""
    return {*STAGES, "shards", "evaluation"} <= set(map(kind, at))


def scores(run: Path, stage: str) -> dict:
    found = read_json(run / stage / "scores.json")
    return {name: value for name, value in found.items() if name != "seconds"}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("signals", "stops"), [((signal.SIGKILL,), 50), ((signal.SIGTERM, signal.SIGINT), 20)]
)
def test_stops_of_a_whole_speedrun_at_random_moments(nako, home, signals, stops):
    """From the tokenizer to the last evaluation.  The figures that it prints are for docs/reliability.md."""
    words, prefix = ["speedrun", *WORDS], signals[0].name.lower()
    total = well(nako(*words, "--name", "unstopped"), home)
    rng, left, at, names = random.Random(stops), [], Counter(), [f"{prefix}-0"]
    found, most, before = spans(home / "runs" / "unstopped"), total / 4, None
    while len(left) < stops or (not everywhere(at) and len(left) < 3 * stops):
        number, run = signals[len(left) % len(signals)], home / "runs" / names[-1]
        ended = nako(*words, "--name", names[-1], number=number, **aim(run, at, found, most, rng))
        if ended["left_after"] is None or ended["status"] == 0:
            names.append(f"{prefix}-{len(names)}")  # it came through: the rest befalls another
            continue
        left.append(ended["left_after"])
        stopped = place(run)
        at[stopped] += 1
        print(f"{len(left)}: {stopped} of {names[-1]}, gone after {left[-1]:.2f} s", flush=True)
        # a machine that others use may take longer than the whole run did: nothing is to be stopped for ever
        most, before = most * 1.5 if stopped == before else total / 4, stopped
    for name in names:
        well(nako(*words, "--name", name), home)
        for stage in STAGES:
            require_same(home / "runs" / "unstopped", home / "runs" / name, stage)
            assert scores(home / "runs" / name, stage) == scores(home / "runs" / "unstopped", stage)
    print(
        f"\n{'/'.join(number.name for number in signals)}: {len(left)} stops in {len(names)} runs of {total:.0f} s"
    )
    print(f"at most {max(left):.2f} s until it was gone, {sorted(left)[len(left) // 2]:.2f} s in the middle")
    print("; ".join(f"{name}: {count}" for name, count in at.most_common()))
    assert everywhere(at)
