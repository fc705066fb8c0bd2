"""`nako data check`: the same figures on the screen and in the file, in both languages; bad input in one line."""

import json
from pathlib import Path

import pytest

from nakochat.cli import run


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    texts = [
        "첫 문서입니다.\x00",
        "전화는 010-1234-5678",
        "같은 글입니다",
        "같은 글입니다",
        "english text only",
    ]
    path = tmp_path / "글.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    (tmp_path / "둘.txt").write_text("두 번째 파일", encoding="utf-8")
    return tmp_path


def test_a_corpus_in_korean(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out" / "figures.json"
    assert run(["data", "check", str(corpus), "--show-samples", "2", "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "공개 시험의 문항은 찾지 않았습니다" in " ".join(said.split())  # nor may anyone think so
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["files"]["by_ending"] == {".jsonl": 1, ".txt": 1}
    assert "문서 6개, " in said
    assert f"{figures['characters']:,}자" in said
    assert "한글이 너무 적음" in said
    assert "제어 문자를 지움: 1자" in said
    assert "전화는 [전화번호]" in said
    assert "문서 4 (문서 3과 비교): 같은 글입니다" in said
    assert "\n  2. " in said
    assert "\n  3. " not in said
    assert figures["drops"]["exact_duplicates"]["documents"] == 1
    assert figures["test_items"]["looked_for"] > 1000


def test_a_corpus_in_english(
    corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAKO_LANG", "en")
    assert run(["data", "check", str(corpus / "글.jsonl"), "--hangul-share", "0.5", "--documents", "5"]) == 0
    said = capsys.readouterr().out
    own = [line for line in said.splitlines() if "·" not in line and not line.startswith("  ")]
    assert not any("가" <= letter <= "힣" for line in own for letter in line)
    assert "5 documents" in said
    assert "too little Hangul" in said
    assert "(see document 3)" in said


def test_fewer_documents_may_be_looked_at(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", str(corpus), "--documents", "2", "--show", "0"]) == 0
    said = capsys.readouterr().out
    assert "문서 2개" in said
    assert "·" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.txt"], "없습니다"),
        (["글.jsonl", "--column", "body"], "body"),
        (["글.jsonl", "--show-samples", "-1"], "--show-samples"),
        (["글.jsonl", "--documents", "0"], "--documents"),
        (["글.jsonl", "--hangul-share", "3"], "--hangul-share"),
        (["글.jsonl", "--minimum-characters", "-3"], "--minimum-characters"),
        ([], "PATHS"),
    ],
)
def test_a_mistake_is_named_in_one_line(
    corpus: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(corpus)
    assert run(["data", "check", *words]) == 2
    assert message in capsys.readouterr().err
