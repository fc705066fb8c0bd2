"""What cleaning counted stands in the report."""

from pathlib import Path

from nakochat.core.files import read_json, write_json
from nakochat.reporting.cleaning import cleaning, unread_lines
from nakochat.reporting.document import Paragraph, Table
from nakochat.reporting.facts import read_run
from nakochat.reporting.origin import data


def test_every_source_of_a_set_shows_what_became_of_it(run_folder: Path) -> None:
    counts = {
        "laws": {"documents_in": 1871, "documents_out": 1864, "tokens": 10_629_633, "held_out": 7},
        "reviews": {"documents_in": 100, "documents_out": 90, "exact_duplicates": 10, "emails": 3},
    }
    row = {"stage": "base", "kind": "text", "source": "laws, reviews", "set": "mix", "weight": 2.0}
    row |= {"documents": 1954, "tokens": 11_000_000, "counts": counts}
    write_json(run_folder / "data" / "base" / "sets.json", {"sets": [row]})
    run = read_run(run_folder)
    (table,) = cleaning(run)
    assert isinstance(table, Table)
    laws, reviews = ([cell.words for cell in row] for row in table.rows)
    assert [word.ko for word in laws[:5]] == ["mix: laws", "1,871", "1,864", "10,629,633", "2"]
    assert laws[5].ko == "평가용으로 떼어 둠 7개"
    assert reviews[5].ko == "앞의 문서와 같음 10개, 전자우편 주소 3개"
    assert reviews[5].en == "the same as one before 10 documents, e-mail addresses 3 pieces"
    shards = data(run)[0]
    assert isinstance(shards, Table)
    assert [cell.words.ko for cell in shards.rows[0]][:3] == ["BASE", "글", "laws, reviews"]


def test_a_run_without_sets_has_no_such_table(run_folder: Path) -> None:
    assert cleaning(read_run(run_folder)) == []


def test_lines_that_could_not_be_read_are_said_of_each_who_went_without_them(run_folder: Path) -> None:
    tokenizer = read_json(run_folder / "tokenizer.json") if (run_folder / "tokenizer.json").is_file() else {}
    (run_folder / "tokenizer").mkdir(exist_ok=True)
    write_json(run_folder / "tokenizer.json", {**tokenizer, "damaged_lines": 2})
    about = {"source": "a.jsonl", "documents": 9, "tokens": 99}
    write_json(run_folder / "data" / "base" / "text" / "about.json", {**about, "damaged_lines": 1234})
    write_json(run_folder / "data" / "mid" / "text" / "about.json", about)
    found = [block.words for block in unread_lines(read_run(run_folder)) if isinstance(block, Paragraph)]
    assert [words.ko for words in found] == [
        "토크나이저: 말뭉치에서 읽을 수 없는 2줄을 건너뛰었습니다.",
        "BASE: 말뭉치에서 읽을 수 없는 1,234줄을 건너뛰었습니다.",
    ]
    assert all(
        any(block == Paragraph(words=words) for block in data(read_run(run_folder))) for words in found
    )
