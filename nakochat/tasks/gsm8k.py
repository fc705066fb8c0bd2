"""GSM8K's folder -> word problems with a number for an answer (Cobbe et al. 2021); the calculator may be used.

An answer is right when the last number that it names is the right one.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nakochat.core.calculator import calculate
from nakochat.core.errors import DataError, ToolError
from nakochat.core.messages import say
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.grading import number_of, says_number
from nakochat.tasks.task import Label
from nakochat.text.conversation import Part, assistant, user

_CALL = re.compile(r"<<([^<>=]+)=([^<>]+)>>")


def names_number(expected: str) -> Callable[[str], bool]:
    """Whether an answer's last number is this one, however it is written: 1,200 and 1200.0 are the same."""
    if number_of(expected) is None:
        raise DataError(
            say(f"정답이 수가 아닙니다: {expected!r}.", f"the answer is no number: {expected!r}.")
        )
    return partial(says_number, expected=expected)


def read(folder: Path | None) -> Sequence[Item]:
    """{question, answer}, whose answer ends in `#### 18`."""
    paths = find(folder, "main/test-*.parquet", "gsm8k_test.jsonl", "test.jsonl")
    return [
        Question((user(row["question"].strip()),), names_number(row["answer"].rpartition("####")[2]))
        for row in rows(paths, "question", "answer")
    ]


def read_train(folder: Path | None) -> Sequence[Item]:
    """The same with worked answers, in which <<48/2=24>> becomes a call of the calculator."""
    paths = find(folder, "main/train-*.parquet", "gsm8k_train.jsonl", "train.jsonl")
    return [_worked(row["question"].strip(), row["answer"]) for row in rows(paths, "question", "answer")]


def _worked(question: str, worked: str) -> Question:
    before, _, number = worked.rpartition("####")
    parts: list[str | Part] = []
    at = 0
    for call in _CALL.finditer(before):
        parts += [before[at : call.start()], *called(call[1], call[2])]
        # the text repeats the result behind its mark, as our conversations do
        at = call.end()
    ending = f"{before[at:].rstrip()}\nThe answer is {number.strip()}."
    answer = assistant(*(part for part in [*parts, ending] if part))
    return Question((user(question),), names_number(number), answer=answer)


def called(expression: str, result: str) -> list[str | Part]:
    """A call whose result the calculator confirms; nothing where it says otherwise."""
    try:
        found = calculate(expression)
    except ToolError:
        return []
    return (
        [Part("python", expression), Part("output", found)] if number_of(found) == number_of(result) else []
    )


BENCHMARKS = (
    Benchmark(
        name="gsm8k",
        label=Label("GSM8K", "GSM8K"),
        read=read,
        train=read_train,
        source="gsm8k",
        suites=("chat",),
        max_tokens=256,
    ),
)
