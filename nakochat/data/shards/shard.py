"""Tokenised documents <-> a folder of flat files that training reads block by block (blocks.py).

    ids.npy      every token of every document, uint16 (uint32 from 65,536 tokens of vocabulary on)
    scored.npy   bool per token: the model has to produce it.  Absent for text, where every token counts
    ends.npy     int64 per document: where it ends in ids.npy
    checks.npy   uint32 per block of tokens: its checksum (blocks.py)
    about.json   tokenizer hash, source, counts

Every document begins with <|bos|>.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.files import (
    MANIFEST,
    has_its_hashes,
    has_its_sizes,
    is_whole,
    read_json,
    sha256,
    whole_folder,
    write_json,
)
from nakochat.core.messages import say
from nakochat.data.shards.blocks import CHECKS, Blocks, checksums

_SMALL = ("about.json", "ends.npy", CHECKS)


class Documents(Protocol):
    """What batches are made of: numbered documents of tokens, in one shard or in many."""

    @property
    def identity(self) -> str:
        """Names exactly these documents."""
        ...

    @property
    def is_text(self) -> bool:
        """Whether a document may be cut anywhere."""
        ...

    def __len__(self) -> int: ...
    def fits(self, room: int) -> bool:
        """Whether any document can be packed into rows of `room` tokens."""
        ...

    def lengths(self, documents: NDArray[np.int64]) -> NDArray[np.int64]: ...
    def part(self, document: int, start: int, length: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Ids of `length` tokens of a document from `start`, and which of them are scored (None: all)."""
        ...


@dataclass(frozen=True)
class TokenShard:
    """Documents as token ids.  Text may be cut anywhere; a conversation (scored given) is never cut."""

    ids: NDArray[Any]
    ends: NDArray[np.int64]
    scored: NDArray[np.bool_] | None
    about: dict[str, Any]
    identity: str = ""
    """SHA-256 of its manifest, which holds the hashes of its files; empty until it is on disk."""
    blocks: Blocks | None = None
    """Reads its tokens and compares them; None in memory, and for shards of before there were checksums."""

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def tokens(self) -> int:
        return len(self.ids)

    def bounds(self, document: int) -> tuple[int, int]:
        """Start and end of a document in ids."""
        return (int(self.ends[document - 1]) if document else 0), int(self.ends[document])

    @property
    def is_text(self) -> bool:
        return self.scored is None

    def lengths(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each of these documents."""
        starts = np.where(documents > 0, self.ends[documents - 1], 0)
        return self.ends[documents] - starts

    def part(self, document: int, start: int, length: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Ids of `length` tokens of a document from `start`, and which of them are scored (None: all).

        DamagedTokens where they are no longer what was written.
        """
        first = self.bounds(document)[0] + start
        if self.blocks is not None:
            return self.blocks.part(first, length)
        scored = None if self.scored is None else self.scored[first : first + length]
        return self.ids[first : first + length], scored

    def fits(self, room: int) -> bool:
        """Whether any of its documents can be packed into rows of `room` tokens."""
        return bool(len(self)) and (self.scored is None or int(np.diff(self.ends, prepend=0).min()) <= room)

    @classmethod
    def from_documents(
        cls,
        documents: Iterable[tuple[Sequence[int] | NDArray[Any], list[bool] | None]],
        vocab_size: int,
        about: dict[str, Any] | None = None,
    ) -> Self:
        """Documents as (ids, scored); all of them with scored, or all without."""
        ids: list[NDArray[Any]] = []
        scored: list[NDArray[np.bool_]] = []
        dtype = np.uint16 if vocab_size <= 2**16 else np.uint32
        for document, mask in documents:
            ids.append(np.asarray(document, dtype=dtype))
            if mask is not None:
                scored.append(np.asarray(mask, dtype=np.bool_))
        ends = np.cumsum([len(document) for document in ids], dtype=np.int64)
        flat = np.concatenate(ids) if ids else np.zeros(0, dtype=dtype)
        return cls(flat, ends, np.concatenate(scored) if scored else None, about or {})

    def save(self, folder: Path) -> None:
        """Write atomically; a reader sees the whole shard or none."""
        with whole_folder(folder) as files:
            np.save(files / "ids.npy", self.ids, allow_pickle=False)
            np.save(files / "ends.npy", self.ends, allow_pickle=False)
            if self.scored is not None:
                np.save(files / "scored.npy", self.scored, allow_pickle=False)
            np.save(files / CHECKS, checksums(self.ids, self.scored), allow_pickle=False)
            write_json(files / "about.json", {**self.about, "documents": len(self), "tokens": self.tokens})

    @classmethod
    def load(cls, folder: Path, *, tokenizer_hash: str | None = None, verify: bool = True) -> Self:
        """The shard, its tokens on disk.  DataError if it is damaged or was made with another tokenizer.

        verify: read every byte and compare its hash; else sizes are compared, and the hashes of the small files: the
        tokens have their checksums, which are compared as they are read.
        """
        if not (is_whole(folder) if verify else has_its_sizes(folder) and has_its_hashes(folder, _SMALL)):
            raise DataError(
                say(
                    f"토큰 조각이 손상되었습니다: {folder}. 이 폴더를 지우고 다시 실행하세요.",
                    f"damaged token shard: {folder}. Delete the folder and run again.",
                )
            )
        about = read_json(folder / "about.json")
        if tokenizer_hash is not None and about.get("tokenizer") != tokenizer_hash:
            raise DataError(
                say(
                    f"다른 토크나이저로 만든 토큰 조각입니다: {folder}. 이 폴더를 지우고 다시 실행하세요.",
                    f"the token shard was made with another tokenizer: {folder}. Delete the folder and run again.",
                )
            )
        scored = folder / "scored.npy"
        checked = bool(about["tokens"]) and (folder / CHECKS).is_file()
        return cls(
            _mapped(folder / "ids.npy", about),
            np.load(folder / "ends.npy", allow_pickle=False),
            _mapped(scored, about) if scored.is_file() else None,
            about,
            sha256(folder / MANIFEST),
            Blocks(folder) if checked else None,
        )


def read_about(path: Path) -> dict[str, Any]:
    """A JSON object that says what something was made from; empty where it is missing or cannot be read: then that is
    made again."""
    try:
        found = read_json(path)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _mapped(path: Path, about: dict[str, Any]) -> NDArray[Any]:
    """An array of a shard without reading it; nothing cannot be mapped."""
    mapped: NDArray[Any] = np.load(path, mmap_mode="r" if about["tokens"] else None, allow_pickle=False)
    return mapped.view(np.ndarray)  # a slice of a memmap takes five times as long as one of an array


class GrowingArray:
    """An .npy of one dimension, written piece by piece: the same bytes as np.save's, without the whole in memory."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.dtype, self.count = dtype, 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, values: NDArray[Any]) -> None:
        self._file.write(values.astype(self.dtype, copy=False).tobytes())
        self.count += len(values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._write_header()  # as long as the first: numpy leaves room for 21 digits

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.count,),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
