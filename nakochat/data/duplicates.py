"""A text -> its signature, a few numbers; signatures in order -> which of them repeat one that came before.

    sign = signature(text, near=True)       # in any process
    seen.add(sign)                          # in the one that writes, in order: False for a duplicate

A signature is one hash of the whole text (exact duplicates) and, for near ones, a hash for each band of a MinHash over
windows of eight letters (Broder 1997; bands as in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, ch. 3).
With 12 bands of 10 rows two texts that share 9 windows of 10 meet in 99 % of the cases, 8 of 10 in 74 %, 7 of 10 in
29 %, half of them in 1 %: what is dropped is a copy with small changes, not a text of the same kind.
"""

import hashlib
import io
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
from rensa import RMinHash

from nakochat.core.errors import DataError
from nakochat.core.files import write_bytes
from nakochat.core.messages import say
from nakochat.data.ngrams import Hashes, Windows, letters_of, mixed

BANDS, ROWS = 12, 10
WINDOW = 8  # letters: two or three words of Korean
SEED = 1
KEY_BYTES = 8 / 0.3  # of memory for each key, at most: the table is between 0.3 and 0.6 full

Repeat = Literal["exact_duplicates", "near_duplicates"]


def signature(text: str, *, exact: bool = True, near: bool = True) -> Hashes:
    """(1,) or, with near, (1 + BANDS,) keys: of the text, then of each band.  0 stands for no key."""
    whole = np.zeros(1, dtype=np.uint64)
    if exact:
        whole[0] = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    return np.concatenate([whole, _bands(text)]) if near else whole


def _bands(text: str) -> Hashes:
    windows = Windows(letters_of(text)).every(WINDOW)
    if not len(windows):  # too short to be nearly anything
        return np.zeros(BANDS, dtype=np.uint64)
    offsets = np.array([0, len(windows)], dtype=np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(windows, offsets, BANDS * ROWS, SEED)
    rows = np.array(matrix.to_rows()[0], dtype=np.uint64).reshape(BANDS, ROWS)
    keys = mixed(np.arange(1, BANDS + 1, dtype=np.uint64))
    for column in range(ROWS):
        keys = mixed(keys + rows[:, column])
    return keys


class Seen:
    """The keys of the texts kept so far.  At most KEY_BYTES for each: 27 bytes a text, 347 with near duplicates."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """Duplicates met, by kind."""
        self._keys = np.zeros(1 << 12, dtype=np.uint64)  # open addressing, 0 is free
        self._view = self._keys.data
        self._used = 0

    def __len__(self) -> int:
        """Keys held."""
        return self._used

    def add(self, signature: Hashes) -> bool:
        """Whether the text is new.  A duplicate is counted and leaves nothing behind."""
        keys = [int(key) for key in signature]
        repeat = self.repeat(keys)
        if repeat is not None:
            self.counts[repeat] += 1
            return False
        if (self._used + len(keys)) > 0.6 * len(self._keys):
            self._grow()
        for key in keys:
            self._insert(key)
        return True

    def repeat(self, keys: "list[int] | Hashes") -> Repeat | None:
        """What kind of duplicate a text with these keys would be."""
        whole, *bands = (int(key) for key in keys)
        if whole and self._holds(whole):
            return "exact_duplicates"
        return "near_duplicates" if any(self._holds(key) for key in bands if key) else None

    def save(self, path: Path) -> None:
        """The keys as .npy, sorted: the same bytes for the same texts, whatever order brought them."""
        out = io.BytesIO()
        np.save(out, np.sort(self._keys[self._keys != 0]), allow_pickle=False)
        write_bytes(path, out.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Seen":
        """What `save` wrote, with counts at zero.  DataError for another file."""
        try:
            keys = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise _unreadable(path) from error
        if not isinstance(keys, np.ndarray) or keys.dtype != np.uint64 or keys.ndim != 1:
            raise _unreadable(path)
        seen = cls()
        while len(keys) > 0.6 * len(seen._keys):
            seen._grow()
        seen._place(keys)
        seen._used = len(keys)
        return seen

    def _holds(self, key: int) -> bool:
        view, mask = self._view, len(self._view) - 1
        slot = key & mask
        while (held := view[slot]) != 0:
            if held == key:
                return True
            slot = (slot + 1) & mask
        return False

    def _insert(self, key: int) -> None:
        view, mask = self._view, len(self._view) - 1
        slot = key & mask
        while key and (held := view[slot]) != key:
            if held == 0:
                view[slot] = key
                self._used += 1
                return
            slot = (slot + 1) & mask

    def _grow(self) -> None:
        old = self._keys[self._keys != 0]
        self._keys = np.zeros(2 * len(self._keys), dtype=np.uint64)
        self._view = self._keys.data
        self._place(old)

    def _place(self, keys: Hashes) -> None:
        """Put keys that are not there into the table, all at once: who loses a slot tries the next one."""
        mask = np.uint64(len(self._keys) - 1)
        slots = keys & mask
        while len(keys):
            free = self._keys[slots] == 0
            self._keys[slots[free]] = keys[free]
            left = self._keys[slots] != keys
            keys, slots = keys[left], (slots[left] + np.uint64(1)) & mask


def _unreadable(path: Path) -> DataError:
    return DataError(
        say(
            f"중복 표를 읽을 수 없습니다: {path}. 지우고 처음부터 다시 준비하세요.",
            f"cannot read the table of duplicates {path}. Delete it and prepare from the beginning.",
        )
    )
