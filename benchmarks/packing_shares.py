"""A stage's prepared documents -> how much of what came the packer has given out, by the length of documents.

    python benchmarks/packing_shares.py RUN/data/base [--context 256] [--rows 32] [--steps 150]

A packer that looks at lengths alone lets the longest wait: their row tells.  Also how much text a step holds, and how
much that differs from step to step.
"""

import argparse
import itertools
from collections import Counter
from pathlib import Path

import numpy as np

from nakochat.data.batches import PackedBatches, Source
from nakochat.data.shards.shard import TokenShard

BOUNDS = (0, 250, 1000, 4000, 10**9)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args()
    shards = [TokenShard.load(path.parent) for path in sorted(options.folder.rglob("manifest.json"))]
    lengths = np.concatenate([shard.lengths(np.arange(len(shard))) for shard in shards])
    batches = PackedBatches(
        [Source(shard) for shard in shards], rows=options.rows, length=options.context, pad=0, seed=0
    )
    given: Counter[int] = Counter()
    texts = []
    for _ in range(options.steps):
        rows = [batches._packer.next_row() for _ in range(options.rows)]
        pieces = [piece for row in rows for piece in row]
        for piece in pieces:
            given[piece.document] += piece.length
        of_text = sum(piece.length for piece in pieces if piece.is_text)
        texts.append(of_text / sum(piece.length for piece in pieces))
    came = min(batches.cursor, len(batches._order)) if not batches.epoch else len(batches._order)
    sources, within = batches._order.documents(0, 0, came)
    documents = batches._starts[sources] + within
    for least, most in itertools.pairwise(BOUNDS):
        mine = documents[(lengths[documents] >= least) & (lengths[documents] < most)]
        if len(mine):
            share = sum(given[int(n)] for n in mine) / int(lengths[mine].sum())
            print(
                f"documents of {least} tokens or more: {len(mine):6} came, {share:.0%} of their tokens given"
            )
    text = sum(int(shard.lengths(np.arange(len(shard))).sum()) for shard in shards if shard.is_text)
    padding = 1 - sum(given.values()) / (options.steps * options.rows * (options.context + 1))
    print(
        f"text: {np.mean(texts):.1%} of a step (of all documents {text / int(lengths.sum()):.1%}), differing by "
        f"{np.std(texts):.1%}; padding {padding:.2%}"
    )


if __name__ == "__main__":
    main()
