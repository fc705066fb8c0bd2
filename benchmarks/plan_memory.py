"""Shapes -> the memory of a few rehearsed steps each, and the coefficients of models/memory.py that fit it.

    python benchmarks/plan_memory.py [--eager] [--dtype auto|float32|bfloat16] [--steps 4] [--json FILE]

Every shape trains in a process of its own, on one thread, with the training loop's own rehearsal.  What can be counted
(weights, gradients, the optimizer's state) is taken off; the rest is fitted by least squares of relative errors with no
coefficient below zero.  For every third shape it is shown, too, how far a fit is off that did not see these.  Time
plays no part, so other work beside it does no harm.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

KEEP_OUT = 3  # every third
LEAST = 9  # shapes, of which six are fitted: as many as there are coefficients
SHAPES = [  # layers, width, heads, context, vocabulary, rows
    (4, 192, 3, 256, 3072, 32),
    (4, 256, 4, 256, 4096, 32),
    (5, 320, 5, 256, 2048, 16),
    (4, 192, 3, 512, 3072, 16),
    (2, 128, 2, 256, 3072, 64),
    (3, 256, 4, 384, 8192, 16),
    (6, 256, 4, 256, 4096, 32),
    (6, 256, 4, 256, 4096, 16),
    (7, 448, 7, 256, 4096, 8),
    (8, 512, 4, 128, 8192, 16),
    (8, 192, 3, 256, 3072, 32),
    (2, 128, 2, 256, 3072, 16),
    (10, 640, 5, 128, 4096, 8),
    (4, 256, 4, 1024, 2048, 8),
    (3, 192, 3, 256, 3072, 16),
    (12, 768, 6, 128, 8192, 8),
    (6, 384, 6, 512, 16384, 8),
    (4, 256, 4, 256, 3072, 16),
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--shapes", type=int, default=len(SHAPES), help="the first so many")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(json.loads(options.child))), flush=True)
        return
    if not LEAST <= options.shapes <= len(SHAPES):
        parser.error(f"--shapes is {LEAST} to {len(SHAPES)}: fewer do not tell the coefficients apart")
    found = []
    for shape in SHAPES[: options.shapes]:
        task = {"shape": shape, "eager": options.eager, "dtype": options.dtype, "steps": options.steps}
        found.append(start(task))
        print(f"{shape}: {found[-1]['bytes'] / 1e9:.3f} GB", flush=True)
    kept_out = found[KEEP_OUT - 1 :: KEEP_OUT]
    fitted, most = fit(found), fit([row for row in found if row not in kept_out])
    print(", ".join(f"{name} {value:.4g}" for name, value in fitted.items()))
    for row in found:
        row["error"], tried = error(row, fitted), error(row, most)
        left = f", {tried:+.1%} by the fit that did not see it" if row in kept_out else ""
        print(f"{row['shape']}: {row['error']:+.1%}{left}")
    if options.json:
        about = {name: found[0][name] for name in ("torch", "dtype", "compiled")}
        text = json.dumps({**about, "coefficients": fitted, "shapes": found}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


def start(task: dict) -> dict:
    command = [sys.executable, str(Path(__file__).resolve()), "--child", json.dumps(task)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    if done.returncode:
        raise SystemExit(f"{task}\n{done.stderr[-2000:]}")
    figures: dict = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def child(task: dict) -> dict:
    """One shape: what its steps held, what of it is counted, and what each coefficient is multiplied with."""
    from nakochat.core.allocator import keep_memory

    keep_memory()
    import torch

    from nakochat.core.machine import open_machine
    from nakochat.models.memory import multiplied, training_memory
    from nakochat.models.nako import NakoConfig
    from nakochat.training.forecast import coefficients_of
    from nakochat.training.rehearsal import rehearse

    layers, width, heads, context, vocabulary, rows = task["shape"]
    config = NakoConfig(vocab_size=vocabulary, layers=layers, width=width, heads=heads, context=context)
    machine = open_machine("cpu", task["dtype"], "no" if task["eager"] else "yes")
    measured = rehearse(config, machine, rows=rows, rows_per_piece=None, steps=task["steps"])
    coefficients = coefficients_of(machine)
    memory = training_memory(config, rows=rows, coefficients=coefficients)
    return {
        "shape": task["shape"],
        "bytes": measured.peak_memory_bytes,
        "counted": memory.weights + memory.gradients + memory.optimizer,
        "columns": multiplied(config, rows=rows, logits_at_once=coefficients.logits_at_once),
        "torch": torch.__version__,
        "dtype": str(machine.dtype).removeprefix("torch."),
        "compiled": machine.compile,
    }


def error(row: dict, coefficients: dict[str, float]) -> float:
    """Of the predicted peak, as a share of the measured one."""
    predicted = row["counted"] + sum(row["columns"][name] * value for name, value in coefficients.items())
    return predicted / row["bytes"] - 1


def fit(rows: list[dict]) -> dict[str, float]:
    """Name of a coefficient -> its value."""
    import numpy as np

    from nakochat.training.law import not_negative

    names = list(rows[0]["columns"])
    whole = np.array([row["bytes"] for row in rows], dtype=np.float64)  # the errors are relative to it
    counted = np.array([row["counted"] for row in rows])
    columns = np.array([[row["columns"][name] for name in names] for row in rows])
    size = columns.mean(axis=0)  # so that the columns are of one size
    weights, _ = not_negative(columns / size / whole[:, None], 1 - counted / whole)
    weights = weights / size
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)}


if __name__ == "__main__":
    main()
