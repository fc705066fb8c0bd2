"""Texts -> their signatures, a few numbers each; signatures in order -> which of them repeat one that came before.

    rows = signatures(texts, near=True)     # in any process
    seen.add(rows[0])                       # in the one that writes, in order: False for a duplicate

A signature is one hash of the whole text (exact duplicates) and, for near ones, a hash for each band of a MinHash over
windows of eight letters (Broder 1997; bands as in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, ch. 3).
With 12 bands of 10 rows two texts that share 9 windows of 10 meet in 99 % of the cases, 8 of 10 in 74 %, 7 of 10 in
29 %, half of them in 1 %: what is dropped is a copy with small changes, not a text of the same kind.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from nakochat.data.cleaning.ngrams import Hashes, letters_of, mixed, windows_of

BANDS, ROWS = 12, 10
WINDOW = 8  # letters: two or three words of Korean
SEED = 1
GROUP = 1 << 16  # characters signed at a time: what stays in the cache
FULLEST = 0.6  # of the table, which doubles then: between 13 and 27 bytes a key

Repeat = Literal["exact_duplicates", "near_duplicates"]


def signatures(texts: Sequence[str], *, exact: bool = True, near: bool = True) -> Hashes:
    """(texts, 1) or, with near, (texts, 1 + BANDS) keys: of each text, then of each band.  0 stands for no key.

    Together, since short texts one by one take many times as long.
    """
    keys = np.zeros((len(texts), 1 + BANDS if near else 1), dtype=np.uint64)
    if exact:
        keys[:, 0] = [_whole(text) for text in texts]
    if near:
        begin = held = 0
        for at, text in enumerate(texts):
            held += len(text)
            if held >= GROUP or at == len(texts) - 1:
                keys[begin : at + 1, 1:] = _bands(texts[begin : at + 1])
                begin, held = at + 1, 0
    return keys


def _whole(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _bands(texts: Sequence[str]) -> Hashes:
    rows = [letters_of(text) for text in texts]
    counts = np.array([max(0, len(row) - WINDOW + 1) for row in rows])  # 0: too short to be nearly anything
    ends = np.cumsum([len(row) for row in rows])
    windows = windows_of(np.concatenate(rows), WINDOW)
    inside = np.ones(len(windows), dtype=np.bool_)  # not over the border of two texts
    for offset in range(1, WINDOW):
        borders = ends[:-1] - offset
        inside[borders[(borders >= 0) & (borders < len(windows))]] = False
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(windows[inside], offsets, BANDS * ROWS, SEED)
    values = np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(texts), BANDS, ROWS)
    keys = np.tile(mixed(np.arange(1, BANDS + 1, dtype=np.uint64)), (len(texts), 1))
    for column in range(ROWS):
        keys = mixed(keys + values[:, :, column])
    keys[counts == 0] = 0
    return keys


class Seen:
    """The keys of the texts kept so far.  13 to 27 bytes of memory for each text, with near duplicates 170 to 350."""

    def __init__(self, *, numbered: bool = False) -> None:
        """numbered: also remember each key's text by its number, 7 to 13 bytes a key."""
        self.counts: Counter[str] = Counter()
        """Duplicates met, by kind."""
        self._keys = np.zeros(1 << 12, dtype=np.uint64)  # open addressing, 0 is free
        self._view = self._keys.data
        self._numbers = np.zeros(len(self._keys) if numbered else 0, dtype=np.uint32)
        self._used = 0

    def __len__(self) -> int:
        """Keys held."""
        return self._used

    def add(self, signature: Hashes, number: int = 0) -> bool:
        """Whether the text, number `number` of all, is new.  A duplicate is counted and leaves nothing behind."""
        keys = signature.tolist()
        place = self._place_of_first(keys)
        if place is not None:
            self.counts["near_duplicates" if place else "exact_duplicates"] += 1
            return False
        if (self._used + len(keys)) > FULLEST * len(self._keys):
            self._grow()
        for key in keys:
            self._insert(key, number)
        return True

    def original(self, signature: Hashes) -> tuple[Repeat, int] | None:
        """What kind of duplicate a text would be, and the number of the text that it repeats; None if it is new."""
        keys = signature.tolist()
        place = self._place_of_first(keys)
        if place is None:
            return None
        number = int(self._numbers[self._slot(keys[place])]) if len(self._numbers) else 0
        return ("near_duplicates" if place else "exact_duplicates"), number

    def _place_of_first(self, keys: Sequence[int]) -> int | None:
        """Place in the signature of the first key that is held."""
        view, mask = self._view, len(self._view) - 1
        for place, key in enumerate(keys):
            slot = key & mask
            while key and (held := view[slot]) != 0:
                if held == key:
                    return place
                slot = (slot + 1) & mask
        return None

    def _slot(self, key: int) -> int:
        """Where the key is, or would be."""
        view, mask = self._view, len(self._view) - 1
        slot = key & mask
        while view[slot] not in (0, key):
            slot = (slot + 1) & mask
        return slot

    def _insert(self, key: int, number: int) -> None:
        slot = self._slot(key)
        if key and self._view[slot] == 0:
            self._view[slot] = key
            self._used += 1
            if len(self._numbers):
                self._numbers[slot] = number

    def _grow(self) -> None:
        held = self._keys != 0
        keys, numbers = self._keys[held], self._numbers[held] if len(self._numbers) else self._numbers
        self._keys = np.zeros(2 * len(self._keys), dtype=np.uint64)
        self._view = self._keys.data
        self._numbers = np.zeros(2 * len(self._numbers), dtype=np.uint32)
        self._place(keys, numbers)

    def _place(self, keys: Hashes, numbers: NDArray[np.uint32]) -> None:
        """Put keys that are not there into the table, all at once: who loses a slot tries the next one."""
        mask = np.uint64(len(self._keys) - 1)
        slots = keys & mask
        while len(keys):
            free = self._keys[slots] == 0
            self._keys[slots[free]] = keys[free]
            won = self._keys[slots] == keys
            if len(numbers):
                self._numbers[slots[won]] = numbers[won]
                numbers = numbers[~won]
            keys, slots = keys[~won], (slots[~won] + np.uint64(1)) & mask
