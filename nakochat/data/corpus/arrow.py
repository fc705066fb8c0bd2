"""A .parquet or .arrow file -> the cells of its text column, one at a time, or rows of a few columns; no other
column is read.

.arrow is both of Arrow's forms: the file, which has an index at its end, and the stream, which the Hub's data
sets use.  What a crafted file could make grow is bounded before it is unpacked: pages, messages, and how many rows
stand side by side.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.data.corpus.arrow_messages import bounded_messages, require_bounded
from nakochat.data.corpus.columns import pick_column
from nakochat.data.corpus.parquet_pages import largest_page
from nakochat.data.corpus.streams import head_of, open_bytes, open_seekable, stream_of

_ROWS_AT_ONCE = 256  # as Python values at one time
_ROWS_BYTES = 1 << 27  # at most: a page may hold one text for every row
_READ_BYTES = 1 << 20
_MARK = b"ARROW1"

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
        found = [name for name in schema.names if name in wanted] or list(schema.names)  # the error names all
        for name in found:
            _require_one(path, name, schema)
            require_bounded(path, schema.field(name).type)
        return found

    number = 0
    for batch in (_parquet_batches if kind == "parquet" else _arrow_batches)(path, choose):
        repeats = any(word in str(field.type) for field in batch.schema for word in ("dictionary", "view"))
        step = 1 if repeats else _ROWS_AT_ONCE  # one long value may stand in every row
        for start in range(0, batch.num_rows, step):
            for row in batch.slice(start, step).to_pylist():
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
            about = table.metadata.row_group(group)
            if not about.num_rows:  # it has no pages that could be measured
                continue
            largest = largest_page(path, file, about, names)
            rows = max(1, min(_ROWS_AT_ONCE, _ROWS_BYTES // max(1, largest)))
            for batch in table.iter_batches(batch_size=rows, row_groups=[group], columns=names):
                yield batch.select(names)


def _arrow_batches(path: Path, choose: Choose) -> Iterator[Any]:
    """A file is a stream between two marks and an index: read in order, it needs the index no more than a stream."""
    with _damage_named(path), open_bytes(path) as file:
        indexed = head_of(path, len(_MARK)) == _MARK
        if indexed:
            file.read(len(_MARK) + 2)  # the mark is padded to eight bytes
        messages = bounded_messages(path, file)
        first = next(messages, b"")
        schema = ipc.read_schema(pa.BufferReader(first))
        names = list(choose(schema))
        options = ipc.IpcReadOptions(included_fields=[schema.names.index(name) for name in names])
        stream = pa.PythonFile(stream_of(chain((first,), messages)), mode="r")
        for batch in ipc.open_stream(stream, options=options):
            batch.validate(full=True)  # a damaged offset would otherwise read outside the buffer
            yield batch
        if indexed and not _tail(file).endswith(_MARK):
            raise pa.ArrowInvalid("no mark at the end")


def _tail(file: IO[bytes]) -> bytes:
    """The last bytes of a file that is read to its end."""
    tail = b""
    while chunk := file.read(_READ_BYTES):
        tail = (tail + chunk)[-len(_MARK) :]
    return tail


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
    _require_one(path, name, schema)
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


def _require_one(path: Path, name: str, schema: Any) -> None:
    """DataError where several columns go by a name: none of them is plainly the one that is meant."""
    if schema.names.count(name) > 1:
        raise DataError(
            say(
                f"이름이 {name!r}인 열이 여럿입니다: {path}. 하나만 남기거나 이름을 바꾸어 다시 저장하세요.",
                f"{path} has several columns of the name {name!r}. Leave one, or rename them, and write it again.",
            )
        )


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
