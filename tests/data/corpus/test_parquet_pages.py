"""Parquet: pages are measured before they are unpacked, and headers that make no sense are damage."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nakochat.core.errors import DataError
from nakochat.data.corpus import parquet_pages
from nakochat.data.corpus.documents import read_documents
from nakochat.data.corpus.parquet_pages import largest_page

TEXTS = [f"{n}번 문서: " + "가나다 " * 50 for n in range(3000)]


def parquet(**settings: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": list(range(len(TEXTS))), "text": TEXTS}), out, **settings)
    return out.getvalue()


SETTINGS: dict[str, dict[str, object]] = {
    "dictionary": {},
    "plain": {"use_dictionary": False},
    "version 2": {"data_page_version": "2.0", "compression": "zstd"},
    "small": {"data_page_size": 2000, "use_dictionary": False, "row_group_size": 700},
    "not packed": {"compression": "none", "use_dictionary": False},
}


@pytest.mark.parametrize("case", SETTINGS)
def test_every_layout_is_read_whole(tmp_path: Path, case: str) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(**SETTINGS[case]))
    assert list(read_documents([path])) == [text.strip() for text in TEXTS]


def test_the_largest_page_is_that_of_the_asked_column(tmp_path: Path) -> None:
    data = parquet(compression="none", use_dictionary=False)
    group = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0)
    sizes = {name: largest_page(tmp_path, io.BytesIO(data), group, [name]) for name in ("id", "text")}
    assert 8 * 1000 <= sizes["id"] <= 8 * 3000 + 1000
    assert sizes["text"] > 200_000
    assert largest_page(tmp_path, io.BytesIO(data), group, ["id", "text"]) == sizes["text"]


def test_row_groups_without_rows_are_passed_over(tmp_path: Path) -> None:
    table = pa.table({"text": TEXTS[:3]})
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema) as sink:
        for part in (table.slice(0, 0), table, table.slice(0, 0)):
            sink.write_table(part)
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.num_row_groups > 1
    assert list(read_documents([tmp_path / "a.parquet"])) == [text.strip() for text in TEXTS[:3]]


def test_a_column_with_a_dot_in_its_name_is_measured_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"the.text": TEXTS}), path, use_dictionary=False)
    monkeypatch.setattr(parquet_pages, "MAX_PAGE_BYTES", 900)
    with pytest.raises(DataError, match=r"a\.parquet.*data_page_size"):
        list(read_documents([path], column="the.text"))
    monkeypatch.undo()
    assert len(list(read_documents([path], column="the.text"))) == len(TEXTS)


@pytest.mark.parametrize("bound", ["MAX_PAGE_BYTES", "MAX_PAGE_VALUES"])
def test_a_page_above_the_bound_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(use_dictionary=False))
    monkeypatch.setattr(parquet_pages, bound, 900)
    with pytest.raises(DataError, match=r"a\.parquet.*data_page_size"):
        list(read_documents([path]))


def test_a_header_that_is_none_is_damage(tmp_path: Path) -> None:
    data = bytearray(parquet(use_dictionary=False))
    place = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(0).column(1).data_page_offset
    for junk in (
        b"\xff" * 40,
        b"\x00" * 40,
        b"\x15\x00\x15\xff\xff\xff\xff\x1f\x15\x02" + b"\x00" * 30,
        b"\x1c" * 40,
    ):
        data[place : place + 40] = junk
        path = tmp_path / "a.parquet"
        path.write_bytes(bytes(data))
        with pytest.raises(DataError, match=r"손상|너무 커지는"):
            list(read_documents([path]))
