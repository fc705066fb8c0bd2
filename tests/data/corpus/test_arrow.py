"""Columns of Parquet and Arrow: those that are asked for are one each."""

from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from nakochat.core.errors import DataError
from nakochat.data.chats.conversations import Passed, read_chats
from nakochat.data.corpus.documents import read_documents


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_two_columns_of_one_name_are_named_where_they_are_asked_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"

    def write(*names: str) -> None:
        table = pa.Table.from_arrays([pa.array([name]) for name in names], names=names)
        if kind == "parquet":
            pq.write_table(table, path)
        else:
            with ipc.new_stream(path, table.schema) as sink:
                sink.write_table(table)

    write("text", "x", "x")
    assert list(read_documents([path])) == ["text"]
    write("text", "text")
    with pytest.raises(DataError, match=rf"'text'.*a\.{kind}"):
        list(read_documents([path]))
    write("question", "answer", "answer")
    with pytest.raises(DataError, match=rf"'answer'.*a\.{kind}"):
        list(read_chats([path], Passed()))
