"""MMLU's folder -> questions of 57 subjects as conversations, answered with a letter (Hendrycks et al. 2021)."""

from collections.abc import Sequence
from pathlib import Path

from nakochat.tasks.arc import asked
from nakochat.tasks.benchmark import Benchmark, Item, find, index_of, lettered, rows
from nakochat.tasks.task import Label


def read(folder: Path | None) -> Sequence[Item]:
    """The Hub's layout: {question, subject, choices, answer}; or a CSV for each subject: choice0 … choice3."""
    paths = find(folder, "all/test-*.parquet", "test/*_test.csv")
    found: list[Item] = []
    if paths[0].suffix == ".csv":
        names = [f"choice{number}" for number in range(4)]
        for path in paths:
            subject = path.stem.removesuffix("_test")
            for row in rows([path], "question", *names, "answer"):
                conversation = asked(row["question"], [row[name] for name in names])
                found.append(
                    lettered(conversation, 4, index_of(row["answer"], 4), space=False, group=subject)
                )
        return found
    for row in rows(paths, "question", "subject", "choices", "answer"):
        gold = index_of(row["answer"], 4)
        found.append(
            lettered(asked(row["question"], row["choices"]), 4, gold, space=False, group=row["subject"])
        )
    return found


def read_train(folder: Path | None) -> Sequence[Item]:
    """Its auxiliary_train: other tests' questions, gathered by the authors to learn from."""
    paths = find(folder, "all/auxiliary_train-*.parquet")
    return [
        lettered(asked(row["question"], row["choices"]), 4, index_of(row["answer"], 4), space=False)
        for row in rows(paths, "question", "choices", "answer")
    ]


BENCHMARKS = (
    Benchmark(
        name="mmlu",
        label=Label("MMLU", "MMLU"),
        read=read,
        train=read_train,
        source="mmlu",
        suites=("chat",),
        chance=0.25,
    ),
)
