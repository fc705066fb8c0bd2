"""Is it worth giving an imported model Korean tokens?  With and without, trained on the same texts for the same time.

    python benchmarks/korean_vocabulary.py MODEL --corpus small.jsonl [--add-tokens 8000] [--steps 100] [--rows 32]
        [--context 512] [--json FILE]

The model with more tokens trains --steps steps.  The other gets as many as fit into its seconds: what a longer
vocabulary saves in tokens it pays in a larger head.  Printed: bits per byte of the texts that training holds out of the
corpus, when imported and when trained.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics


def nako(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def trained(run: str, steps: int, options: argparse.Namespace, suffix: str = "") -> dict:
    """Bits per byte before and after that many steps of learning on, and the seconds of one."""
    name = f"{run}-taught{suffix}"
    corpus = ["--corpus", *map(str, options.corpus)]
    words = [
        "--preset",
        "finetune",
        "--name",
        name,
        "--from",
        f"{run}/base",
        "--rows",
        str(options.rows),
        *corpus,
    ]
    nako("train", "base", *words, "--steps", str(steps))
    rows = [*read_metrics(run_folder(name) / "base")]
    checks = [row["validation_bits_per_byte"] for row in rows if row["kind"] == "check"]
    seconds = statistics.median(row["step_seconds"] for row in rows if row["kind"] == "step")
    return {"steps": steps, "step_seconds": seconds, "imported": checks[0], "taught": checks[-1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--add-tokens", type=int, default=8000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--name", default="vocabulary")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    as_it_is, longer = f"{options.name}-own", f"{options.name}-longer"
    common = ["--context", str(options.context)]
    nako("import", options.model, "--name", as_it_is, *common)
    corpus = ["--corpus", *map(str, options.corpus)]
    nako("import", options.model, "--name", longer, *common, "--add-tokens", str(options.add_tokens), *corpus)
    found = {"longer": trained(longer, options.steps, options)}
    fast = trained(as_it_is, min(options.steps, 5), options, "-probe")["step_seconds"]
    steps = max(1, round(options.steps * found["longer"]["step_seconds"] / fast))
    found["own"] = trained(as_it_is, steps, options)
    for name, row in found.items():
        bits = f"{row['imported']:.4f} -> {row['taught']:.4f} bits/byte"
        print(f"{name:7} {bits}, {row['steps']} steps of {row['step_seconds']:.1f} s")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
