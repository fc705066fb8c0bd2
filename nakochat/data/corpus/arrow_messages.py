"""The bytes of an Arrow stream -> its messages, each bounded before pyarrow makes anything of it.

A message names its own length, and inside it every compressed buffer names the length that it unpacks to; pyarrow
gives the memory that they ask for.  The second is read here from the message's flatbuffer, of which pyarrow has
checked the form but shows nothing.

https://arrow.apache.org/docs/format/Columnar.html (Message.fbs: RecordBatch, DictionaryBatch)
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc as ipc

from nakochat.core.errors import DataError
from nakochat.core.messages import say

MAX_MESSAGE_BYTES = 1 << 28
_DICTIONARY, _BATCH = 2, 3  # kinds of message that hold buffers


def bounded_messages(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Every message from where the file stands, as it lies there.  DataError for one above MAX_MESSAGE_BYTES."""
    reader = ipc.MessageReader.open_stream(pa.PythonFile(_Bounded(path, file), mode="r"))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        unpacked = _unpacked(memoryview(message.metadata), memoryview(message.body or b""))
        if unpacked > MAX_MESSAGE_BYTES:
            raise _too_long(path, unpacked)
        yield message.serialize().to_pybytes()


class _Bounded:
    """A file that refuses to give more than a message may hold, whatever length the message names."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_MESSAGE_BYTES:
            raise _too_long(self._path, size)
        return self._file.read(size)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Whoever opened the file closes it."""


def _unpacked(data: memoryview, body: memoryview) -> int:
    """Bytes that the compressed buffers of a message ask for; 0 where none is compressed."""
    try:
        message = _at(data, 0)
        kind = _field(data, message, 1)
        header = _field(data, message, 2)
        if kind is None or header is None or data[kind] not in (_DICTIONARY, _BATCH):
            return 0
        batch: int | None = _at(data, header)
        if data[kind] == _DICTIONARY:
            inner = _field(data, _at(data, header), 1)
            batch = None if inner is None else _at(data, inner)
        if batch is None or _field(data, batch, 3) is None:  # no compression
            return 0
        buffers = _field(data, batch, 2)
        return 0 if buffers is None else sum(_lengths(data, _at(data, buffers), body))
    except (struct.error, IndexError) as error:
        raise pa.ArrowInvalid(f"message of no known form: {error}") from error


def _lengths(data: memoryview, vector: int, body: memoryview) -> Iterator[int]:
    """What each buffer says that it unpacks to; -1 there means that it is not packed."""
    (count,) = struct.unpack_from("<I", data, vector)
    for number in range(count):
        offset, length = struct.unpack_from("<qq", data, vector + 4 + 16 * number)
        if length:
            (unpacked,) = struct.unpack_from("<q", body, offset)
            if unpacked < -1 or length < 0:  # it would take from the sum what another asks for
                raise pa.ArrowInvalid(f"buffer of {length:,} bytes, {unpacked:,} unpacked")
            yield length if unpacked == -1 else unpacked


def _field(data: memoryview, table: int, slot: int) -> int | None:
    """Where a flatbuffer table holds a field; None where it is left out."""
    (back,) = struct.unpack_from("<i", data, table)
    (size,) = struct.unpack_from("<H", data, table - back)
    if 4 + 2 * slot >= size:
        return None
    (offset,) = struct.unpack_from("<H", data, table - back + 4 + 2 * slot)
    return table + offset if offset else None


def _at(data: memoryview, place: int) -> int:
    """What a place points to."""
    (offset,) = struct.unpack_from("<I", data, place)
    return place + int(offset)


def require_bounded(path: Path, kind: Any) -> None:
    """DataError for a column in which a few bytes stand for any number of values: lists of nothing."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if not _has_bytes(kind.value_type):
            raise DataError(
                say(
                    f"빈 값의 목록만 든 열이 있습니다: {path} ({kind}). 글이 든 파일인지 확인하고 다시 저장하세요.",
                    f"{path} has a column of lists of nothing ({kind}). Check that it is the right file, and write "
                    "it again.",
                )
            )
        require_bounded(path, kind.value_type)
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            require_bounded(path, kind.field(number).type)


def _has_bytes(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        return any(_has_bytes(kind.field(number).type) for number in range(kind.num_fields))
    if pa.types.is_fixed_size_list(kind):
        return _has_bytes(kind.value_type)
    return not pa.types.is_null(kind)


def _too_long(path: Path, size: int) -> DataError:
    return DataError(
        say(
            f"너무 긴 Arrow 메시지가 있습니다: {path} ({size / 2**20:,.0f} MiB; {MAX_MESSAGE_BYTES >> 20} MiB까지 "
            "읽습니다). 손상되었거나 압축 폭탄입니다. 아니라면 한 묶음의 행을 줄여(max_chunksize) 다시 저장하세요.",
            f"{path} holds an Arrow message that is too long ({size / 2**20:,.0f} MiB; {MAX_MESSAGE_BYTES >> 20} "
            "MiB are read). It is damaged, or a decompression bomb; if neither, write it again with fewer rows to "
            "a batch (max_chunksize).",
        )
    )
