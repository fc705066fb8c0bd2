"""(seed, epoch) and a position -> which document comes there, computed and never stored.

A permutation of 0..n-1 is a Feistel network over the next power of four, walked on until it falls below n (Black and
Rogaway 2002, https://www.cs.ucdavis.edu/~rogaway/papers/subset.pdf): exact for every n, 48 bytes of keys for any
number of documents, and the same on every machine.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6  # of mixing; from 4 on the order is indistinguishable in practice (Luby and Rackoff 1988)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64's finaliser


class Permutation:
    """0..count-1 in an order that follows from the key alone."""

    def __init__(self, count: int, key: Sequence[int]) -> None:
        self.count = count
        # bits of each half; on halves of less than three, six random functions make an unfair shuffle (measured)
        self._half = np.uint64(max(3, (max(count - 1, 1).bit_length() + 1) // 2))
        self._mask = np.uint64((1 << int(self._half)) - 1)
        digest = hashlib.blake2b(repr(list(key)).encode(), digest_size=8 * ROUNDS).digest()
        self._keys = np.frombuffer(digest, dtype="<u8").astype(np.uint64)

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """What stands at each position."""
        values = positions.astype(np.uint64)
        outside = np.ones(len(values), dtype=bool)
        while outside.any():  # from 17 on four rounds on average at most: the domain is below 4 n
            values[outside] = self._shuffle(values[outside])
            outside = values >= self.count
        return values.astype(np.int64)

    def _shuffle(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        left, right = values >> self._half, values & self._mask
        for key in self._keys:
            mixed = right ^ key
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FACTORS[0]
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _FACTORS[1]
            left, right = right, left ^ ((mixed ^ (mixed >> np.uint64(31))) & self._mask)
        return (left << self._half) | right


class Mixture:
    """Sources with counts and weights -> the documents of each epoch, mixed.

    A source gives round(weight * count) documents to every epoch: the next ones of its own endless order, in which
    each lap is a permutation of the whole source.  So a weight of 0.5 goes over everything once in two epochs, and 2.5
    repeats no document a fourth time before every one came twice.
    """

    def __init__(self, counts: Sequence[int], weights: Sequence[float], seed: int) -> None:
        self.counts, self.seed = list(counts), seed
        self.shares = [round(weight * count) for weight, count in zip(weights, counts, strict=True)]
        self._ends = np.cumsum(self.shares)

    def __len__(self) -> int:
        """Documents of an epoch."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def documents(self, epoch: int, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(source, document within it) at the positions start..stop-1 of an epoch."""
        entries = Permutation(len(self), [self.seed, epoch])(np.arange(start, stop))
        sources = np.searchsorted(self._ends, entries, side="right")
        documents = np.empty_like(entries)
        for source in np.unique(sources):
            mine = sources == source
            share = self.shares[source]
            place = entries[mine] - (self._ends[source] - share) + epoch * share
            documents[mine] = self._of_source(int(source), place)
        return sources, documents

    def laps(self, epoch: float) -> list[float]:
        """How often each source has been gone over after so many epochs."""
        return [epoch * share / max(1, count) for share, count in zip(self.shares, self.counts, strict=True)]

    def _of_source(self, source: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        count = self.counts[source]
        laps, within = np.divmod(places, count)
        found = np.empty_like(places)
        for lap in np.unique(laps):
            mine = laps == lap
            found[mine] = Permutation(count, [self.seed, source, int(lap)])(within[mine])
        return found
