"""A text -> the hashes of its windows of letters; a set of such windows -> whether a text holds one of them.

Letters are what `str.isalnum` calls so, in lower case: other spacing, punctuation or capitals hide no shared wording.
Windows of one length are hashed at every place at once: two halves make a whole, so that a length of 2^n costs n steps
over the text.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

SHORTEST = 16  # letters: no window is shorter, and each is found by its first ones
_FACTORS = tuple(np.uint64(0x9E3779B97F4A7C15 + 2 * step) for step in range(6))  # odd: no bit is lost
_SIEVE = np.uint64((1 << 20) - 1)
_NOTHING = np.zeros(0, dtype=np.uint32)


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


def windows_of(letters: NDArray[np.uint32], length: int) -> Hashes:
    """Hashes of the windows of `length` letters, a power of two: one for each place where a window fits."""
    hashes = mixed(letters.astype(np.uint64))
    for half in (1 << step for step in range(length.bit_length() - 1)):
        hashes = hashes[:-half] * _FACTORS[half.bit_length() - 1] + hashes[half:]
    return mixed(hashes)


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
    def of(cls, windows: Iterable[NDArray[np.uint32]]) -> "NgramSet":
        """windows: rows of letters, SHORTEST or longer."""
        rows = sorted(
            {(int(windows_of(row[:SHORTEST], SHORTEST)[0]), len(row), _hash(row)) for row in windows}
        )
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

    def find_in(self, text: str) -> str | None:
        """The letters of the first window that the text holds; None if it holds none."""
        letters = letters_of(text) if len(text) >= SHORTEST else _NOTHING
        if len(letters) < SHORTEST or not len(self):
            return None
        beginnings = windows_of(letters, SHORTEST)
        glance = _sieve(self)[(beginnings & _SIEVE).astype(np.intp)]
        starts = np.flatnonzero(glance)
        firsts = np.searchsorted(self.beginnings, beginnings[starts], side="left")
        lasts = np.searchsorted(self.beginnings, beginnings[starts], side="right")
        for start, first, last in zip(starts, firsts, lasts, strict=True):
            for row in range(first, last):
                window = letters[start : start + int(self.lengths[row])]
                if _hash(window) == self.hashes[row]:
                    return window.tobytes().decode("utf-32-le")
        return None


def _hash(letters: NDArray[np.uint32]) -> int:
    return int.from_bytes(hashlib.blake2b(letters.tobytes(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4)
def _sieve(windows: NgramSet) -> NDArray[np.bool_]:
    """Whether any window begins with a hash of these low bits: a glance that spares nearly every search."""
    sieve = np.zeros(int(_SIEVE) + 1, dtype=np.bool_)
    sieve[(windows.beginnings & _SIEVE).astype(np.intp)] = True
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
