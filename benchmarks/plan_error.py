"""Sizes, twenty rehearsed steps, a real run -> how far `nako plan --measure` is off in time and memory.

    python benchmarks/plan_error.py [--depths 2 3 4] [--context 256] [--rows 16] [--steps 80] [--repeats 5]
        [--json FILE]

Of every repeat and size, in turn: `nako plan --measure` rehearses, then `nako train base` trains the same shape, and
the two halves of its plan.json (predicted before the first step, actual after the last) are held against each other.
Every repeat has a NAKO_HOME of its own: a finished run's pace would take the rehearsal's place.  The actual time
includes what a run does beside its steps (compiling, one measurement, one save).  Wanted: medians within 10 %.  On a
machine that others use at the same time both halves drift apart, and the figures mean nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WANTED = 0.10
SHAPE = ("--rotary-base", "1e5")  # what a depth without a preset of its own is planned with


def nako(home: Path, *words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nakochat", *map(str, words)],
        env={**os.environ, "NAKO_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"nako {' '.join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def compare(home: Path, depth: int, options: argparse.Namespace) -> dict[str, float]:
    """actual / predicted - 1 of time and memory, of one rehearsal and one run."""
    run = f"d{depth}"
    vocabulary = vocabulary_of(home, options)
    how = ["--depth", depth, "--context", options.context, "--rows-per-piece", options.rows]
    same = ["--device", options.device, "--compile", options.compile]
    plan = home / f"{run}.json"
    nako(home, "plan", *how, "--vocab-size", vocabulary, *same, "--measure", "--json", plan)
    planned = json.loads(plan.read_text(encoding="utf-8"))["stages"]["base"]
    rows = planned["tokens"] // (planned["steps"] * options.context)
    tokenizer = home / "runs" / run / "tokenizer"
    tokenizer.parent.mkdir(parents=True)
    tokenizer.symlink_to(home / "runs" / "words" / "tokenizer")
    often = ["--steps", options.steps, "--check-every", options.steps, "--save-every", options.steps]
    nako(home, "train", "base", *how, *SHAPE, "--width", 64 * depth, "--heads", depth, "--rows", rows, *often, *same,
         "--name", run)  # fmt: skip
    found = json.loads((home / "runs" / run / "base" / "plan.json").read_text(encoding="utf-8"))
    before, after = found["predicted"], found["actual"]
    if "20 steps" not in before["source"]:
        raise SystemExit(f"the run was not foretold by the rehearsal but by: {before['source']}")
    for exact in ("parameters", "tokens", "flops"):
        assert before[exact] == after[exact], exact
    return {name: after[name] / before[name] - 1 for name in ("seconds", "memory_bytes")}


def vocabulary_of(home: Path, options: argparse.Namespace) -> int:
    """The size of the tokenizer that all runs of a repeat share."""
    folder = home / "runs" / "words" / "tokenizer"
    if not folder.is_dir():
        nako(
            home,
            "tok",
            "train",
            "--name",
            "words",
            "--vocab-size",
            options.vocab_size,
            "--max-chars",
            400_000,
        )
    from nakochat.text.tokenizer import Tokenizer

    return Tokenizer.load(folder).vocab_size


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 3, 4])
    for name, value in {"context": 256, "rows": 16, "steps": 80, "repeats": 5, "vocab-size": 3072}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    errors: dict[int, list[dict[str, float]]] = {depth: [] for depth in options.depths}
    for number in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            for depth in options.depths:
                found = compare(Path(folder), depth, options)
                errors[depth].append(found)
                print(f"repeat {number + 1}  depth {depth}  time {found['seconds']:+.1%}  "
                      f"memory {found['memory_bytes']:+.1%}", flush=True)  # fmt: skip
    figures = {}
    for depth, rows in errors.items():
        middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        figures[depth] = {"median": middle, "all": rows}
        verdict = "reached" if all(abs(error) <= WANTED for error in middle.values()) else "not reached"
        print(
            f"depth {depth}: time {middle['seconds']:+.1%}, memory {middle['memory_bytes']:+.1%}  {verdict}"
        )
    if options.json:
        about = {"steps": options.steps, "context": options.context, "repeats": options.repeats}
        options.json.write_text(json.dumps({**about, "depths": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
