"""A text -> its place in [0, 1), which says whether it is kept for evaluation, in every stage and everywhere.

Placed is a document as `repair` leaves it (cleaning/cleaner.py), before anything is masked in it: that is what all
readers of a file agree on.  Documents that stand below VALIDATION_SHARE are held out, and never learned, measured or
not.  A small corpus may have none there: then the one that stands lowest is, so that one's own file of a few pages is
enough to begin with.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

VALIDATION_SHARE = 0.01  # of a corpus
VALIDATION_BYTES = 600_000
RULE = 2  # of those that there were: what an older one divided may have learned what this one holds out


def place(text: str, salt: str = "") -> float:
    """A number in [0, 1) by the text alone."""
    digest = hashlib.blake2b(text.encode(), digest_size=7, salt=salt.encode()[:16]).digest()
    return int.from_bytes(digest, "big") / 2**56


def held_out_below(documents: Iterable[str]) -> float:
    """The place below which a corpus's documents are held out.  0, which holds out none, where all are the same one.

    Reads no further than to the first that is held out.
    """
    lowest, next_lowest = 1.0, 1.0
    for text in documents:
        at = place(text)
        if at < VALIDATION_SHARE:
            return VALIDATION_SHARE
        if at < lowest:
            lowest, next_lowest = at, lowest
        elif lowest < at < next_lowest:
            next_lowest = at
    return next_lowest if next_lowest < 1 else 0.0


def tail_begins(characters: int, tail: float) -> int:
    """How many of a corpus's characters stand before its last `tail`, a share of them."""
    return int(characters * (1 - tail) + 1e-6)  # 0.9 leaves 0.0999…


def before_tail(documents: Iterable[str], begins: int) -> Iterator[str]:
    """What stands before the place where the tail begins; all of them are read."""
    for text in documents:
        if begins > 0:
            yield text[:begins]
        begins -= len(text)


def hash_of_texts(texts: Sequence[str]) -> str:
    """SHA-256 by which two measurements on held-out text know that it was the same."""
    return hashlib.sha256(json.dumps(list(texts), ensure_ascii=False).encode()).hexdigest()
