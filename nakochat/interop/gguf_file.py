"""A GGUF file -> its values and tensors (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).

The package `gguf` knows how weights are packed, and is asked only for that: its own reader believes every length that
a header gives, and a crafted one makes it fill the memory.  Here every length is held against the file and a bound.
"""

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.messages import say

MOST_HEADER = 64 * 2**20  # bytes; 151,936 tokens and their merges take about 6 million
MOST_VALUES = 4_000_000  # in all lists together; the same 151,936 tokens and merges are half a million
MOST_TENSORS = 100_000
# type in the file -> how struct reads one; 8 is text, 9 a list
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9


class GgufFile:
    """The header, and tensors on demand.  DataError for a file that is cut, crafted or of another version."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self._path = path
        with path.open("rb") as file:
            header = _Header(file.read(MOST_HEADER), self.where)
        size = path.stat().st_size
        tensors, values = header.begin()
        self.values: dict[str, Any] = {}
        for _ in range(values):
            name = header.text()
            self.values[name] = header.value(header.scalar("I"))
        entries = [header.tensor() for _ in range(tensors)]
        align = self.values.get("general.alignment", 32)
        if not isinstance(align, int) or not 1 <= align <= 2**16:
            raise header.wrong("general.alignment")
        start = -(-header.place // align) * align
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._places: dict[str, tuple[int, int, int]] = {}  # type, first byte, bytes
        for name, shape, kind, offset in entries:
            length = _bytes_of(shape, kind, header)
            if start + offset + length > size:
                raise header.wrong(name)
            self.shapes[name] = shape
            self._places[name] = (kind, start + offset, length)

    def tensor(self, name: str) -> Tensor:
        """In float32."""
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        kind, place, length = self._places[name]
        packed = np.memmap(self._path, dtype=np.uint8, mode="r", offset=place, shape=(length,))
        shape = self.shapes[name]
        rows = packed.reshape(*shape[:-1], -1)
        try:
            plain = dequantize(np.asarray(rows), GGMLQuantizationType(kind))
        except (NotImplementedError, ValueError) as error:
            raise DataError(_unknown_packing(self.where, GGMLQuantizationType(kind).name)) from error
        return torch.from_numpy(np.array(plain, dtype=np.float32)).view(shape)


class _Header:
    """Reads on from a place, never beyond the bytes that are there."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data, self.where, self.place = data, where, 0
        self.room = MOST_VALUES

    def begin(self) -> tuple[int, int]:
        """How many tensors and values follow."""
        if self.take(4) != b"GGUF":
            raise DataError(
                say(
                    f"GGUF 파일이 아닙니다: {self.where}. .gguf 파일을 다시 받으세요.",
                    f"not a GGUF file: {self.where}. Download it again.",
                )
            )
        version, tensors, values = self.scalar("I"), self.scalar("Q"), self.scalar("Q")
        if version not in (2, 3):
            raise self.wrong(f"version {version}")
        if tensors > MOST_TENSORS or values > MOST_TENSORS:
            raise self.wrong(f"{tensors} tensors, {values} values")
        return tensors, values

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.place:
            raise self.wrong(say("머리말이 잘렸습니다", "its header is cut"))
        found = self.data[self.place : self.place + count]
        self.place += count
        return found

    def scalar(self, kind: str) -> Any:
        return struct.unpack(f"<{kind}", self.take(struct.calcsize(f"<{kind}")))[0]

    def text(self) -> str:
        # pieces of a character do stand there: what is no UTF-8 cannot be a name or token that is asked for
        return self.take(self.scalar("Q")).decode("utf-8", errors="replace")

    def value(self, kind: int) -> Any:
        if kind == _TEXT:
            return self.text()
        if kind in _SCALARS:
            return self.scalar(_SCALARS[kind])
        if kind != _LIST:
            raise self.wrong(f"type {kind}")
        of, count = self.scalar("I"), self.scalar("Q")
        self.room -= count
        if self.room < 0 or of not in (*_SCALARS, _TEXT):
            raise self.wrong(say(f"값이 {count:,}개인 목록", f"a list of {count:,} values"))
        if of == _TEXT:
            return [self.text() for _ in range(count)]
        return list(
            struct.unpack(f"<{count}{_SCALARS[of]}", self.take(count * struct.calcsize(_SCALARS[of])))
        )

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        """Name, shape, type and offset."""
        name, axes = self.text(), self.scalar("I")
        if not 1 <= axes <= 4:
            raise self.wrong(name)
        shape = tuple(reversed([self.scalar("Q") for _ in range(axes)]))  # theirs begins with the last axis
        return name, shape, self.scalar("I"), self.scalar("Q")

    def wrong(self, what: str) -> DataError:
        return DataError(
            say(
                f"{self.where}: GGUF 머리말이 올바르지 않습니다 ({what}). 다시 받으세요.",
                f"{self.where}: not a valid GGUF header ({what}). Download it again.",
            )
        )


def _bytes_of(shape: tuple[int, ...], kind: int, header: _Header) -> int:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    except (ValueError, KeyError) as error:
        raise header.wrong(f"type {kind}") from error
    if min(shape) < 1 or shape[-1] % block:
        raise header.wrong(f"{list(shape)}")
    return math.prod(shape) // block * size


def _unknown_packing(where: str, kind: str) -> str:
    return say(
        f"{where}: {kind} 형식의 가중치는 풀 수 없습니다. F32, F16, BF16, Q8_0, Q4_0, Q4_1 파일을 쓰세요.",
        f"{where}: cannot unpack weights of type {kind}. Use a file of F32, F16, BF16, Q8_0, Q4_0 or Q4_1.",
    )


def require_gguf() -> None:
    """ConfigError unless the package that knows GGUF's types is installed."""
    try:
        import gguf  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError(
            say(
                f"GGUF에 필요한 패키지가 없습니다 ({error.name}). 설치하세요: pip install 'nakochat[gguf]'",
                f"a package for GGUF is missing ({error.name}). Install it: pip install 'nakochat[gguf]'",
            )
        ) from error
