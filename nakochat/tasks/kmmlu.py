"""KMMLU's folder -> Korean questions of 45 subjects (Son et al. 2024), asked as lm-evaluation-harness asks them.

The prompt ends with a full-width colon, which is a token of its own: it is part of the test.
"""

from collections.abc import Sequence
from pathlib import Path

from nakochat.tasks.benchmark import Benchmark, Item, find, index_of, lettered, rows
from nakochat.tasks.task import Label

_TEST = ("*-test.csv",)


def read(folder: Path | None) -> Sequence[Item]:
    """A CSV for each subject: question, answer (1 to 4), A, B, C, D.  Where no test split is there: the dev split."""
    return _read(find(folder, *_TEST, "*-dev.csv"))


def read_train(folder: Path | None) -> Sequence[Item]:
    return _read(find(folder, "*-train.csv"))


def _read(paths: Sequence[Path]) -> Sequence[Item]:
    found = []
    for path in paths:
        subject = path.stem.rpartition("-")[0]
        for row in rows([path], "question", "answer", "A", "B", "C", "D"):
            options = "\n".join(f"{letter}. {row[letter]}" for letter in "ABCD")
            context = f"{row['question'].strip()}\n{options}\n정답："
            found.append(lettered(context, 4, index_of(row["answer"], 4, first=1), group=subject))
    return found


BENCHMARKS = (
    Benchmark(
        name="kmmlu",
        label=Label("KMMLU", "KMMLU"),
        read=read,
        train=read_train,
        source="kmmlu",
        test=_TEST,
        suites=("korean",),
        chance=0.25,
    ),
)
