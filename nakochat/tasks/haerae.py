"""HAE-RAE Bench's folder -> Korean words, names and history (Son et al. 2023), asked as lm-evaluation-harness does.

Every query lists its options as (A) … (E) itself; the model chooses the mark.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from nakochat.tasks.benchmark import Benchmark, Choice, Item, find, index_of, letters, rows
from nakochat.tasks.task import Label

_PARTS = {
    "general_knowledge": "상식",
    "history": "역사",
    "loan_words": "외래어",
    "rare_words": "드문 낱말",
    "standard_nomenclature": "표준 용어",
}


def read(part: str, folder: Path | None) -> Sequence[Item]:
    """{query, answer: "(B)"}, five options."""
    paths = find(folder, f"{part}*.parquet", f"{part}*.csv", f"{part}/*.parquet", f"{part}/*.csv")
    marks = [f" ({letter})" for letter in letters(5)]
    return [
        Choice(tuple((row["query"], mark) for mark in marks), index_of(row["answer"], 5))
        for row in rows(paths, "query", "answer")
    ]


BENCHMARKS = tuple(
    Benchmark(
        name=f"haerae-{part.replace('_', '-')}",
        label=Label(f"HAE-RAE {korean}", f"HAE-RAE {part.replace('_', ' ')}"),
        read=partial(read, part),
        source="hae-rae",
        suites=("korean",),
        chance=0.2,
    )
    for part, korean in _PARTS.items()
)
