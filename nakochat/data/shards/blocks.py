"""The arrays of a token shard <-> a checksum for every block of them, so that each read knows what it got.

A shard is hashed whole where a stage begins.  What happens to its files in the days after that, a bad sector, a
truncation, another program, shows where they are read: 4 KB at a time, against CRC-32.  They are read and not mapped:
a mapped page that cannot be had kills the process without a word.

    checks.npy   uint32 for each BLOCK tokens, over their ids and then their scored flags
"""

import os
import weakref
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.messages import say

BLOCK = 2048  # tokens
CHECKS = "checks.npy"


class DamagedTokens(DataError):
    """Tokens of a shard are not those that were written."""


def checksums(ids: NDArray[Any], scored: NDArray[np.bool_] | None) -> NDArray[np.uint32]:
    """One for each block of a shard's arrays."""
    return np.array(
        [
            _checksum(ids[at : at + BLOCK], None if scored is None else scored[at : at + BLOCK])
            for at in range(0, len(ids), BLOCK)
        ],
        dtype=np.uint32,
    )


def _checksum(ids: NDArray[Any], scored: NDArray[np.bool_] | None) -> int:
    crc = zlib.crc32(np.ascontiguousarray(ids).data)
    return crc if scored is None else zlib.crc32(np.ascontiguousarray(scored).data, crc)


class _Column:
    """An .npy of one dimension, read by position."""

    def __init__(self, path: Path) -> None:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        assert isinstance(array, np.memmap)
        self.path, self.dtype, self.count, self._first = path, array.dtype, len(array), int(array.offset)
        self._file = path.open("rb", buffering=0)
        weakref.finalize(self, self._file.close)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """OSError where it cannot be read; fewer than asked for where the file has become shorter."""
        size = self.dtype.itemsize
        self._file.seek(self._first + start * size)
        data = self._file.read((stop - start) * size)
        return np.frombuffer(data, dtype=self.dtype, count=len(data) // size)


class Blocks:
    """The tokens of a shard on disk, each block compared with its checksum as it is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checks = np.load(folder / CHECKS, allow_pickle=False)
        self._ids = _Column(folder / "ids.npy")
        self._scored = _Column(folder / "scored.npy") if (folder / "scored.npy").is_file() else None

    def part(self, start: int, length: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """`length` ids from `start`, and which are scored (None: all).  DamagedTokens."""
        first, last = start // BLOCK, -(-(start + length) // BLOCK)
        stop = min(last * BLOCK, self._ids.count)
        try:
            ids = self._ids.read(first * BLOCK, stop)
            scored = None if self._scored is None else self._scored.read(first * BLOCK, stop)
        except OSError as error:
            raise self._damaged(start, length, os.strerror(error.errno or 0)) from error
        for number in range(first, last):
            span = slice((number - first) * BLOCK, (number - first + 1) * BLOCK)
            if _checksum(ids[span], None if scored is None else scored[span]) != self._checks[number]:
                raise self._damaged(start, length, say("체크섬이 다릅니다", "the checksum is another"))
        within = slice(start - first * BLOCK, start - first * BLOCK + length)
        return ids[within], None if scored is None else scored[within]

    def _damaged(self, start: int, length: int, why: str) -> DamagedTokens:
        return DamagedTokens(
            say(
                f"학습하는 동안 토큰 조각이 깨졌습니다: {self._folder}, 토큰 {start:,}부터 {length:,}개 ({why}). "
                "디스크를 확인하고, 이 폴더를 지운 뒤 다시 준비하세요. 깨진 곳만 건너뛰고 이으려면 "
                "--damaged-data skip을 붙이세요(base, mid, sft).",
                f"the token shard was damaged while training: {self._folder}, {length:,} tokens from {start:,} "
                f"({why}). Check the disk, delete the folder and prepare it again. To go on without what is damaged, "
                "add --damaged-data skip (base, mid, sft).",
            )
        )
