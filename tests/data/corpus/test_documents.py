"""The corpus reader: every format gives the same documents, and every bad file is named with what to do."""

import csv
import gzip
import io
import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
import zstandard

from nakochat.core.errors import DataError
from nakochat.data.cleaning.cleaner import Cleaner, CleanSettings
from nakochat.data.corpus import text as corpus_text
from nakochat.data.corpus.documents import corpus_fingerprint, count_bytes, read_documents

TEXTS = ["첫째 문서입니다.\n\n둘째 문단.", 'He said "안녕", 쉼표와\t탭.', "셋째 문서는\n세 줄\n입니다."]
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
HTML = b"\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n"


def table() -> pa.Table:
    return pa.table({"id": [1, 2, 3], "title": ["a", "b", "c"], "text": TEXTS})


def as_jsonl() -> bytes:
    lines = [json.dumps({"id": i, "title": "제목", "text": text}) for i, text in enumerate(TEXTS)]
    return "\n".join(lines).encode()


def as_table(delimiter: str) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(["id", "label", "document"])
    rows.writerows((i, 1, text) for i, text in enumerate(TEXTS))
    return out.getvalue().encode()


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(table(), out)
    return out.getvalue()


def as_arrow(writer: Callable[..., ipc.RecordBatchStreamWriter]) -> bytes:
    out = io.BytesIO()
    with writer(out, table().schema) as sink:
        sink.write_table(table(), max_chunksize=2)
    return out.getvalue()


FORMATS: dict[str, Callable[[], bytes]] = {
    "a.jsonl": as_jsonl,
    "a.csv": lambda: as_table(","),
    "a.tsv": lambda: as_table("\t"),
    "a.parquet": as_parquet,
    "file.arrow": lambda: as_arrow(ipc.new_file),
    "stream.arrow": lambda: as_arrow(ipc.new_stream),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(*paths: Path, column: str | None = None, encoding: str = "utf-8") -> list[str]:
    return list(read_documents(paths, column=column, encoding=encoding))


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_documents(tmp_path: Path, name: str, packing: str) -> None:
    path = put(tmp_path / (name + packing), PACKERS[packing](FORMATS[name]()))
    assert read(path) == TEXTS


@pytest.mark.parametrize("packing", PACKERS)
def test_a_small_text_file_is_one_document(tmp_path: Path, packing: str) -> None:
    text = "첫 문단.\n\n둘째 문단.\n\n\n셋째."
    assert read(put(tmp_path / ("a.txt" + packing), PACKERS[packing](text.encode()))) == [text]


def test_a_large_text_file_is_cut_at_blank_lines_and_nothing_is_lost(tmp_path: Path) -> None:
    paragraphs = [f"{i}번 문단입니다.\n" + "가나다라 " * 300 + "\n끝." for i in range(100)]
    documents = read(put(tmp_path / "a.txt", "\n\n".join(paragraphs)))
    assert len(documents) > 5
    assert all(document[0].isdigit() for document in documents)
    assert all(len(document.encode()) <= corpus_text.BLOCK_BYTES for document in documents)
    assert "".join("".join(documents).split()) == "".join("".join(paragraphs).split())


def test_without_blank_lines_the_cut_is_a_line_end(tmp_path: Path) -> None:
    lines = [f"{i}번째 줄" for i in range(20_000)]
    documents = read(put(tmp_path / "a.txt", "\n".join(lines)))
    assert len(documents) > 1
    assert "\n".join(documents).split("\n") == lines


def test_text_is_cleaned_as_a_prepared_set_s_is(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "한글")
    odd = f"\x00  {decomposed}\r\n둘\r셋\x07\t넷\xa0\u200b다섯\x0b여섯\ud83d \n"
    path = put(tmp_path / "a.jsonl", json.dumps({"text": odd}).encode())
    assert read(path) == ["한글\n둘\n셋\t넷 다섯\n여섯"] == [Cleaner(CleanSettings()).clean(odd)]


def test_empty_documents_are_dropped_and_half_surrogates_too(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"text": " \\n"}\n\n{"text": null}\n{"text": "가\\ud83d나\\u2028다"}\n')
    assert read(path) == ["가나\n다"]  # and U+2028 ends no line of JSON


def test_line_ends_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_text, "CHUNK_BYTES", 7)  # cuts syllables and \r\n apart
    path = put(tmp_path / "a.jsonl", as_jsonl().replace(b"\n", b"\r\n"))
    assert read(path) == TEXTS


