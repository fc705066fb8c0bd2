"""What does it cost to run everywhere?  The same preset as `nako` and as `llama`, each trained for the same time.

    python benchmarks/llama_against_nako.py [--preset tiny] [--seeds 0 1 2] [--corpus PATH...] [--json FILE]

For every seed `nako` trains its base as the preset says.  A few steps of `llama` tell how many fit into the same
seconds (compiling is in neither), and it trains that many.  Tokenizer, texts, schedule and held-out texts are the same.
Printed: bits per byte of all held-out texts.  Runs are kept under NAME-SEED-MODEL.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics

PROBE = 12  # steps of the run that is thrown away
WARM = 4  # of those, compiling


def nako(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def step_seconds(folder: Path, skip: int) -> float:
    seconds = [row["step_seconds"] for row in read_metrics(folder) if row["kind"] == "step"]
    return statistics.median(seconds[skip:] or seconds)


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


def compare(options: argparse.Namespace, seed: int) -> dict[str, float]:
    mine = train(options, seed, "nako", options.steps)
    pace, steps = step_seconds(mine, WARM), len([r for r in read_metrics(mine) if r["kind"] == "step"])
    probe = step_seconds(train(options, seed, "llama", PROBE, "-probe"), WARM)
    other = train(options, seed, "llama", max(1, round(steps * pace / probe)))
    return {
        "seconds": steps * pace,
        "nako_steps": steps,
        "llama_steps": len([r for r in read_metrics(other) if r["kind"] == "step"]),
        "nako_bits_per_byte": score(mine),
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
    rows = {seed: compare(options, seed) for seed in options.seeds}
    print("seed  seconds  nako steps  bits/byte  llama steps  bits/byte")
    for seed, row in rows.items():
        print(
            f"{seed:4} {row['seconds']:8.0f} {row['nako_steps']:11} {row['nako_bits_per_byte']:10.4f} "
            f"{row['llama_steps']:12} {row['llama_bits_per_byte']:10.4f}"
        )
    differences = [row["llama_bits_per_byte"] - row["nako_bits_per_byte"] for row in rows.values()]
    print(f"llama - nako: {statistics.mean(differences):+.4f} bits per byte (each: {differences})")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
