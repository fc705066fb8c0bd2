"""A finished run -> is RL worth its time?  SFT goes on for RL's seconds from the same weights; both are scored.

    python benchmarks/rl_against_sft.py NAME [--preset tiny]

Writes a run NAME-more-sft beside NAME (fresh documents, the preset's sft settings) and prints counting for SFT, RL and
SFT continued, with 95 % intervals.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from nakochat.core.paths import run_folder


def rows(folder: Path, kind: str) -> list[dict]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["kind"] == kind]


def scores(folder: Path) -> dict:
    return json.loads((folder / "scores.json").read_text(encoding="utf-8"))["scores"]


def nako(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--preset", default="tiny")
    options = parser.parse_args()
    run, more = run_folder(options.name), run_folder(f"{options.name}-more-sft")
    seconds = rows(run / "rl", "end")[-1]["seconds"]
    step = statistics.median(row["step_seconds"] for row in rows(run / "sft", "step"))
    steps = round(seconds / step)
    more.mkdir(parents=True, exist_ok=True)
    shutil.copytree(run / "tokenizer", more / "tokenizer", dirs_exist_ok=True)
    seed = (
        json.loads((run / "sft" / "config.json").read_text())["seed"] + 1000
    )  # documents that it has not seen
    words = ["--preset", options.preset, "--name", more.name, "--from", f"{options.name}/sft"]
    nako("train", "sft", *words, "--steps", str(steps), "--seed", str(seed))
    nako("eval", f"{more.name}/sft")
    print(f"RL took {seconds:.0f} s: {steps} steps of SFT at {step:.2f} s")
    for label, folder in (("SFT", run / "sft"), ("RL", run / "rl"), ("SFT continued", more / "sft")):
        entry = scores(folder)["counting"]
        low, high = entry["interval"]
        print(f"{label:14} counting {entry['value']:.3f} [{low:.3f}, {high:.3f}] of {entry['items']}")


if __name__ == "__main__":
    main()
