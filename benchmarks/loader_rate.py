"""A prepared set -> how many tokens a second its loader gives in one process.

    python benchmarks/loader_rate.py SET... [--context 2048] [--rows 32] [--steps 50] [--json FILE]

The aim is 20 times what the tiny preset trains at on two cores (24,000 tokens a second), that is 480,000.  Chats are
measured with lengths drawn at random, for the padding that best-fit packing leaves.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from nakochat.data.batches import PackedBatches, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.data.shards.token_set import TokenSet, find_set

TRAINS_AT = 24_000


def rate(batches: PackedBatches, steps: int) -> dict[str, float]:
    batches.step()
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        batches.step()
    seconds, tokens = time.perf_counter() - started, steps * batches.rows * batches.length
    return {
        "tokens_per_second": tokens / seconds,
        "tokens_per_cpu_second": tokens / (time.process_time() - cpu),
        "padding": batches.padding,
        "state_bytes": len(json.dumps(batches.state())),
    }


def random_chats(count: int) -> TokenShard:
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(5.2, 0.8, count), 20, 2000).astype(int)
    return TokenShard.from_documents((([5] * n, [True] * n) for n in lengths.tolist()), 100)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sources = {str(name): Source(TokenSet.load(find_set(name), verify=False)) for name in options.sets}
    mixtures = {name: [source] for name, source in sources.items()}
    if len(sources) > 1:
        mixtures["all together"] = list(sources.values())
    mixtures["random chats"] = [Source(random_chats(20_000))]
    figures = {}
    for name, mixture in mixtures.items():
        batches = PackedBatches(mixture, rows=options.rows, length=options.context, pad=0, seed=0)
        figures[name] = found = rate(batches, options.steps)
        print(
            f"{name:16} {found['tokens_per_second'] / 1e6:6.2f} M tokens/s "
            f"({found['tokens_per_second'] / TRAINS_AT:.0f} x {TRAINS_AT:,}), by processor time "
            f"{found['tokens_per_cpu_second'] / 1e6:.2f} M, padding {found['padding']:.2%}, "
            f"position {found['state_bytes']:,} bytes"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