def pack_wide(data: bytes, window: int) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=window)
    stream = zstandard.ZstdCompressor(
        compression_params=parameters
    ).compressobj()  # size unknown: window kept
    return stream.compress(data) + stream.flush()


def test_frames_of_zstd_one_after_another_and_a_wide_window(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    frames = (
        pack_wide('{"text": "하나"}\n'.encode(), 27) + skippable + pack_wide('{"text": "둘"}'.encode(), 20)
    )
    assert read(put(tmp_path / "a.jsonl.zst", frames)) == ["하나", "둘"]
    with pytest.raises(DataError, match="--long=27"):
        read(put(tmp_path / "b.txt.zst", pack_wide(b"x", 28)))


def test_reviews_without_header_keep_their_quotation_marks(tmp_path: Path) -> None:
    reviews = ['"오리지널" 러브 스토리', "그저 그래요. 두 번은 안 봅니다", '"내다리 이뻐?"', '그는 "왜" 갔나']
    rows = "".join(f"{100 + i}\t{i}\t{review}\n" for i, review in enumerate(reviews))
    assert read(put(tmp_path / "a.tsv", rows)) == reviews
    assert read(put(tmp_path / "b.tsv", "id\trating\treview\n" + rows)) == reviews
    assert read(put(tmp_path / "c.tsv", rows), column="2") == ["0", "1", "2", "3"]


def test_a_tsv_with_quoting_is_unquoted(tmp_path: Path) -> None:
    assert read(put(tmp_path / "a.tsv", '"id"\t"text"\n"1"\t"안녕하세요"\n')) == ["안녕하세요"]
    assert read(put(tmp_path / "b.tsv", 'id\ttext\n1\t"그는 ""왜"" 갔나"\n')) == ['그는 "왜" 갔나']


def test_tabs_under_the_name_csv_and_old_line_ends(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "id\tdocument\r1\t하나, 둘\r2\t셋\r")
    assert read(path) == ["하나, 둘", "셋"]


def test_a_header_of_unknown_names_is_no_document(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "번호,줄거리\n1,옛날 옛적에\n2,끝\n")
    assert read(path) == ["옛날 옛적에", "끝"]


def test_the_named_column_is_read_and_long_cells_too(tmp_path: Path) -> None:
    long = "가" * 200_000  # beyond csv's own limit
    path = put(tmp_path / "a.csv", f"title,text\n{long},x\n")
    assert read(path, column="title") == [long]
    assert read(put(tmp_path / "a.jsonl", as_jsonl()), column="title") == ["제목"] * 3
    assert read(put(tmp_path / "a.parquet", as_parquet()), column="title") == ["a", "b", "c"]


def test_the_only_column_of_text_needs_no_name(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"n": [1], "줄거리": pa.array(["옛날"]).dictionary_encode()}), out)
    assert read(put(tmp_path / "a.parquet", out.getvalue())) == ["옛날"]
    assert read(put(tmp_path / "a.jsonl", '{"n": 1, "줄거리": "옛날"}')) == ["옛날"]


def test_other_encodings(tmp_path: Path) -> None:
    assert read(put(tmp_path / "a.txt", "안녕하세요".encode("cp949")), encoding="cp949") == ["안녕하세요"]
    assert read(put(tmp_path / "b.txt", "abc 안녕".encode("utf-16")), encoding="utf-16") == ["abc 안녕"]
    assert read(put(tmp_path / "c.txt", "안녕".encode("utf-8-sig"))) == ["안녕"]


