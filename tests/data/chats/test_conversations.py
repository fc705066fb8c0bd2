"""Conversations of one's own: every form gives the same, what cannot be learned is counted, the rest is named."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
import zstandard

from nakochat.core.errors import ConfigError, DataError
from nakochat.data.chats.conversations import Passed, read_chats
from nakochat.text.conversation import Conversation, Part, assistant, render, system, user
from nakochat.text.tokenizer import Tokenizer

PAIRS = [("하늘은 왜 파래요?", "햇빛이 흩어져서 그래요."), ("1+1은?", '"2"예요, 쉼표.')]
EXPECTED = [(user(asked), assistant(answer)) for asked, answer in PAIRS]


def messages(*turns: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


FORMS: dict[str, list[dict[str, Any]]] = {
    "messages": [messages(("user", q), ("assistant", a)) for q, a in PAIRS],
    "smol-smoltalk": [{**messages(("user", q), ("assistant", a)), "source": "everyday"} for q, a in PAIRS],
    "sharegpt": [
        {"id": "x_0", "conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]}
        for q, a in PAIRS
    ],
    "roles in conversations": [
        {"conversations": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}
        for q, a in PAIRS
    ],
    "alpaca": [{"instruction": q, "input": "", "output": a} for q, a in PAIRS],
    "koalpaca": [{"instruction": q, "output": a, "url": "https://example.com/1"} for q, a in PAIRS],
    "questions": [{"question": q, "answer": a} for q, a in PAIRS],
    "korean": [{"질문": q, "답변": a} for q, a in PAIRS],
}
NESTED = {"messages", "smol-smoltalk", "sharegpt", "roles in conversations"}


def jsonl(rows: list[Any]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def as_csv(rows: list[Any]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")  # as Excel writes it


def as_parquet(rows: list[Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def as_arrow(rows: list[Any]) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    with ipc.new_stream(out, table.schema) as sink:
        sink.write_table(table)
    return out.getvalue()


FILES: dict[str, Callable[[list[Any]], bytes]] = {
    "a.jsonl": jsonl,
    "list.json": lambda rows: json.dumps(rows, ensure_ascii=False, indent=2).encode(),
    "lines.json": jsonl,
    "a.csv": as_csv,
    "a.parquet": as_parquet,
    "a.arrow": as_arrow,
    "a.jsonl.gz": lambda rows: gzip.compress(jsonl(rows)),
    "a.json.zst": lambda rows: zstandard.ZstdCompressor().compress(json.dumps(rows).encode()),
}


def put(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(*paths: Path, passed: Passed | None = None, chat_format: str | None = None) -> list[Conversation]:
    return [chat for _, chat in read_chats(paths, passed or Passed(), chat_format=chat_format)]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_in_every_file_gives_the_same(tmp_path: Path, form: str, name: str) -> None:
    if name.endswith(".csv") and form in NESTED:
        pytest.skip("a table has no lists")
    assert read(put(tmp_path / name, FILES[name](FORMS[form]))) == EXPECTED


def test_a_folder_of_several_forms(tmp_path: Path) -> None:
    put(tmp_path / "1.jsonl", jsonl(FORMS["alpaca"]))
    put(tmp_path / "2.parquet", as_parquet(FORMS["sharegpt"]))
    put(tmp_path / "dataset_info.json", "{}")  # settings of a data set, not conversations
    put(tmp_path / "README.md", "# 설명")
    assert read(tmp_path) == EXPECTED * 2


def test_an_input_stands_below_its_instruction(tmp_path: Path) -> None:
    rows = [{"instruction": "요약하세요.", "input": "긴 글", "output": "짧은 글"}]
    assert read(put(tmp_path / "a.jsonl", jsonl(rows))) == [
        (user("요약하세요.\n\n긴 글"), assistant("짧은 글"))
    ]


def test_a_system_message_comes_first_and_an_empty_one_goes(tmp_path: Path) -> None:
    rows = [
        messages(("developer", "짧게 답하세요."), ("user", "안녕"), ("assistant", "네.")),
        messages(("system", " "), ("user", "안녕"), ("assistant", "네.")),
    ]
    assert read(put(tmp_path / "a.jsonl", jsonl(rows))) == [
        (system("짧게 답하세요."), user("안녕"), assistant("네.")),
        (user("안녕"), assistant("네.")),
    ]


TALKED = (system("짧게 답하세요."), user("안녕"), assistant("네."), user("그래"), assistant("또 봐요."))
WITH_MORE: dict[str, dict[str, Any]] = {
    "alpaca": {
        "system": "짧게 답하세요.", "history": [["안녕", "네."]], "instruction": "그래", "output": "또 봐요.",
    },
    "pairs": {
        "system_prompt": "짧게 답하세요.", "history": [["안녕", "네."]], "prompt": "그래", "response": "또 봐요.",
    },
    "sharegpt": {
        "system": "짧게 답하세요.",
        "conversations": [
            {"from": ("human", "gpt")[number % 2], "value": message.text} for number, message in enumerate(TALKED[1:])
        ],
    },
    "messages": {
        "system": "짧게 답하세요.",
        **messages(*((message.role, message.text) for message in TALKED[1:])),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow"])
@pytest.mark.parametrize("form", WITH_MORE)
def test_what_stands_beside_the_turns_is_read_too(tmp_path: Path, form: str, name: str) -> None:
    """What the model is told, and what was said before."""
    assert read(put(tmp_path / name, FILES[name]([WITH_MORE[form]]))) == [TALKED]


@pytest.mark.parametrize("nothing", [{"system": "", "history": []}, {"system": None, "history": None}])
def test_nothing_beside_the_turns_is_nothing(tmp_path: Path, nothing: dict[str, Any]) -> None:
    rows = [{**nothing, **row} for row in FORMS["alpaca"]]
    assert read(put(tmp_path / "a.jsonl", jsonl(rows))) == EXPECTED
    table = [{"system": "", "history": "", **row} for row in FORMS["alpaca"]]
    assert read(put(tmp_path / "a.csv", as_csv(table))) == EXPECTED


def test_parts_and_calls_of_the_calculator_stay(tmp_path: Path) -> None:
    parts = [
        {"type": "python", "text": "1+1"},
        {"type": "output", "text": "2"},
        {"type": "text", "text": "2예요."},
    ]
    row = messages(("user", [{"type": "text", "text": "1+1은?"}]), ("assistant", parts))
    expected = (user("1+1은?"), assistant(Part("python", "1+1"), Part("output", "2"), "2예요."))
    assert read(put(tmp_path / "a.jsonl", jsonl([row]))) == [expected]


def test_texts_are_cleaned_as_the_corpus_is(tmp_path: Path) -> None:
    call = [
        {"type": "text", "text": "\u200b보면 "},
        {"type": "python", "text": "1\x00"},
        {"type": "text", "text": "예요"},
    ]
    row = messages(
        ("user", "\ufeff 한글\x00 "), ("assistant", "\ud83d네\r\n그래요"), ("user", "응"), ("assistant", call)
    )
    path = put(tmp_path / "a.jsonl", json.dumps(row))
    (chat,) = read(path)
    assert [m.text for m in chat] == ["한글", "네\n그래요", "응", "보면 예요"]
    assert chat[3].parts[1] == Part("python", "1")


def test_what_is_typed_never_becomes_a_special_token(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(["안녕하세요 user assistant system"] * 3, 300)
    row = messages(
        ("system", "<|im_start|>"), ("user", "<|im_end|>\n<|bos|>"), ("assistant", "<|python_start|>")
    )
    (chat,) = read(put(tmp_path / "a.jsonl", jsonl([row])))
    ids, _ = render(tokenizer, chat)
    plain, _ = render(tokenizer, (system("가"), user("가"), assistant("가")))
    special = [[i for i in found if i in tokenizer.special_ids] for found in (ids, plain)]
    assert special[0] == special[1]


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "answer first": ("roles", messages(("assistant", "네"), ("user", "안녕"))),
    "no answer": ("roles", messages(("user", "안녕"), ("assistant", "네"), ("user", "그래"))),
    "twice": ("roles", messages(("user", "안녕"), ("user", "야"), ("assistant", "네"))),
    "late system": ("roles", messages(("user", "안녕"), ("system", "짧게"), ("assistant", "네"))),
    "tool": ("roles", messages(("user", "안녕"), ("tool", "결과"), ("assistant", "네"))),
    "tool first": ("roles", messages(("tool", "결과"), ("user", "안녕"), ("assistant", "네"))),
    "nobody": ("roles", {"messages": []}),
    "system only": ("roles", messages(("system", "짧게"))),
    "empty answer": ("empty", messages(("user", "안녕"), ("assistant", " \n"))),
    "null answer": ("empty", messages(("user", "안녕"), ("assistant", None))),
    "empty question": ("empty", messages(("user", ""), ("assistant", "네"))),
    "told twice": (
        "roles",
        {"system": "짧게", **messages(("system", "길게"), ("user", "안녕"), ("assistant", "네"))},
    ),
    "no parts": ("empty", messages(("user", "안녕"), ("assistant", []))),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_cannot_be_learned_is_passed_over_and_counted(tmp_path: Path, case: str) -> None:
    reason, row = FAULTS[case]
    good = messages(("user", "안녕"), ("assistant", "네"))
    passed = Passed()
    path = put(tmp_path / "a.jsonl", jsonl([good, row, good, row]))
    assert read(path, passed=passed) == [(user("안녕"), assistant("네"))] * 2
    assert (passed.kept, dict(passed.reasons), passed.first) == (2, {reason: 2}, {reason: "a.jsonl:2"})
    assert "a.jsonl:2" in str(passed)


GOOD = json.dumps(messages(("user", "안녕"), ("assistant", "네")))
BAD: dict[str, tuple[str, str | bytes, tuple[str, ...]]] = {
    "not json": ("a.jsonl", GOOD + "\n{'messages'", ("line 2",)),
    "a list": ("a.jsonl", GOOD + "\n[]", ("line 2", "list")),
    "key twice": ("a.jsonl", '{"messages": [], "messages": []}', ("line 1", "'messages'", "twice")),
    "unknown columns": ("a.jsonl", '{"text": "글"}', ("line 1", "text", "--chat-format")),
    "other form": ("a.jsonl", GOOD + '\n{"instruction": "a", "output": "b"}', ("line 2", "messages")),
    "no content": (
        "a.jsonl",
        GOOD + '\n{"messages": [{"role": "user"}]}',
        ("line 2", "'role' and 'content'"),
    ),
    "role is no text": (
        "a.jsonl",
        GOOD + '\n{"messages": [{"role": 1, "content": "a"}]}',
        ("line 2", "'role'"),
    ),
    "content is a number": (
        "a.jsonl",
        GOOD + '\n{"messages": [{"role": "user", "content": 3}]}',
        ("line 2", "int"),
    ),
    "odd part": (
        "a.jsonl",
        '{"messages": [{"role": "user", "content": [{"type": "image", "text": "x"}]}]}',
        ("line 1",),
    ),
    "turn is text": ("a.jsonl", '{"messages": ["안녕"]}', ("line 1",)),
    "output is a list": ("a.jsonl", '{"instruction": "a", "output": ["b"]}', ("line 1", "'output'", "list")),
    "history is text": (
        "a.jsonl",
        '{"history": "[]", "instruction": "a", "output": "b"}',
        ("line 1", "'history'"),
    ),
    "history of three": (
        "a.jsonl",
        '{"history": [["a", "b", "c"]], "instruction": "a", "output": "b"}',
        ("line 1", "'history'"),
    ),
    "history of numbers": (
        "a.jsonl",
        '{"history": [["a", 1]], "instruction": "a", "output": "b"}',
        ("line 1", "'history'"),
    ),
    "system is a list": (
        "a.jsonl",
        '{"system": ["a"], "instruction": "a", "output": "b"}',
        ("line 1", "'system'", "list"),
    ),
    "cut list": ("a.json", f"[\n{GOOD},\n{GOOD}", ("line 3", "no end")),
    "cut object": ("a.json", f"[\n{GOOD},\n{GOOD[:-4]}", ("line 3",)),
    "no rows below": ("a.csv", "text\n글\n", ("line 2", "text")),
    "wrong columns": ("a.parquet", as_parquet([{"text": "글"}]), ("row 1", "text")),
    "page": ("a.jsonl", "<!DOCTYPE html><html></html>", ("HTML",)),
    "pointer": ("a.parquet", "version https://git-lfs.github.com/spec/v1\n", ("Git LFS",)),
    "text": ("a.txt", "안녕", (".jsonl", ".parquet")),
    "deep": ("a.jsonl", "[" * 100_000, ("line 1", "deeply")),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_conversation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
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


def test_the_named_form_is_held_to(tmp_path: Path) -> None:
    both = {"instruction": "다시", "output": "네", "question": "물음", "answer": "답"}
    path = put(tmp_path / "a.jsonl", jsonl([both]))
    assert read(path) == [(user("다시"), assistant("네"))]
    assert read(path, chat_format="pairs") == [(user("물음"), assistant("답"))]
    with pytest.raises(DataError, match="messages"):
        read(path, chat_format="messages")
    with pytest.raises(ConfigError, match=r"'chatml'.*sharegpt"):
        read(path, chat_format="chatml")
