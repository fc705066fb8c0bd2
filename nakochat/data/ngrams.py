"""A text -> the hashes of its windows of letters; a set of such windows -> whether a text holds one of them.

Letters are what `str.isalnum` calls so, in lower case: other spacing, punctuation or capitals hide no shared wording.
A window is hashed as a polynomial over the integers modulo 2^64 and read off a running sum, so that windows of any
length, at every place of a text, cost one pass (Karp and Rabin 1987, https://doi.org/10.1147/rd.312.0249).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

SHORTEST = 16  # letters: no window is shorter, and every window is found by its first letters
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_SIEVE_BITS = 20


def codes_of(text: str) -> NDArray[np.uint32]:
    """The code points of a text without lone surrogates."""
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def letters_of(text: str) -> NDArray[np.uint32]:
    """The code points of the text's letters and digits, in lower case."""
    codes = codes_of(text)
    table = _letters()
    if len(codes) and codes.max() >= len(table):  # beyond 16 bits everything counts, rare as it is
        folded = np.where(codes < len(table), table[codes & 0xFFFF], codes)
    else:
        folded = table[codes]
    letters: NDArray[np.uint32] = folded[folded != 0]
    return letters


class Windows:
    """Hashes of the windows of a row of letters."""

    def __init__(self, letters: NDArray[np.uint32]) -> None:
        self.count = len(letters)
        powers, self._inverses = _powers(1 << max(12, (self.count + 1).bit_length()))
        self._sums = np.zeros(self.count + 1, dtype=np.uint64)
        np.cumsum(mixed(letters.astype(np.uint64)) * powers[: self.count], out=self._sums[1:])

    def every(self, length: int) -> Hashes:
        """The windows of this length, one for each place where it fits."""
        places = self.count - length + 1
        if places < 1:
            return np.zeros(0, dtype=np.uint64)
        return mixed((self._sums[length:] - self._sums[:places]) * self._inverses[:places])

    def at(self, starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> Hashes:
        """The windows that begin at `starts`; 0 where one runs over the end."""
        ends = starts + lengths
        hashes = mixed(
            (self._sums[np.minimum(ends, self.count)] - self._sums[starts]) * self._inverses[starts]
        )
        return np.where(ends <= self.count, hashes, np.uint64(0))


def mixed(values: Hashes) -> Hashes:
    """Every bit of each value spread over all of them, one to one (the finaliser of MurmurHash3)."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


@dataclass(frozen=True, kw_only=True, eq=False)
class NgramSet:
    """Windows to look for, each by the hash of its first SHORTEST letters and its own; sorted by the first."""

    beginnings: Hashes
    lengths: NDArray[np.uint16]
    hashes: Hashes

    @classmethod
    def of(cls, windows: set[tuple[int, int, int]]) -> "NgramSet":
        """windows: (hash of the first SHORTEST letters, length, hash)."""
        rows = sorted(windows)
        return cls(
            beginnings=np.array([row[0] for row in rows], dtype=np.uint64),
            lengths=np.array([row[1] for row in rows], dtype=np.uint16),
            hashes=np.array([row[2] for row in rows], dtype=np.uint64),
        )

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def identity(self) -> str:
        """SHA-256, in hex: the same for the same windows."""
        digest = hashlib.sha256()
        for part in (self.beginnings, self.lengths, self.hashes):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def place_in(self, text: str) -> tuple[int, int] | None:
        """Where the text first holds a window: (first letter, letters) among its letters; None if it holds none."""
        windows = Windows(letters_of(text))
        found = windows.every(SHORTEST)
        near = np.flatnonzero(_sieve(self)[(found & np.uint64((1 << _SIEVE_BITS) - 1)).astype(np.intp)])
        first = np.searchsorted(self.beginnings, found[near], side="left")
        last = np.searchsorted(self.beginnings, found[near], side="right")
        counts = last - first
        if not counts.sum():
            return None
        # one row for each pair of a place and a window that begins as the text does there
        starts = np.repeat(near, counts)
        rows = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        same = np.flatnonzero(windows.at(starts, self.lengths[rows].astype(np.intp)) == self.hashes[rows])
        return (int(starts[same[0]]), int(self.lengths[rows[same[0]]])) if len(same) else None


@lru_cache(maxsize=4)
def _sieve(windows: NgramSet) -> NDArray[np.bool_]:
    """Whether any window begins with a hash of these low bits: a glance that spares nearly every search."""
    sieve = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    sieve[(windows.beginnings & np.uint64((1 << _SIEVE_BITS) - 1)).astype(np.intp)] = True
    return sieve


@lru_cache(maxsize=1)
def _letters() -> NDArray[np.uint32]:
    """For every code point of 16 bits its lower case, or 0 where it is no letter and no digit."""
    table = np.zeros(1 << 16, dtype=np.uint32)
    for code in range(1 << 16):
        letter = chr(code)
        if letter.isalnum():
            table[code] = ord(letter.lower()) if len(letter.lower()) == 1 else code
    return table


@lru_cache(maxsize=8)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first `count` powers of the base and of its inverse, modulo 2^64."""
    inverse = pow(_BASE, -1, 1 << 64)
    return _series(_BASE, count), _series(inverse, count)


def _series(factor: int, count: int) -> Hashes:
    powers = np.full(count, factor, dtype=np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)
