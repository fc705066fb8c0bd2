"""nako data prepare as a person calls it."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from nakochat.cli import run
from nakochat.commands import prepare as command
from nakochat.commands.prepare import _Pace, _short
from nakochat.core.paths import home, run_folder, set_folder
from nakochat.data.shards.set_writer import Progress
from nakochat.data.shards.token_set import TokenSet
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "글 모음.jsonl"
    rows = [{"text": f"문서 {n}번입니다. 전화는 010-1234-56{n % 90 + 10}이에요."} for n in range(300)]
    path.write_text("\n".join(json.dumps(row) for row in [*rows, rows[0]]), encoding="utf-8")
    return path


@pytest.fixture
def tokenizer():
    tokenizer = Tokenizer.train([Village(0).text(number) for number in range(20)], 300)
    tokenizer.save(run_folder("k") / "tokenizer")
    return tokenizer


def prepare(*words):
    return run(["data", "prepare", *map(str, words), "--workers", "1"])


def test_what_was_done_is_said_and_written(text, tokenizer, capsys, tmp_path):
    assert prepare(text, "--mask-personal", "--json", tmp_path / "out.json") == 0
    said = capsys.readouterr().out
    assert "'k'" in said  # whose tokenizer
    assert "앞의 문서와 같음: 1개" in said
    assert "전화번호: 301개" in said
    assert "nako train base --data 글-모음" in said
    made = TokenSet.load(set_folder("글-모음"), tokenizer_hash=tokenizer.hash)
    figures = json.loads((tmp_path / "out.json").read_text())
    assert (figures["documents"], figures["tokens"]) == (len(made), made.tokens)
    ids, _ = made.part(0, 0, int(made.lengths(0 * made._starts[:1])[0]))
    assert "[전화번호]" in tokenizer.decode(ids.tolist())
    assert prepare(text, "--mask-personal") == 0  # again: there is nothing to do
    assert prepare(text) == 2  # other settings under the same name
    assert "cleaning" in capsys.readouterr().err


def test_lines_that_cannot_be_read_stop_it_or_are_counted(text, tokenizer, capsys, tmp_path):
    lines = text.read_bytes().splitlines()
    lines[7:7] = [b'{"text": "cut', b"\xff\xfe"]
    text.write_bytes(b"\n".join(lines))
    assert prepare(text, "--no-decontaminate") == 2
    said = capsys.readouterr().err
    assert "8번째 줄" in said or "9번째 줄" in said
    assert "--damaged-data skip" in said
    words = (text, "--no-decontaminate", "--damaged-data", "skip")
    assert prepare(*words, "--json", tmp_path / "out.json") == 0  # the same set goes on
    said = capsys.readouterr()
    assert f"{text}:8: " in said.err
    assert f"{text}:9: " in said.err
    assert "읽을 수 없어 건너뜀: 2줄" in said.out
    counts = json.loads((tmp_path / "out.json").read_text())["sources"][text.stem]
    assert (counts["documents_in"], counts["damaged_lines"]) == (301, 2)


def test_a_part_says_what_is_left(text, tokenizer, capsys, tmp_path):
    other = tmp_path / "둘.txt"
    other.write_text("다른 글이에요.", encoding="utf-8")
    words = (text, other, "--name", "둘", "--no-decontaminate")
    assert prepare(*words, "--part", "2/2") == 0
    assert "남은 부분: 1" in capsys.readouterr().out
    assert prepare(*words, "--part", "1/2") == 0
    assert len(TokenSet.load(set_folder("둘"))) > 200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.txt"], "nowhere.txt"),
        (["wikipedia-ko"], "nako data pull wikipedia-ko"),
        (["{text}", "--part", "3/2"], "--part"),
        (["{text}", "--part", "x"], "--part"),
        (["{text}", "--part", "1/9"], "파일이 1개"),
        (["{text}", "--shard-tokens", "0"], "--shard-tokens"),
        (["{text}", "--name", "a/b"], "이름"),
        (["{text}", "--tokenizer", "nobody"], "nako tok train"),
        (["{text}", "--minimum-characters", "1000"], "남은 글이 없습니다"),
        (["{text}", "--hangul-share", "2"], "--hangul-share"),
    ],
)
def test_a_mistake_ends_with_one_line(words, said, text, tokenizer, capsys):
    words = [word.replace("{text}", str(text)) for word in words]
    assert prepare(*words, "--no-decontaminate") == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_without_any_tokenizer_it_says_how_to_make_one(text, capsys):
    assert prepare(text) == 2
    assert "nako tok train" in capsys.readouterr().err
    assert not (home() / "sets").exists()


def test_a_misspelt_source_is_told_its_near_names(capsys):
    assert run(["data", "prepare", "wikipedia-kr"]) == 2
    assert "wikipedia-ko" in capsys.readouterr().err


def test_the_pace_counts_from_the_first_block_on(monkeypatch, capsys):
    clock = iter([100.0, 110.0, 120.0])
    monkeypatch.setattr(command, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    pace = _Pace()
    for characters in (5000, 6000, 9000):  # 5000 were there, or came while the workers started
        pace.watch(Progress(counts={"a": Counter(characters_in=characters, documents_in=3, tokens=7)}))
    assert capsys.readouterr().out == "문서 3개 → 토큰 7 · 초당 200자\n"


def test_a_slow_pace_is_said_in_a_unit_that_fits():
    assert [_short(value) for value in (0, 512.4, 83_100, 1_240_000)] == ["0", "512", "83.1K", "1.24M"]
