"""A run's seed -> the hand-written items that share eight syllables in a row with its village text (none should).

    python benchmarks/training_text_overlap.py --seed 0 --texts 40000 --exercises 120000

Goes over the first documents of base, mid and sft, which are those that training uses.
"""

import argparse

from nakochat.data.prepare import OFFSETS
from nakochat.data.village.lore import FACTS
from nakochat.data.village.village import Village
from nakochat.tasks import frozen
from nakochat.tasks.frozen.overlap import shared_runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texts", type=int, default=40_000, help="texts of each stage")
    parser.add_argument("--exercises", type=int, default=120_000, help="exercises of each stage")
    options = parser.parse_args()
    village = Village(options.seed)
    names = [str(word) for fact in FACTS for word in (fact.subject, fact.value)]
    shared = 0
    for stage in ("base", "mid", "sft"):
        first = OFFSETS[stage]
        lines = [village.text(first + n) for n in range(options.texts)]
        for n in range(options.exercises):
            lines += [message.text for message in village.exercise(first + n).messages]
        text = "\n".join(lines)
        for kind in frozen.HASHES:
            found = shared_runs(frozen.load(kind), text, names)
            shared += len(found)
            print(f"{stage:5} {len(text):,} characters, {kind}: {found or 'none'}", flush=True)
    print(f"{shared} items share a run")


if __name__ == "__main__":
    main()
