"""Is it worth giving an imported model Korean tokens?  With and without, trained on the same texts for the same time.

    python benchmarks/korean_vocabulary.py MODEL --corpus kowiki-train.jsonl --text kowiki-last.jsonl \\
        [--add-tokens 8000] [--steps 100] [--context 512] [--json FILE]

The model with more tokens trains --steps steps.  The other gets as many as fit into its seconds: what a longer
vocabulary saves in tokens it pays in a larger head.  Printed: bits per byte when imported and when trained.
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


def measured(run: str, options: argparse.Namespace) -> dict:
    out = run_folder(run.split("/")[0]) / "validate.json"
    nako("validate", run, "--texts", *map(str, options.text), "--json", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))
    return {"bits_per_byte": found["bits_per_byte"], "bytes_per_token": found["bytes"] / found["tokens"]}


def trained(run: str, steps: int, options: argparse.Namespace, suffix: str = "") -> tuple[str, float]:
    """The run that learnt on, and the seconds of a step."""
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
    seconds = [
        row["step_seconds"] for row in read_metrics(run_folder(name) / "base") if row["kind"] == "step"
    ]
    return f"{name}/base", statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--text", nargs="+", type=Path, required=True, help="held out")
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
    taught, slow = trained(longer, options.steps, options)
    _, fast = trained(as_it_is, min(options.steps, 5), options, "-probe")
    other, _ = trained(as_it_is, max(1, round(options.steps * slow / fast)), options)
    found = {
        "own": {"imported": measured(f"{as_it_is}/base", options), "taught": measured(other, options)},
        "longer": {"imported": measured(f"{longer}/base", options), "taught": measured(taught, options)},
    }
    for name, rows in found.items():
        for when, row in rows.items():
            print(
                f"{name:7} {when:9} {row['bits_per_byte']:.4f} bits/byte  {row['bytes_per_token']:.2f} bytes/token"
            )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
