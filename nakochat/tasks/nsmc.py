"""NSMC's folder -> is a film review good or bad (Lucy Park); the prompt is ours."""

from collections.abc import Sequence
from pathlib import Path

from nakochat.tasks.benchmark import Benchmark, Choice, Item, find, index_of, rows
from nakochat.tasks.task import Label


def read(folder: Path | None) -> Sequence[Item]:
    """{document, label: 0 bad, 1 good}."""
    found = []
    for row in rows(find(folder, "ratings_test.tsv", "ratings_test.txt"), "document", "label"):
        context = f"영화평: {row['document']}\n이 영화평은 긍정과 부정 가운데"
        found.append(Choice(tuple((context, word) for word in (" 부정", " 긍정")), index_of(row["label"], 2)))
    return found


BENCHMARKS = (
    Benchmark(name="nsmc", label=Label("영화평 (NSMC)", "film reviews (NSMC)"), read=read, source="nsmc",
              suites=("korean",), chance=0.5),
)  # fmt: skip
