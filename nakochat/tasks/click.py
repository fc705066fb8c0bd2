"""CLIcK's folder -> questions of Korean culture and language (Kim et al. 2024), asked as lm-evaluation-harness does."""

from collections.abc import Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.tasks.benchmark import Benchmark, Item, find, lettered, rows
from nakochat.tasks.task import Label

_ASK = "적절한 정답을 A, B, C, D 중에 골라 알파벳 하나로 답하시오."


def read(folder: Path | None) -> Sequence[Item]:
    """{id, paragraph, question, choices, answer}: the answer is the text of one of four or five choices."""
    found = []
    for row in rows(find(folder, "Dataset/**/*.json", "click*.json", "click*.jsonl"),
                    "id", "paragraph", "question", "choices", "answer"):  # fmt: skip
        options, given = list(row["choices"]), row["paragraph"]
        if row["answer"] not in options:
            raise DataError(
                say(
                    f"CLIcK {row['id']}: 정답이 보기에 없습니다. 'nako data pull click'으로 다시 받으세요.",
                    f"CLIcK {row['id']}: the answer is none of the choices. Get it again: 'nako data pull click'.",
                )
            )
        listed = ", ".join(f"{mark}{option}" for mark, option in zip(("A:", "B: ", "C: ", "D: "), options))  # noqa: B905
        question = f"질문: {row['question']}\n보기:\n{listed}\n정답:"
        if given:
            context = f"주어진 맥락을 천천히 읽고, 질문에 대한 {_ASK}\n\n맥락: {given}\n{question}"
        else:
            context = f"주어진 질문을 천천히 읽고, {_ASK}\n\n{question}"
        count = 5 if "CSAT" in row["id"] else 4
        found.append(
            lettered(context, count, options.index(row["answer"]), group=row["id"].partition("_")[0])
        )
    return found


BENCHMARKS = (
    Benchmark(
        name="click",
        label=Label("CLIcK", "CLIcK"),
        read=read,
        source="click",
        suites=("korean",),
        chance=0.24,  # some have five options
    ),
)
