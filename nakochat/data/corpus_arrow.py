"""A .parquet or .arrow file -> the cells of its text column, one at a time; no other column is read.

.arrow is both of Arrow's forms: the file, which has an index at its end, and the stream, which the Hub's data
sets use.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.data.corpus_bytes import open_bytes, open_seekable
from nakochat.data.corpus_columns import pick_column

_ROWS_AT_ONCE = 256  # documents as Python strings at one time


def parquet_documents(path: Path, column: str | None) -> Iterator[str]:
    """The text column of a Parquet file, a few rows at a time; null counts as no document."""
    with _damage_named(path), open_seekable(path) as file, pq.ParquetFile(file) as table:
        name = _text_column(path, column, table.schema_arrow)
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=[name]):
            yield from _strings(batch.column(batch.schema.get_field_index(name)))


def arrow_documents(path: Path, column: str | None) -> Iterator[str]:
    """The text column of an Arrow IPC file or stream, batch by batch; null counts as no document."""
    with open_bytes(path) as stream:
        indexed = stream.read(6) == b"ARROW1"
    batches = _file_batches if indexed else _stream_batches
    with _damage_named(path):
        for cells in batches(path, column):
            cells.validate(full=True)  # a damaged offset would otherwise read outside the buffer
            yield from _strings(cells)


def _file_batches(path: Path, column: str | None) -> Iterator[Any]:
    with open_seekable(path) as file:
        name = _text_column(path, column, ipc.open_file(file).schema)
        file.seek(0)
        table = ipc.open_file(file, options=_only(name, ipc.open_file(file).schema))
        for number in range(table.num_record_batches):
            yield table.get_batch(number).column(0)


def _stream_batches(path: Path, column: str | None) -> Iterator[Any]:
    with open_bytes(path) as file:
        schema = ipc.open_stream(file).schema
    name = _text_column(path, column, schema)
    with open_bytes(path) as file:
        for batch in ipc.open_stream(file, options=_only(name, schema)):
            yield batch.column(0)


def _only(name: str, schema: Any) -> Any:
    return ipc.IpcReadOptions(included_fields=[schema.names.index(name)])


def _strings(cells: Any) -> Iterator[str]:
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
