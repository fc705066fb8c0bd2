"""A test set's folder -> items that a model is measured on: one file per test set.  How to add one: docs/tasks.md.

Three kinds of item:
    Choice    a context and its continuations, of which the model should find one the likeliest; with several contexts
              and one continuation the same (Winograd); with one of each, whether the model writes exactly that
    Question  a conversation that the model continues, and a rule that its answer passes or not
    Program   a conversation or text that it continues with code, and the tests that the code should pass
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.chats.rows import chat_files, chat_rows
from nakochat.tasks.task import Label
from nakochat.text.conversation import Conversation, Message

Measure = Literal["total", "mean"]


@dataclass(frozen=True)
class Choice:
    """Pairs of (context, continuation) and which is right.  One pair alone: is the continuation the likeliest?

    A context is a text, or a conversation that the assistant answers with the continuation.
    """

    options: tuple[tuple[str | Conversation, str], ...]
    gold: int = 0
    group: str = ""


@dataclass(frozen=True)
class Question:
    prompt: Conversation
    is_right: Callable[[str], bool]
    group: str = ""
    answer: Message | None = None
    """A right answer as it is taught; None where there is only a rule."""


@dataclass(frozen=True)
class Program:
    """`complete` makes a program of what the model wrote; `tests` defines check(candidate) for its function `entry`."""

    prompt: Conversation
    text: str
    """For models that only continue texts."""
    complete: Callable[[str], str]
    tests: str
    entry: str
    group: str = ""


Item = Choice | Question | Program


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A test set under a name."""

    name: str
    label: Label
    read: Callable[[Path | None], Sequence[Item]]
    """The items in a fixed order.  Its argument is the folder of `source`.  DataError where the files do not fit."""
    train: Callable[[Path | None], Sequence[Item]] | None = None
    """Items to learn from and to be rewarded on: none of those that are measured."""
    source: str | None = None
    """The catalogue's name of what it is read from; None for what is generated."""
    test: tuple[str, ...] = ()
    """Patterns of the test split's files, where `read` does with the development split in their absence."""
    suites: tuple[str, ...] = ()
    chance: float = 0.0
    """What guessing gets."""
    measure: Measure = "total"
    """Of a continuation's tokens: the sum of ln p, or the mean."""
    boundary: Literal["context", "shared"] = "context"
    """Where a continuation begins: where its context ends, or where the options' tokens first differ."""
    max_tokens: int = 64
    words: Mapping[str, str] = field(default_factory=dict)
    """For readers of the results: split, shots, where it departs from the paper."""


def items_of(
    benchmark: Benchmark, read: Callable[[Path | None], Sequence[Item]], folder: Path | None
) -> Sequence[Item]:
    """What its `read` or `train` finds.  DataError for rows that are not laid out as it knows them."""
    try:
        return read(folder)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        if benchmark.source is None:
            raise  # no file's fault
        why = f"{type(error).__name__}: {error}"
        again = f"nako data pull {benchmark.source}"
        raise DataError(
            say(
                f"{benchmark.name}: 모양이 다른 줄이 있어 읽을 수 없습니다 ({why}). 자료: {folder}. "
                f"다시 받으세요: {again}",
                f"{benchmark.name}: a row is laid out otherwise than this set's and cannot be read ({why}), in "
                f"{folder}. Get it again: {again}",
            )
        ) from error


def by_development(benchmark: Benchmark, folder: Path | None) -> bool:
    """Whether `read` finds the development split alone: what is measured on it compares with nobody's figures."""
    if not benchmark.test or folder is None:
        return False
    return not any(path.is_file() for pattern in benchmark.test for path in folder.rglob(pattern))


def letters(count: int) -> list[str]:
    return ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"][:count]


def lettered(
    context: str | Conversation, count: int, gold: int, *, space: bool = True, group: str = ""
) -> Choice:
    """A choice between the letters of options that the context lists."""
    return Choice(
        tuple((context, f" {letter}" if space else letter) for letter in letters(count)), gold, group
    )


def find(folder: Path | None, *patterns: str) -> list[Path]:
    """The files of the first pattern that any file fits, in order.  DataError where none does."""
    assert folder is not None
    for pattern in patterns:
        found = sorted(path for path in folder.rglob(pattern) if path.is_file())
        if found:
            return found
    raise DataError(
        say(
            f"{folder}에 {', '.join(patterns)} 파일이 없습니다. 'nako data pull'로 받거나, 그 파일이 있는 폴더를 "
            "--data로 주세요.",
            f"nothing like {', '.join(patterns)} in {folder}. Get it with 'nako data pull', or give the folder that "
            "holds it with --data.",
        )
    )


def rows(paths: Sequence[Path], *columns: str) -> Iterator[dict[str, Any]]:
    """The rows of .jsonl .json .csv .tsv .parquet .arrow files.  DataError for one that lacks a column."""
    for file in chat_files(paths, "utf-8-sig"):
        for place, row in chat_rows(file, columns, "utf-8-sig"):
            lacking = [column for column in columns if column not in row]
            if lacking:
                raise DataError(
                    say(
                        f"{place}에 {', '.join(lacking)} 칸이 없습니다. 있는 칸: {', '.join(map(str, row))}.",
                        f"{place} has no {', '.join(lacking)}. It has: {', '.join(map(str, row))}.",
                    )
                )
            yield row


def shuffled(draw: random.Random, right: tuple[str, str], *wrong: tuple[str, str]) -> Choice:
    """The pairs in random order: where all are equally likely the first is taken, and must not always be right."""
    options = [right, *wrong]
    draw.shuffle(options)
    return Choice(tuple(options), options.index(right))


def index_of(value: Any, count: int, *, first: int = 0) -> int:
    """The place of a right answer that a file gives as a number or a letter.  DataError where there is none such."""
    text = str(value).strip().strip("()")
    place = letters(count).index(text) if text in letters(count) else -1
    if place < 0 and text.removesuffix(".0").isdecimal():
        place = int(text.removesuffix(".0")) - first
    if not 0 <= place < count:
        raise DataError(
            say(
                f"{josa(f'정답 {value!r}', '이')} 보기 {count}개 가운데 없습니다. 파일이 맞는지 확인하세요.",
                f"the answer {value!r} is none of {count} options. Check that it is the right file.",
            )
        )
    return place