def test_folders_are_read_in_the_order_of_composed_names(tmp_path: Path) -> None:
    folder = tmp_path / "내 말뭉치"
    names = ["가.txt", unicodedata.normalize("NFD", "나.txt"), "a/b.jsonl", "z.txt"]
    for name in names:
        put(folder / name, '{"text": "b"}' if name.endswith("jsonl") else name)
    put(folder / "README.md", "# 설명")
    put(folder / ".hidden.txt", "숨김")
    put(folder / "empty.txt", "")
    assert read(folder) == ["b", "z.txt", "가.txt", "나.txt"]
    assert read(folder / "z.txt", folder) == ["z.txt", "b", "가.txt", "나.txt"]  # each file once


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_path_is_found_however_its_hangul_is_composed(tmp_path: Path, form: str) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    put(tmp_path / unicodedata.normalize(form, "내 글") / unicodedata.normalize(form, "한글.txt"), "안녕")  # type: ignore[arg-type]
    assert read(tmp_path / unicodedata.normalize(other, "내 글/한글.txt")) == ["안녕"]  # type: ignore[arg-type]


def test_fingerprint_follows_content_and_not_names(tmp_path: Path) -> None:
    first = put(tmp_path / "a" / "one.txt", "가" * 1_000_000)
    moved = put(tmp_path / "b" / "two.txt", "가" * 1_000_000)
    changed = put(tmp_path / "c" / "one.txt", "가" * 999_999 + "나")
    assert corpus_fingerprint([first]) == corpus_fingerprint([moved.parent])
    assert corpus_fingerprint([first]) != corpus_fingerprint([changed])
    assert count_bytes([first, changed]) == 6_000_000


