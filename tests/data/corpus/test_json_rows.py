"""JSON lists are read one object at a time, wherever a chunk ends, and what is no object is named with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from nakochat.core.errors import DataError
from nakochat.data.corpus import json_rows as corpus_json
from nakochat.data.corpus import text as corpus_text
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import read_documents
from nakochat.data.corpus.json_rows import json_rows, jsonl_rows

ROWS: list[dict[str, Any]] = [{"text": "가\n" * n, "more": [{"n": n, "t": '"]}, {'}]} for n in range(40)]
WRITTEN = {
    "compact list": json.dumps(ROWS, ensure_ascii=False),
    "pretty list": json.dumps(ROWS, ensure_ascii=False, indent=2) + "\n",
    "lines": "\n".join(json.dumps(row) for row in ROWS),
    "one behind the other": "".join(json.dumps(row, indent=1) for row in ROWS),
    "with marks": "\ufeff" + "\n\ufeff".join(json.dumps(row) for row in ROWS),
}


@pytest.mark.parametrize("chunk", [1, 13, 1 << 20])
@pytest.mark.parametrize("form", WRITTEN)
def test_however_it_is_written_the_objects_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, chunk: int
) -> None:
    monkeypatch.setattr(corpus_text, "CHUNK_BYTES", chunk)
    path = tmp_path / "a.json"
    path.write_text(WRITTEN[form], encoding="utf-8")
    assert [row for _, row in json_rows(path, "utf-8", Damage().of(path))] == ROWS


def test_a_row_knows_the_line_that_it_begins_on(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n{"a":\n 1},\n\n{"a": 2}, {"a": 3}\n]')
    assert [number for number, _ in json_rows(path, "utf-8", Damage().of(path))] == [2, 5, 5]


def test_lines_that_begin_with_a_mark_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(WRITTEN["with marks"], encoding="utf-8")
    assert [row for _, row in jsonl_rows(path, "utf-8", Damage().of(path))] == ROWS


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[{"a": 1}, 3]', "1번째 줄.*int"),
        ('[\n{"a": 1},\n{"a": 1, "b": {"c": 1, "c": 2}}]', "3번째 줄.*'c'"),
        ('[{"a": 1},\n', "2번째 줄.*목록이"),
        ('[{"a": 1},\n{"a"', "2번째 줄"),
        ("[" * 100_000, "1번째 줄.*깊이"),
        ('{"a": ' + "1" * 5000 + "}", "1번째 줄"),
    ],
)
def test_what_is_no_object_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=named):
        list(json_rows(path, "utf-8", Damage().of(path)))


def test_an_object_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_json, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(corpus_text, "CHUNK_BYTES", 100)
    path = tmp_path / "a.json"
    path.write_text('[{"text": "' + "a" * 100_000)
    with pytest.raises(DataError, match="줄바꿈"):
        list(json_rows(path, "utf-8", Damage().of(path)))


def test_a_named_json_file_is_a_corpus_and_one_in_a_folder_is_not(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('[{"text": "설정"}]', encoding="utf-8")
    (tmp_path / "a.txt").write_text("글", encoding="utf-8")
    assert list(read_documents([tmp_path])) == ["글"]
    assert list(read_documents([tmp_path / "state.json"])) == ["설정"]
