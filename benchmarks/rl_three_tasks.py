"""A preset, three tasks, three seeds -> is RL worth its time?  Paired, on items that no stage has seen.

    python benchmarks/rl_three_tasks.py [--preset tiny] [--seeds 0 1 2] [--tasks counting choice spelling]
        [--items 1200] [--json rl.json]

Of every seed: one run up to SFT; then of every task RL from that SFT, and SFT continued from it for as many seconds as
that RL took, on documents that it has not seen.  All three answer the same held-out items (temperature 0), and so do
they all items of the other tasks.  Differences are of the same item, pooled over the seeds, with 95 % intervals.
Wanted: +10 points over SFT, +5 over SFT continued, and nothing else lost beyond its interval.  What is finished is not
done again: an interrupted benchmark goes on with the same command.  Time it on a quiet machine: SFT gets RL's seconds.
"""

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

import torch

from nakochat.core.machine import open_machine
from nakochat.core.paths import find_run, run_folder
from nakochat.core.run import read_metrics
from nakochat.data.village.village import Village
from nakochat.evals.benchmarks import Options, limited, measure
from nakochat.evals.scorer import EngineScorer
from nakochat.inference.talk import load_engine
from nakochat.tasks.benchmark import Benchmark, Question
from nakochat.tasks.catalogue import BENCHMARKS
from nakochat.tasks.lessons import lessons_of
from nakochat.tasks.task import Label
from nakochat.tasks.village import SEED, TASKS
from nakochat.training.practice import REWARDS

WANTED = {"sft": 10.0, "more sft": 5.0}  # points


def nako(*words: str) -> None:
    print("  nako", *words, flush=True)
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True, stdout=subprocess.DEVNULL)


def rows(folder: Path, kind: str) -> list[dict]:
    return [row for row in read_metrics(folder) if row.get("kind") == kind]


def train(options: argparse.Namespace, seed: int, task: str) -> dict[str, str]:
    """The runs of one seed and task: {sft, rl, more sft: RUN}."""
    base = f"{options.name}-{seed}"
    lessons = ["--tasks", *options.lessons] if options.lessons else []
    how = ["--preset", options.preset, "--device", options.device, "--compile", options.compile]
    own = [*how, "--name", base, "--seed", str(seed)]
    if not (run_folder(base) / "sft" / "scores.json").is_file():
        nako("speedrun", *own, "--skip", "rl", *lessons)
    rl, more = f"{base}-{task}", f"{base}-{task}-more-sft"
    for name in (rl, more):
        run_folder(name).mkdir(parents=True, exist_ok=True)
        shutil.copytree(run_folder(base) / "tokenizer", run_folder(name) / "tokenizer", dirs_exist_ok=True)
    common = [*how, "--from", f"{base}/sft"]
    nako("train", "rl", *common, "--name", rl, "--seed", str(seed), "--task", task, "--check-items", "0")
    seconds = rows(run_folder(rl) / "rl", "end")[-1]["seconds"]
    step = statistics.median(row["step_seconds"] for row in rows(run_folder(base) / "sft", "step"))
    steps = max(2, round(seconds / step))
    if not (run_folder(more) / "sft" / "config.json").is_file() or not rows(run_folder(more) / "sft", "end"):
        nako(
            "train",
            "sft",
            *common,
            "--name",
            more,
            "--seed",
            str(seed + 1000),
            "--steps",
            str(steps),
            *lessons,
        )
    return {"sft": f"{base}/sft", "rl": f"{rl}/rl", "more sft": f"{more}/sft"}


def held_out(name: str, count: int) -> list[Question]:
    """Items of a task that training never shows."""
    if name in REWARDS:
        village, kinds = Village(SEED), list(dict.fromkeys(REWARDS[name]))
        made = [village.exercise(n, kind=kinds[n % len(kinds)], split="test") for n in range(count)]
        grade = next((task.grade for task in TASKS if task.name == name), None)
        if grade is None:
            from nakochat.tasks.grading import is_right as grade
        return [Question(e.messages[:-1], partial(_graded, grade, e.expected)) for e in made]
    benchmark = next(b for b in BENCHMARKS if b.name == name)
    found = lessons_of(limited(benchmark.read(None), count))
    return [Question(lesson.prompt, lesson.is_right) for lesson in found]


def _graded(grade, expected, answer: str) -> bool:
    return grade(answer, expected)


def elsewhere(name: str, count: int) -> dict[str, list[Question]]:
    """The village's tasks but the one that is practised, in which more is better."""
    return {
        task.name: [
            Question(e.messages[:-1], partial(_graded, task.grade, e.expected))
            for e in task.exercises()[:count]
        ]
        for task in TASKS
        if task.name != name and not task.name.startswith(name) and task.better == "higher"
    }


@torch.inference_mode()
def right(run: str, sets: dict[str, list[Question]], device: str) -> dict[str, list[float]]:
    """Of every item of every set, whether the likeliest answer was right."""
    scorer = EngineScorer(load_engine(find_run(run), open_machine(device, "auto", "no")))
    test = Benchmark(name="held out", label=Label("", ""), read=lambda folder: [], max_tokens=48)
    return {name: list(measure(scorer, test, items, Options()).right) for name, items in sets.items()}


def paired(left: list[float], other: list[float]) -> tuple[float, float, float]:
    """Mean of the differences in points, and its 95 % interval."""
    differences = [100 * (a - b) for a, b in zip(left, other, strict=True)]
    mean = statistics.fmean(differences)
    spread = (
        1.96 * statistics.stdev(differences) / math.sqrt(len(differences))
        if len(differences) > 1
        else math.inf
    )
    return mean, mean - spread, mean + spread


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--name", default="rl3")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tasks", nargs="+", default=["counting", "choice", "spelling"])
    parser.add_argument("--lessons", nargs="*", default=["spelling:0.4"], help="--tasks of mid and sft")
    parser.add_argument("--items", type=int, default=1200)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: dict[str, dict] = {}
    for task in options.tasks:
        kept: dict[str, dict[str, list[float]]] = {}
        sets = {task: held_out(task, options.items), **elsewhere(task, options.items)}
        for seed in options.seeds:
            runs = train(options, seed, task)
            for side, run in runs.items():
                for name, values in right(run, sets, options.device).items():
                    kept.setdefault(name, {}).setdefault(side, []).extend(values)
        figures[task] = {}
        for name, sides in kept.items():
            shares = {side: 100 * statistics.fmean(values) for side, values in sides.items()}
            gains = {side: paired(sides["rl"], sides[side]) for side in ("sft", "more sft")}
            figures[task][name] = {"items": len(sides["rl"]), "shares": shares, "gains": gains}
            tell(task, name, figures[task][name])
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2), encoding="utf-8")


def tell(task: str, name: str, found: dict) -> None:
    shares = "  ".join(f"{side} {value:5.1f}" for side, value in found["shares"].items())
    gains = "  ".join(
        f"over {side} {mean:+5.1f} [{low:+.1f}, {high:+.1f}]"
        for side, (mean, low, high) in found["gains"].items()
    )
    if name == task:
        good = all(found["gains"][side][0] >= least for side, least in WANTED.items())
        verdict = "reached" if good else "not reached"
    else:
        verdict = "lost" if found["gains"]["sft"][2] < 0 else ""
    print(f"{task:12} {name:24} {found['items']:6} items  {shares}  {gains}  {verdict}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
