"""Texts as tokens of words -> the merges that make tokens of several words: "할 수 있", "는 것이다.", " of the".

Byte-pair encoding that stops at every space spends a token on each particle and ending that Korean writes after one.
Here merging goes on across the spaces, the most frequent pairs first, as in SuperBPE (Liu et al. 2025,
https://arxiv.org/abs/2503.13423).  One pass over the texts merges many pairs instead of one: as long as no token is the
left of one pair and the right of another, their order does not matter.
"""

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Pair = tuple[int, int]

LONGEST = 48  # bytes: 16 syllables; longer ones are sentences of law that nobody else writes
NEAR = 0.8  # of the best pair's count: pairs down to it are merged in the same pass
PER_PASS = 600  # pairs at most


def learn_phrases(ids: Ids, tokens: Sequence[bytes], size: int) -> list[Pair]:
    """Merges, best first, that raise the vocabulary to `size` tokens; fewer where no pair comes twice.

    ids: the texts one after the other.  tokens: the bytes of every id; every digit is a token and so stays one.
    The same ids give the same merges.
    """
    known = {data: number for number, data in enumerate(tokens)}
    vocabulary = list(tokens)
    merges: list[Pair] = []
    while len(vocabulary) < size:
        chosen = _choose(*_count(ids, _Traits(vocabulary)), room=size - len(vocabulary))
        if not chosen:
            break
        made = []
        for left, right in chosen:
            data = vocabulary[left] + vocabulary[right]
            if data not in known:  # else another pair has made it already
                known[data] = len(vocabulary)
                vocabulary.append(data)
            made.append(known[data])
        merges += chosen
        ids = _merge(ids, chosen, made)
    return merges


class _Traits:
    """Properties of tokens that decide whether two of them may be merged."""

    def __init__(self, tokens: Iterable[bytes]) -> None:
        listed = list(tokens)
        self.length = np.array([len(data) for data in listed], dtype=np.int64)
        words = [data if _is_words(data) else b"" for data in listed]
        self.left = np.array([bool(data) and data[-1:] not in b"\r\n" for data in words], dtype=bool)
        self.right = np.array([bool(data) for data in words], dtype=bool)
        self.ends = np.array([data.endswith((b".", b"!", b"?")) for data in listed], dtype=bool)
        self.spaced = np.array([data.startswith(b" ") for data in listed], dtype=bool)

    def allow(self, left: Ids, right: Ids) -> NDArray[np.bool_]:
        """Whether each pair may be merged: not across the end of a line or sentence, not with a number or part of a
        character, not beyond LONGEST."""
        return np.asarray(
            self.left[left]
            & self.right[right]
            & (left != right)  # "aaa" could be read as two overlapping pairs
            & ~(self.ends[left] & self.spaced[right])
            & (self.length[left] + self.length[right] <= LONGEST)
        )


def _is_words(data: bytes) -> bool:
    """Whole characters of one line and maybe its end, none of them a number."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    line = text.rstrip("\r\n")
    return not any(c.isnumeric() or c in "\r\n" for c in line)


def _count(ids: Ids, traits: _Traits) -> tuple[Ids, Ids, Ids]:
    """Left token, right token and count of every pair that may be merged."""
    base = len(traits.length)
    allowed = traits.allow(ids[:-1], ids[1:])
    keys, counts = np.unique((ids[:-1] * base + ids[1:])[allowed], return_counts=True)
    return keys // base, keys % base, counts


def _choose(left: Ids, right: Ids, counts: Ids, room: int) -> list[Pair]:
    """The most frequent pairs that do not touch each other; of equals, the one of older tokens first."""
    if not len(counts) or counts.max() < 2:
        return []
    near = np.flatnonzero(counts >= max(2, NEAR * counts.max()))
    best = heapq.nsmallest(PER_PASS, zip(-counts[near], left[near], right[near], strict=True))
    lefts: set[int] = set()
    rights: set[int] = set()
    chosen: list[Pair] = []
    for _, a, b in best:
        if a in rights or b in lefts:
            continue
        lefts.add(int(a))
        rights.add(int(b))
        chosen.append((int(a), int(b)))
    return chosen[:room]


def _merge(ids: Ids, pairs: Sequence[Pair], made: Sequence[int]) -> Ids:
    """The ids with every pair replaced by the token that it makes."""
    base = int(ids.max()) + 1
    keys = np.array([left * base + right for left, right in pairs])
    order = np.argsort(keys)
    keys, new = keys[order], np.array(made)[order]
    found = ids[:-1] * base + ids[1:]
    places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    hits = np.flatnonzero(keys[places] == found)
    merged = ids.copy()
    merged[hits] = new[places[hits]]
    return np.delete(merged, hits + 1)
