"""Mutated text files: a line that cannot be read is named, stops reading or is passed over alone, and is counted."""

import csv
import gzip
import io
import json
import random
from pathlib import Path

import pytest

from nakochat.core.errors import DataError
from nakochat.data.corpus import text as corpus_text
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import read_documents

TEXTS = [f"{n}번째 글이에요, 쉼표와 '따옴표'가 있어요." for n in range(12)]
AT = 5  # the row that is damaged, and its line


def jsonl(texts: list[str] = TEXTS) -> list[bytes]:
    return [json.dumps({"text": text}, ensure_ascii=False).encode() for text in texts]


def table(delimiter: str) -> list[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("id", "text"), *((str(n), text) for n, text in enumerate(TEXTS[1:], 1))])
    return out.getvalue().encode().splitlines()


# name -> (lines of the file, what stands in the place of line AT, what is said of it)
BROKEN: dict[str, tuple[list[bytes], bytes, str]] = {
    "cut.jsonl": (jsonl(), b'{"text": "cut', "Unterminated"),
    "array.jsonl": (jsonl(), b"[1, 2]", "list"),
    "column.jsonl": (jsonl(), b'{"content": "x"}', "content"),
    "number.jsonl": (jsonl(), b'{"text": 3}', "int"),
    "twice.jsonl": (jsonl(), b'{"text": "a", "text": "b"}', "text"),
    "bytes.jsonl": (jsonl(), b'{"text": "\xff\xea"}', "utf-8"),
    "long.jsonl": (jsonl(), b'{"text": "' + b"a" * 5000 + b'"}', "MiB"),
    "bytes.txt": ([text.encode() for text in TEXTS], b"\xea\xb0 broken \xed\xa0\x80", "utf-8"),
    "long.txt": ([text.encode() for text in TEXTS], b"a" * 5000, "MiB"),
    "ragged.csv": (table(","), b"one, two, three", "칸"),
    "quote.csv": (table(","), b'"4","lost', "줄부터"),
    "inner.csv": (table(","), b'"4","in"side"', "expected after"),
    "bytes.csv": (table(","), b'"4","\xff"', "utf-8"),
    "ragged.tsv": (table("\t"), b'"4"', "칸"),
}


@pytest.fixture(autouse=True)
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of 2,000 bytes is too long, and one chunk does not hold it."""
    monkeypatch.setattr(corpus_text, "MAX_LINE_BYTES", 2000)
    monkeypatch.setattr(corpus_text, "CHUNK_BYTES", 500)
    monkeypatch.setattr("nakochat.data.corpus.tables.MAX_LINE_BYTES", 2000)


def broken(tmp_path: Path, name: str, packed: bool = False) -> tuple[Path, list[str]]:
    """The file, and the lines of text that it still holds."""
    lines, line, _ = BROKEN[name]
    data = b"\n".join([*lines[: AT - 1], line, *lines[AT:]]) + b"\n"
    path = tmp_path / (name + ".gz" * packed)
    path.write_bytes(gzip.compress(data) if packed else data)
    whole = TEXTS[1:] if name.endswith(("csv", "tsv")) else TEXTS
    return path, [text for text in whole if text != TEXTS[AT - 1]]


def said_lines(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.splitlines()]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_line_is_passed_over_alone_named_and_counted(
    tmp_path: Path, name: str, packed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path, whole = broken(tmp_path, name, packed)
    damage = Damage("skip")
    for _ in range(2):  # a stage reads its corpus more than once
        assert said_lines(list(read_documents([path], damage=damage))) == whole
        assert damage.lines == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"{path}:{AT}: ")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_line_stops_with_its_place_and_the_way_to_go_on(tmp_path: Path, name: str) -> None:
    path, _ = broken(tmp_path, name)
    for damage, advised in ((Damage("stop"), True), (Damage(), False)):
        with pytest.raises(DataError) as stopped:
            list(read_documents([path], damage=damage))
        words = str(stopped.value)
        assert f"{AT}번째 줄" in words
        assert path.name in words
        assert BROKEN[name][2] in words
        assert ("--damaged-data skip" in words) == advised
        assert damage.lines == 0


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.txt"])
def test_of_a_file_with_mutated_lines_every_other_line_is_read(tmp_path: Path, name: str) -> None:
    """200 files: bytes replaced, taken out or put in, anywhere but at a line's end."""
    kinds = {"a.jsonl": jsonl(), "a.csv": table(","), "a.tsv": table("\t")}
    lines = kinds.get(name, [text.encode() for text in TEXTS])
    whole = TEXTS[1:] if name.endswith(("csv", "tsv")) else TEXTS
    found = 0
    for seed in range(200):
        rng = random.Random(seed)
        mutated = list(lines)
        hit = sorted(rng.sample(range(1, len(lines)), 3))  # not the header
        for place in hit:
            line = bytearray(mutated[place])
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(line))
                line[at : at + rng.randint(0, 2)] = rng.choice(
                    [b"", b'"', b"\x00", b"\xff", rng.randbytes(2)]
                )
                line = line or bytearray(b"x")
            mutated[place] = bytes(line)
        path = tmp_path / name
        path.write_bytes(b"\n".join(mutated) + b"\n")
        damage = Damage("skip")
        read = said_lines(list(read_documents([path], damage=damage)))
        lost = {whole[place - (len(lines) - len(whole))] for place in hit}
        untouched = [text for text in whole if text not in lost]
        rest = iter(read)
        assert all(text in rest for text in untouched), (seed, hit, set(untouched) - set(read))
        assert damage.lines <= 12
        found += damage.lines
    assert found > 150  # a letter that became another is still text


def test_a_file_that_is_mostly_unreadable_is_no_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "다른 인코딩.txt"
    path.write_bytes("\n".join(TEXTS).encode("cp949"))
    with pytest.raises(DataError, match=r"12줄 가운데 12줄.*--encoding"):
        list(read_documents([path], damage=Damage("skip")))
    assert said_lines(list(read_documents([path], encoding="cp949", damage=Damage("skip")))) == TEXTS


def test_many_lines_are_named_at_first_and_then_summed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(line for good in jsonl() for line in (good, b"{"))[:-2])
    damage = Damage("skip")
    assert list(read_documents([path], damage=damage)) == TEXTS
    assert damage.lines == 11
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1] for line in said] == ["2", "4", "6", " 읽을 수 없는 11줄을 건너뛰었습니다."]


def test_what_a_lost_quote_swallowed_comes_back(tmp_path: Path) -> None:
    """Also what two of them swallowed, and a row of several lines behind them."""
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"가\n2,나\n3,"다\n4,"라\n라"\n5,마\n', encoding="utf-8")
    damage = Damage("skip")
    assert list(read_documents([path], damage=damage)) == ["나", "라\n라", "마"]
    assert damage.lines == 2


def test_what_cannot_be_read_on_behind_is_an_error_all_the_same(tmp_path: Path) -> None:
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n".join(jsonl()))[:-20])
    listed = tmp_path / "a.json"
    listed.write_text('[{"text": "가"}, {"text": "나" "다"}, {"text": "라"}]', encoding="utf-8")
    for path in (packed, listed):
        with pytest.raises(DataError, match=path.name):
            list(read_documents([path], damage=Damage("skip")))
