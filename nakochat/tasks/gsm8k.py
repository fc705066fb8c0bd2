"""GSM8K's folder -> word problems with a number for an answer (Cobbe et al. 2021); the calculator may be used.

An answer is right when the last number that it names is the right one.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.grading import last_number
from nakochat.tasks.task import Label
from nakochat.text.conversation import user


def names_number(expected: str) -> Callable[[str], bool]:
    """Whether an answer's last number is this one, however it is written: 1,200 and 1200.0 are the same."""
    wanted = _value(expected)
    if wanted is None:
        raise DataError(
            say(f"정답이 수가 아닙니다: {expected!r}.", f"the answer is no number: {expected!r}.")
        )

    def is_right(answer: str) -> bool:
        said = last_number(answer)
        return said is not None and _value(said) == wanted

    return is_right


def _value(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None


def read(folder: Path | None) -> Sequence[Item]:
    """{question, answer}, whose answer ends in `#### 18`."""
    paths = find(folder, "main/test-*.parquet", "gsm8k_test.jsonl", "test.jsonl")
    return [
        Question((user(row["question"].strip()),), names_number(row["answer"].rpartition("####")[2]))
        for row in rows(paths, "question", "answer")
    ]


BENCHMARKS = (
    Benchmark(
        name="gsm8k",
        label=Label("GSM8K", "GSM8K"),
        read=read,
        source="gsm8k",
        suites=("chat",),
        max_tokens=256,
    ),
)
