"""What does it cost to run everywhere?  The same preset as `nako` and as `llama`, each trained for the same time.

    python benchmarks/llama_against_nako.py [--preset tiny] [--seeds 0 1 2] [--corpus PATH...] [--json FILE]

First single steps of both, in turn and in one process, tell what a step of each takes of the processor; compiling is
in neither.  For every seed `nako` trains its base for --steps, `llama` as many as take the same time.  Tokenizer,
texts, schedule, rates and held-out texts are the same: the rates are those that `nako` was tuned with.
Printed: bits per byte of all held-out texts.  Runs are kept under NAME-SEED-MODEL.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from nakochat.core.files import read_json
from nakochat.core.machine import open_machine
from nakochat.core.paths import find_run, run_folder
from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import checkpoint_of
from nakochat.training.objective import compiled_loss, weighted_loss
from nakochat.training.optimizer import Optimizer
from nakochat.training.rehearsal import random_batches

TURNS = 9  # steps of each that tell its pace, after two that compile


def nako(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def train(options: argparse.Namespace, seed: int, model: str, steps: int | None, suffix: str = "") -> Path:
    name = f"{options.name}-{seed}-{model}{suffix}"
    corpus = ["--corpus", *map(str, options.corpus)] if options.corpus else []
    common = ["--preset", options.preset, "--name", name, "--seed", str(seed), *corpus]
    nako("tok", "train", *common)
    length = [] if steps is None else ["--steps", str(steps)]
    nako("train", "base", *common, "--model", model, "--text-share", "1.0", *length)
    return run_folder(name) / "base"


def score(folder: Path) -> float:
    out = folder / "validate.json"
    nako("validate", f"{folder.parent.name}/base", "--json", str(out))
    return float(json.loads(out.read_text(encoding="utf-8"))["bits_per_byte"])


def pace(options: argparse.Namespace) -> dict[str, float]:
    """Processor seconds of a step of each model: medians of steps in turn, so that whatever else runs hinders both."""
    machine = open_machine("cpu", "auto", "auto")
    steps, taken = {}, {}
    for kind in ("nako", "llama"):
        folder = train(options, options.seeds[0], kind, 1, "-probe")
        about = read_json(folder / "config.json")
        model = checkpoint_of(find_run(f"{folder.parent.name}/base")).model(machine.dtype, machine.device)
        batches = random_batches(model.config, rows=about["rows"], rows_per_piece=None, documents=400)
        steps[kind], taken[kind] = step_of(model.train(), batches, machine, about["rows"]), []
    for turn in range(TURNS + 2):
        for kind, step in steps.items():
            began = time.process_time()
            step(turn)
            taken[kind].append(time.process_time() - began)
    return {kind: statistics.median(seconds[2:]) for kind, seconds in taken.items()}


def step_of(model, batches, machine, rows: int):
    loss_of = compiled_loss() if machine.compile else weighted_loss
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=0.001,
        weight_decay=0.1,
        width=model.config.width,
        tokens_per_step=rows * model.config.context,
        dtype=machine.dtype,
    )

    def step(number: int) -> None:
        for piece in batches.step():
            (loss_of(model, piece) / piece.scored).backward()
        optimizer.step(number, rate=0.5, momentum=0.95, decay=1.0)
        optimizer.zero_gradients()

    return step


def compare(options: argparse.Namespace, seed: int, seconds: dict[str, float]) -> dict[str, float]:
    mine = train(options, seed, "nako", options.steps)
    steps = len([row for row in read_metrics(mine) if row["kind"] == "step"])
    more = max(1, round(steps * seconds["nako"] / seconds["llama"]))
    other = train(options, seed, "llama", more)
    return {
        "nako_steps": steps,
        "nako_seconds": steps * seconds["nako"],
        "nako_bits_per_byte": score(mine),
        "llama_steps": more,
        "llama_seconds": more * seconds["llama"],
        "llama_bits_per_byte": score(other),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--corpus", type=Path, nargs="*", default=[])
    parser.add_argument("--steps", type=int, help="of nako; default: the preset's")
    parser.add_argument("--name", default="price")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seconds = pace(options)
    print(f"processor seconds of a step: {seconds}", flush=True)
    rows = {seed: compare(options, seed, seconds) for seed in options.seeds}
    print("seed  nako steps  seconds  bits/byte  llama steps  seconds  bits/byte")
    for seed, row in rows.items():
        print(
            f"{seed:4} {row['nako_steps']:11} {row['nako_seconds']:8.0f} {row['nako_bits_per_byte']:10.4f} "
            f"{row['llama_steps']:12} {row['llama_seconds']:8.0f} {row['llama_bits_per_byte']:10.4f}"
        )
    differences = [row["llama_bits_per_byte"] - row["nako_bits_per_byte"] for row in rows.values()]
    print(f"llama - nako: {statistics.mean(differences):+.4f} bits per byte (each: {differences})")
    if options.json:
        options.json.write_text(
            json.dumps({"step_seconds": seconds, "seeds": rows}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
