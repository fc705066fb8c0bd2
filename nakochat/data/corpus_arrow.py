"""A .parquet or .arrow file -> the cells of its text column, one at a time, or rows of a few columns; no other
column is read.

.arrow is both of Arrow's forms: the file, which has an index at its end, and the stream, which the Hub's data
sets use.  What a crafted file could make grow is bounded before it is unpacked: pages, messages, and how many rows
stand side by side.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.data.corpus_bytes import open_bytes, open_seekable
from nakochat.data.corpus_columns import pick_column
from nakochat.data.corpus_pages import largest_page

MAX_MESSAGE_BYTES = 1 << 28
_ROWS_AT_ONCE = 256  # as Python values at one time
_ROWS_BYTES = 1 << 27  # at most: a page may hold one text for every row
_READ_BYTES = 1 << 20

Choose = Callable[[Any], Sequence[str]]  # a schema -> the names of the columns to read


def parquet_documents(path: Path, column: str | None) -> Iterator[str]:
    """The text column of a Parquet file, a few rows at a time; null counts as no document."""
    for batch in _parquet_batches(path, lambda schema: [_text_column(path, column, schema)]):
        yield from _strings(batch.column(0))


def arrow_documents(path: Path, column: str | None) -> Iterator[str]:
    """The text column of an Arrow IPC file or stream, batch by batch; null counts as no document."""
    for batch in _arrow_batches(path, lambda schema: [_text_column(path, column, schema)]):
        yield from _strings(batch.column(0))


def columnar_rows(path: Path, kind: str, wanted: Collection[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, values by name) of every row, of those of the wanted columns that the file has."""

    def choose(schema: Any) -> list[str]:
        return [name for name in schema.names if name in wanted] or list(
            schema.names
        )  # which the error will name

    number = 0
    for batch in (_parquet_batches if kind == "parquet" else _arrow_batches)(path, choose):
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
            for row in batch.slice(start, _ROWS_AT_ONCE).to_pylist():
                number += 1
                yield number, row


def _parquet_batches(path: Path, choose: Choose) -> Iterator[Any]:
    with (
        _damage_named(path),
        open_seekable(path) as file,
        pq.ParquetFile(file, pre_buffer=False, buffer_size=_READ_BYTES) as table,
    ):
        names = list(choose(table.schema_arrow))
        for group in range(table.num_row_groups):
            largest = largest_page(path, file, table.metadata.row_group(group), names)
            rows = max(1, min(_ROWS_AT_ONCE, _ROWS_BYTES // max(1, largest)))
            for batch in table.iter_batches(batch_size=rows, row_groups=[group], columns=names):
                yield batch.select(names)


def _arrow_batches(path: Path, choose: Choose) -> Iterator[Any]:
    with open_bytes(path) as stream:
        indexed = stream.read(6) == b"ARROW1"
    with _damage_named(path):
        for batch in (_file_batches if indexed else _stream_batches)(path, choose):
            batch.validate(full=True)  # a damaged offset would otherwise read outside the buffer
            yield batch


def _file_batches(path: Path, choose: Choose) -> Iterator[Any]:
    with open_seekable(path) as file:
        bounded = pa.PythonFile(_Bounded(path, file), mode="r")
        schema = ipc.open_file(bounded).schema
        table = ipc.open_file(bounded, options=_only(choose(schema), schema))
        for number in range(table.num_record_batches):
            yield table.get_batch(number)


def _stream_batches(path: Path, choose: Choose) -> Iterator[Any]:
    with open_bytes(path) as file:
        schema = ipc.open_stream(pa.PythonFile(_Bounded(path, file), mode="r")).schema
    options = _only(choose(schema), schema)
    with open_bytes(path) as file:
        yield from ipc.open_stream(pa.PythonFile(_Bounded(path, file), mode="r"), options=options)


def _only(names: Sequence[str], schema: Any) -> Any:
    return ipc.IpcReadOptions(included_fields=[schema.names.index(name) for name in names])


class _Bounded:
    """A file that refuses to give more than a message may hold, whatever length the message names."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_MESSAGE_BYTES:
            raise _too_long(self._path, size)
        return self._file.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return self._file.seekable()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """The one who opened the file closes it."""


def _strings(cells: Any) -> Iterator[str]:
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        for cell in cells:  # a dictionary or views: one text may stand in every row
            yield cell.as_py() or ""
        return
    for start in range(0, len(cells), _ROWS_AT_ONCE):
        for text in cells.slice(start, _ROWS_AT_ONCE).to_pylist():
            yield text or ""


def _text_column(path: Path, column: str | None, schema: Any) -> str:
    textual = [field.name for field in schema if _is_text(field.type)]
    name = pick_column(path, column, schema.names, textual)
    if name not in textual:
        raise DataError(
            say(
                f"'{name}' 열은 글이 아닙니다: {path} ({schema.field(name).type}). 글이 든 열: "
                f"{', '.join(textual) or '없음'}. --column으로 고르세요.",
                f"column '{name}' of {path} is not text ({schema.field(name).type}). Columns of text: "
                f"{', '.join(textual) or 'none'}. Name one with --column.",
            )
        )
    return name


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """What pyarrow raises on damaged files, as a DataError that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(
            say(
                f"파일이 손상되었습니다: {path} ({error}). 내려받다가 끊겼거나 다른 형식의 파일입니다. "
                "다시 내려받으세요.",
                f"{path} is damaged ({error}). The download was cut short, or it is a file of another kind. "
                "Download it again.",
            )
        ) from error


def _too_long(path: Path, size: int) -> DataError:
    return DataError(
        say(
            f"너무 긴 Arrow 메시지가 있습니다: {path} ({size / 2**20:,.0f} MiB; {MAX_MESSAGE_BYTES >> 20} MiB까지 "
            "읽습니다). 손상된 파일이 아니라면 한 묶음의 행을 줄여(max_chunksize) 다시 저장하세요.",
            f"{path} holds an Arrow message that is too long ({size / 2**20:,.0f} MiB; {MAX_MESSAGE_BYTES >> 20} "
            "MiB are read). If it is not damaged, write it again with fewer rows to a batch (max_chunksize).",
        )
    )
