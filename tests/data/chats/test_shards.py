"""Conversations of one's own as token shards: what fits is there, what does not is counted, and a resume keeps it."""

import dataclasses
import json
from pathlib import Path

import pytest

from nakochat.core.errors import DataError
from nakochat.core.files import MANIFEST, read_json
from nakochat.data.chats.shards import Chats, chat_sources, prepare_chats
from nakochat.data.corpus.damage import Damage
from nakochat.data.shards.shard import TokenShard
from nakochat.data.weighted import parse_weighted
from nakochat.text.conversation import assistant, render, user
from nakochat.text.tokenizer import Tokenizer

CONTEXT = 64


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["안녕하세요 반가워요 user assistant"] * 3, 300)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(
        tmp_path / "내 대화.jsonl", ("안녕", "반가워요"), ("안녕", "안녕하세요" * 40), ("반가워", "네")
    )


def write(path: Path, *pairs: tuple[str, str]) -> Path:
    rows = [json.dumps({"question": asked, "answer": answer}) for asked, answer in pairs]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def chats(*sources: str) -> Chats:
    return Chats(sources=tuple(parse_weighted(source) for source in sources))


def test_what_fits_is_there_whole_and_the_rest_is_said(
    file: Path, tmp_path: Path, tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_chats(tmp_path / "run", chats(f"{file}:2"), tokenizer, context=CONTEXT)
    shard = TokenShard.load(tmp_path / "run" / "chats-1", tokenizer_hash=tokenizer.hash)
    expected = [
        render(tokenizer, (user(q), assistant(a))) for q, a in (("안녕", "반가워요"), ("반가워", "네"))
    ]
    assert shard.ids.tolist() == [i for ids, _ in expected for i in ids]
    assert shard.scored is not None
    assert shard.scored.tolist() == [s for _, scored in expected for s in scored]
    assert shard.about["left_out"] == {"long": 1}
    shown = capsys.readouterr().out
    assert "내 대화.jsonl ×2: 대화 2개" in shown
    assert "문맥보다 긺 1개 (처음: 내 대화.jsonl:2)" in shown


def test_a_conversation_of_a_row_exactly_fits_and_one_token_more_does_not(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    length = len(render(tokenizer, (user("안녕"), assistant("반가워요")))[0])
    file = write(tmp_path / "a.jsonl", ("안녕", "반가워요"), ("안녕", ""))
    prepare_chats(tmp_path / "run", chats(str(file)), tokenizer, context=length - 1)
    with pytest.raises(DataError, match=r"하나도 없습니다.*빈 말.*문맥보다 긺"):
        prepare_chats(tmp_path / "other", chats(str(file)), tokenizer, context=length - 2)


def test_it_is_made_again_only_where_something_changed(
    file: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    folder = tmp_path / "run"

    def identity(*sources: str, context: int = CONTEXT, keep: bool = False) -> str:
        prepare_chats(folder, chats(*sources), tokenizer, context=context, keep=keep)
        return str(read_json(folder / "chats-1" / MANIFEST))

    first = identity(str(file))
    (folder / "chats-1" / "mark").write_text("")
    assert identity(f"{file}:3") == first  # how often it comes is nothing of the shard's
    assert (folder / "chats-1" / "mark").exists()
    assert identity(str(file), context=CONTEXT + 1) != first
    assert not (folder / "chats-1" / "mark").exists()
    first = identity(str(file))
    write(file, ("새", "대화"))
    assert identity(str(file), keep=True) == first
    file.unlink()
    assert identity(str(file), keep=True) == first  # a resume does not need the file any more
    write(file, ("새", "대화"))
    assert identity(str(file)) != first


@pytest.mark.parametrize("broken", ["{", "[]", ""])
def test_what_says_nothing_of_itself_is_made_again_and_stops_a_resume(
    file: Path, tmp_path: Path, tokenizer: Tokenizer, broken: str
) -> None:
    prepare_chats(tmp_path, chats(str(file)), tokenizer, context=CONTEXT)
    (tmp_path / "chats-1" / "about.json").write_text(broken)
    with pytest.raises(DataError, match=r"chats-1.*지우고"):
        prepare_chats(tmp_path, chats(str(file)), tokenizer, context=CONTEXT, keep=True)
    prepare_chats(tmp_path, chats(str(file)), tokenizer, context=CONTEXT)
    assert TokenShard.load(tmp_path / "chats-1").about["documents"] == 2


def test_sources_come_as_often_as_asked_or_as_there_is_room(
    file: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    other = write(tmp_path / "b.jsonl", ("안녕", "네"))
    named = chats(f"{file}:2", f"{other}:0.5")
    prepare_chats(tmp_path / "run", named, tokenizer, context=CONTEXT)
    sources, taken = chat_sources(tmp_path / "run", named, tokenizer, room=1e6)
    assert [(s.weight, s.name) for s in sources] == [(2.0, "내 대화.jsonl"), (0.5, "b.jsonl")]
    total = sum(
        s.weight * read_json(tmp_path / f"run/chats-{n}/about.json")["tokens"]
        for n, s in enumerate(sources, 1)
    )
    assert taken == total
    sources, taken = chat_sources(tmp_path / "run", named, tokenizer, room=total / 4)
    assert [s.weight for s in sources] == [pytest.approx(0.5), pytest.approx(0.125)]
    assert taken == pytest.approx(total / 4)


def test_no_sources_take_no_room(tmp_path: Path, tokenizer: Tokenizer) -> None:
    assert chat_sources(tmp_path, Chats(), tokenizer, room=10) == ([], 0)


def test_rows_that_cannot_be_read_stop_it_or_are_left_out_and_said(
    file: Path, tmp_path: Path, tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = file.read_text(encoding="utf-8").splitlines()
    rows[1:1] = ['{"question": "cut', '{"question": "x", "response": "y"}']
    file.write_text("\n".join([*rows, rows[0]]), encoding="utf-8")
    with pytest.raises(DataError, match="2번째 줄"):
        prepare_chats(tmp_path / "run", chats(str(file)), tokenizer, context=CONTEXT)
    passing = dataclasses.replace(chats(str(file)), damage=Damage("skip"))
    prepare_chats(tmp_path / "run", passing, tokenizer, context=CONTEXT)
    about = TokenShard.load(tmp_path / "run" / "chats-1", tokenizer_hash=tokenizer.hash).about
    assert (about["documents"], about["left_out"]) == (3, {"long": 1, "damaged": 2})
    said = capsys.readouterr()
    assert "읽을 수 없음 2개 (처음: 내 대화.jsonl:2)" in said.out
    assert [line.split(": ")[0] for line in said.err.splitlines()] == [f"{file}:2", f"{file}:3"]
