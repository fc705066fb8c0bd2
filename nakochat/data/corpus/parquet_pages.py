"""A Parquet file's page headers -> how large a page becomes when it is unpacked, before any is.

pyarrow gives a page the memory that its header asks for, and a few kilobytes of zstd unpack to gigabytes.  The
headers are small structs in Thrift's compact protocol between the pages; the library does not show them.

https://github.com/apache/parquet-format (PageHeader), https://github.com/apache/thrift (compact protocol)
"""

from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from nakochat.core.errors import DataError
from nakochat.core.messages import say

MAX_PAGE_BYTES = 1 << 28
MAX_PAGE_VALUES = 1 << 24
_HEADER_BYTES = 1 << 12
_MAX_HEADER_BYTES = 1 << 24  # as much as pyarrow reads: statistics may hold whole texts
_DEPTH = 8


def largest_page(path: Path, file: IO[bytes], group: Any, names: Collection[str]) -> int:
    """Unpacked bytes of the largest page of these columns in one row group (its metadata, as pyarrow gives it).

    DataError above MAX_PAGE_BYTES and MAX_PAGE_VALUES; pyarrow.ArrowInvalid where the headers make no sense.
    """
    largest = 0
    for number in range(group.num_columns):
        column = group.column(number)
        place = column.path_in_schema
        # a dot stands between a column and what is nested in it, and may stand in a name too
        if not any(place == name or place.startswith(f"{name}.") for name in names):
            continue
        at = column.data_page_offset
        if column.has_dictionary_page and column.dictionary_page_offset:
            at = min(at, column.dictionary_page_offset)
        end = at + column.total_compressed_size
        while at < end:
            unpacked, packed, values, size = _header(file, at)
            if not (unpacked >= 0 and 0 <= packed <= end - at):
                raise pa.ArrowInvalid(f"page at {at}: {packed} bytes, {unpacked} unpacked")
            if unpacked > MAX_PAGE_BYTES or values > MAX_PAGE_VALUES:
                raise _too_large(path, at, unpacked, values)
            largest = max(largest, unpacked)
            at += size + packed
    return largest


def _header(file: IO[bytes], at: int) -> tuple[int, int, int, int]:
    """(bytes unpacked, bytes packed, values, length of the header itself) of the page at a place in the file."""
    asked = _HEADER_BYTES
    while True:
        file.seek(at)
        data = file.read(asked)
        try:
            fields, end = _struct(data, 0, 0)
            break
        except IndexError:
            if len(data) < asked or asked >= _MAX_HEADER_BYTES:
                raise pa.ArrowInvalid(f"no page header at {at}") from None
            asked *= 16
    try:
        # 5, 7 and 8 describe a data page, a dictionary page and a data page of version 2; 1 in each: its values
        about = fields.get(5) or fields.get(7) or fields.get(8) or {}
        return int(fields[2]), int(fields[3]), int(about.get(1, 0)), end
    except (KeyError, AttributeError, TypeError) as error:
        raise pa.ArrowInvalid(f"no page header at {at}") from error


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    """A struct's integers and structs by number of field, and where it ends.  IndexError where data ends first."""
    if depth > _DEPTH:
        raise pa.ArrowInvalid("page header nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while data[at]:
        kind, step = data[at] & 15, data[at] >> 4
        at += 1
        if step:
            number += step
        else:
            number, at = _integer(data, at)
        fields[number], at = _value(data, at, kind, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    match kind:
        case 1 | 2:  # true, false
            return kind == 1, at
        case 3:  # byte
            return data[at], at + 1
        case 4 | 5 | 6:  # integers of 16, 32, 64 bits
            return _integer(data, at)
        case 7:  # double
            return None, at + 8
        case 8:  # binary
            size, at = _varint(data, at)
            return None, at + size
        case 12:
            return _struct(data, at, depth + 1)
    raise pa.ArrowInvalid(f"page header with a field of kind {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise pa.ArrowInvalid("page header with an endless number")
    return value | data[at] << shift, at + 1


def _integer(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _too_large(path: Path, at: int, unpacked: int, values: int) -> DataError:
    return DataError(
        say(
            f"풀면 너무 커지는 Parquet 페이지가 있습니다: {path} ({at:,}번째 바이트, {unpacked / 2**20:,.0f} MiB, 값 "
            f"{values:,}개; {MAX_PAGE_BYTES >> 20} MiB, {MAX_PAGE_VALUES:,}개까지 읽습니다). 압축 폭탄이 아니라면 "
            "페이지를 작게(data_page_size) 다시 저장하세요.",
            f"{path} holds a Parquet page that unpacks too large (byte {at:,}: {unpacked / 2**20:,.0f} MiB, "
            f"{values:,} values; {MAX_PAGE_BYTES >> 20} MiB and {MAX_PAGE_VALUES:,} are read). If it is no "
            "decompression bomb, write it again with smaller pages (data_page_size).",
        )
    )
