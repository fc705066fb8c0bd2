"""Arrow: what a message and its packed buffers ask for is bounded, and files and streams are read alike."""

import io
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

from nakochat.core.errors import DataError
from nakochat.data.chats.conversations import Passed, read_chats
from nakochat.data.corpus import arrow_messages
from nakochat.data.corpus.documents import read_documents

TEXTS = ["가나다" * 20_000, "둘", "셋"] * 10


def arrow(compression: str | None = None, *, indexed: bool = False, dictionary: bool = False) -> bytes:
    column: Any = pa.array(TEXTS)
    table = pa.table(
        {"id": list(range(len(TEXTS))), "text": column.dictionary_encode() if dictionary else column}
    )
    out = io.BytesIO()
    options = ipc.IpcWriteOptions(compression=compression)
    with (ipc.new_file if indexed else ipc.new_stream)(out, table.schema, options=options) as sink:
        sink.write_table(table, max_chunksize=7)
    return out.getvalue()


def read(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return list(read_documents([path]))


@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_packed_or_not_file_or_stream_it_is_the_same(
    tmp_path: Path, compression: str | None, indexed: bool, dictionary: bool
) -> None:
    data = arrow(compression, indexed=indexed, dictionary=dictionary)
    assert read(tmp_path / "a.arrow", data) == TEXTS


@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_what_unpacks_to_more_than_the_bound_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str, dictionary: bool
) -> None:
    monkeypatch.setattr(arrow_messages, "MAX_MESSAGE_BYTES", 100_000)
    data = arrow(compression, dictionary=dictionary)
    assert len(data) < 100_000  # it is the unpacked length that counts
    with pytest.raises(DataError, match=r"a\.arrow.*max_chunksize"):
        read(tmp_path / "a.arrow", data)


def test_a_length_below_nothing_does_not_make_room_for_another(tmp_path: Path) -> None:
    data = bytearray(arrow("zstd"))
    offsets_end = data.index(struct.pack("<i", sum(len(text.encode()) for text in TEXTS[:7]))) + 4
    at = -(-offsets_end // 8) * 8  # where the texts begin, with the length that they unpack to
    data[at : at + 8] = struct.pack("<q", -(2**40))
    with pytest.raises(DataError, match=r"손상.*-1,099,511,627,776"):
        read(tmp_path / "a.arrow", bytes(data))


def test_a_length_that_is_a_lie_asks_for_no_memory(tmp_path: Path) -> None:
    lie = b"\xff\xff\xff\xff" + struct.pack("<i", 2**31 - 8) + bytes(100)
    with pytest.raises(DataError, match=r"2,048 MiB"):
        read(tmp_path / "a.arrow", lie)


def test_a_file_that_was_cut_behind_its_last_batch_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="손상"):
        read(tmp_path / "a.arrow", arrow(indexed=True)[:-6])


def test_lists_of_nothing_are_refused(tmp_path: Path) -> None:
    table = pa.table({"messages": pa.array([[None, None]], pa.list_(pa.null()))})
    with ipc.new_stream(tmp_path / "a.arrow", table.schema) as sink:
        sink.write_table(table)
    with pytest.raises(DataError, match="목록만"):
        list(read_chats([tmp_path / "a.arrow"], Passed()))