BAD: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "empty": ("a.jsonl", b"", ("empty",)),
    "empty inside": ("a.txt.gz", gzip.compress(b""), ("empty",)),
    "blank": ("a.txt", b" \n\n ", ("no text",)),
    "unknown ending": ("a.docx", b"x", (".parquet", ".zst")),
    "binary": ("a.txt", bytes(range(4)) * 1000, ("binary", "NUL")),
    "packed under another name": ("a.jsonl", gzip.compress(as_jsonl()), ("gzip", "Rename")),
    "pointer": ("a.txt", LFS, ("Git LFS", "git lfs pull")),
    "pointer zst": ("a.jsonl.zst", LFS, ("Git LFS",)),
    "pointer parquet": ("a.parquet", LFS, ("Git LFS",)),
    "pointer arrow": ("a.arrow", LFS, ("Git LFS",)),
    "web page": ("a.csv", HTML, ("HTML",)),
    "web page arrow": ("a.arrow", HTML, ("HTML",)),
    "web page zst": ("a.txt.zst", zstandard.ZstdCompressor().compress(HTML), ("HTML",)),
    "cut gz": ("a.jsonl.gz", gzip.compress(as_jsonl())[:-12], ("does not unpack", "download")),
    "cut zst": ("a.txt.zst", PACKERS[".zst"](os.urandom(300_000).hex().encode())[:-9], ("cut short",)),
    "not gz": ("a.txt.gz", b"plain", ("does not unpack",)),
    "not zst": ("a.txt.zst", b"plain", ("does not unpack",)),
    "cut parquet": ("a.parquet", as_parquet()[:-20], ("damaged",)),
    "cut arrow file": ("file.arrow", as_arrow(ipc.new_file)[:-20], ("damaged",)),
    "cut arrow stream": ("stream.arrow", as_arrow(ipc.new_stream)[:-40], ("damaged",)),
    "no arrow": ("a.arrow", b"hello, this is text", ("damaged",)),
    "cut jsonl": ("a.jsonl", as_jsonl()[:-9], ("line 3", "cut short")),
    "json list": ("a.jsonl", b'{"text": "a"}\n["b"]\n', ("line 2", "list")),
    "json number": ("a.jsonl", b'{"text": "a"}\n{"text": 3}\n', ("line 2", "int")),
    "json without text": ("a.jsonl", b'{"text": "a"}\n{"txt": "b"}\n', ("line 2", "txt")),
    "deep json": ("a.jsonl", b"[" * 200_000, ("line 1",)),
    "no text column": ("a.jsonl", b'{"question": "a", "answer": "b"}', ("question, answer", "--column")),
    "no text column csv": ("a.csv", "1,가나,다라\n2,마바,사아\n".encode(), ("1, 2, 3", "--column")),
    "uneven rows": ("a.tsv", b"id\ttext\n1\ta\n2\tb\tc\n", ("line 3", "3 columns")),
    "open quote": ("a.csv", b'id,text\n1,"a\n2,b\n', ("cannot read the table", "quotes")),
    "one bad byte": ("a.txt", "안녕".encode() + b"\xb0\xa1", ("byte 6 ", "0xb0", "--encoding NAME")),
    "cp949": ("a.txt", "ab 안녕하세요".encode("cp949"), ("byte 3 ", "--encoding cp949")),
    "utf-16": ("a.txt", "안녕 abc".encode("utf-16"), ("byte 0 ", "--encoding utf-16'")),
    "cut syllable": ("a.txt", "안녕".encode()[:-1], ("byte 3 ",)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    name, data, words = BAD[case]
    path = put(tmp_path / name, data)
    monkeypatch.setenv("NAKO_LANG", "en")
    with pytest.raises(DataError) as english:
        read(path)
    assert all(word in str(english.value) for word in (str(path), *words)), english.value
    monkeypatch.setenv("NAKO_LANG", "ko")
    with pytest.raises(DataError, match=r"니다.*세요") as korean:
        read(path)
    assert str(path) in str(korean.value)


def test_a_bad_byte_deep_in_a_packed_file_has_its_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAKO_LANG", "en")
    text = "가나다라마\n".encode() * 200_000  # past the first chunk, which cuts a syllable
    path = put(tmp_path / "a.txt.gz", gzip.compress(text + b"\xff" + text[:100], 1))
    with pytest.raises(DataError, match=rf"byte {len(text):,} "):
        read(path)


@pytest.mark.parametrize("name", FORMATS)
def test_a_wrong_column_lists_the_columns(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / name, FORMATS[name]())
    with pytest.raises(DataError, match=r"'txt'.*id, (title|label), (text|document)"):
        read(path, column="txt")


def test_a_column_that_is_not_text(tmp_path: Path) -> None:
    for name in ("a.parquet", "file.arrow", "stream.arrow"):
        with pytest.raises(DataError, match=r"int64.*title, text"):
            read(put(tmp_path / name, FORMATS[name]()), column="id")


def test_a_column_of_a_text_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--column 'text'"):
        read_documents([put(tmp_path / "a.txt", "글")], column="text")


def test_paths_are_checked_before_the_first_document(tmp_path: Path) -> None:
    good = put(tmp_path / "a.txt", "글")
    with pytest.raises(DataError, match="LFS"):
        read_documents([good, put(tmp_path / "b.parquet", LFS)])
    with pytest.raises(DataError, match=r"없습니다: .*none\.txt"):
        read_documents([good, tmp_path / "none.txt"])
    with pytest.raises(DataError, match=r"읽을 파일이 없습니다: .*folder"):
        read_documents([put(tmp_path / "folder" / "README.md", "x").parent])
    with pytest.raises(DataError, match="b-1"):
        read_documents([good], encoding="b-1")
    with pytest.raises(DataError, match="--corpus"):
        read_documents([])


def test_a_giant_line_is_refused_in_constant_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAKO_LANG", "en")
    monkeypatch.setattr(corpus_text, "MAX_LINE_BYTES", 3 << 20)
    path = put(tmp_path / "a.jsonl.zst", PACKERS[".zst"](b'{"text": "' + b"a" * (20 << 20)))
    with pytest.raises(DataError, match=r"longer than 3 MiB .* in 4 MiB"):
        read(path)
