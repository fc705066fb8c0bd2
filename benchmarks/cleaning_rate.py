"""A corpus -> megabytes that one processor core cleans in a second, step by step, beside datasketch's MinHash.

    python benchmarks/cleaning_rate.py kowiki.jsonl.zst nsmc.tsv.zst [--megabytes 15] [--json FILE]

datasketch is measured where it is installed (pip install datasketch), on the same windows and number of hashes, over
the first half megabyte: it is the library that most pipelines use.
"""

import argparse
import importlib.util
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nakochat.data.cleaning.cleaner import Cleaner, CleanSettings, repair
from nakochat.data.cleaning.duplicates import BANDS, ROWS, WINDOW, Seen, signatures
from nakochat.data.cleaning.privacy import find_personal
from nakochat.data.corpus.documents import read_documents
from nakochat.tasks.contamination import unseen_items

TOGETHER = 256  # documents that are signed at a time


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("paths", nargs="+", type=Path)
    words.add_argument("--megabytes", type=float, default=15)
    words.add_argument("--json", type=Path)
    asked = words.parse_args()
    figures = {path.name: measure(path, asked.megabytes * 1e6) for path in asked.paths}
    for name, rates in figures.items():
        print(name)
        for step, rate in rates.items():
            print(f"  {rate:8.2f} MB/s  {step}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(path: Path, size: float) -> dict[str, float]:
    """Rates by step, over the first `size` bytes of the file's text."""
    raw = list(first(read_documents([path], raw=True), size))
    found: Counter[str] = Counter()
    clean = [repair(text, found) for text in raw]
    unseen = unseen_items().windows
    cleaner = Cleaner(
        CleanSettings(minimum_characters=1, hangul_share=0.0, mask_personal=True, unseen=unseen)
    )
    signed = signatures(clean)
    seen = Seen()
    rates = {
        "repair": rate(raw, lambda: [repair(text, found) for text in raw]),
        "personal numbers": rate(clean, lambda: [find_personal(text) for text in clean]),
        "test items": rate(clean, lambda: [unseen.find_in(text) for text in clean]),
        "Cleaner with all of these": rate(raw, lambda: [cleaner.clean(text) for text in raw]),
        "signatures, exact": rate(clean, lambda: signatures(clean, near=False)),
        "signatures, near": rate(
            clean, lambda: [signatures(clean[at : at + TOGETHER]) for at in range(0, len(clean), TOGETHER)]
        ),
        "Seen.add": rate(clean, lambda: [seen.add(row) for row in signed]),
    }
    if importlib.util.find_spec("datasketch") is not None:
        few = list(first(iter(clean), 5e5))
        rates["signatures by datasketch"] = rate(few, lambda: [datasketch(text) for text in few])
    return rates


def first(texts: Iterator[str], size: float) -> Iterator[str]:
    for text in texts:
        if size <= 0:
            return
        size -= len(text.encode("utf-8", "replace"))
        yield text


def rate(texts: list[str], work: Callable[[], Any]) -> float:
    """Megabytes of UTF-8 a second of processor time, so that other programs on the machine do not show."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    started = time.process_time()
    work()
    return size / 1e6 / (time.process_time() - started)


def datasketch(text: str) -> Any:
    from datasketch import MinHash  # type: ignore[import-not-found]

    sketch = MinHash(num_perm=BANDS * ROWS, seed=1)
    sketch.update_batch([text[at : at + WINDOW].encode() for at in range(len(text) - WINDOW + 1)])
    return sketch.hashvalues


if __name__ == "__main__":
    main()
