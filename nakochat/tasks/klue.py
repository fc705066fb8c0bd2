"""KLUE's folder -> does one sentence follow from another (NLI), do two say the same (STS); Park et al. 2021.

The prompts are ours: a word that a Korean speaker would say is chosen by its likelihood, by the mean of its
tokens, as 알 수 없음 has more of them than 참.
"""

from collections.abc import Sequence
from pathlib import Path

from nakochat.tasks.benchmark import Benchmark, Choice, Item, find, index_of, rows
from nakochat.tasks.task import Label

_RELATIONS = ("entailment", "neutral", "contradiction")
_VERDICTS = (" 참", " 알 수 없음", " 거짓")


def read_nli(folder: Path | None) -> Sequence[Item]:
    """{premise, hypothesis, label 0 to 2 or gold_label by name}."""
    paths = find(folder, "nli/validation-*.parquet", "klue-nli*_dev.json")
    name = "gold_label" if paths[0].suffix == ".json" else "label"
    found = []
    for row in rows(paths, "premise", "hypothesis", name):
        label = row[name]
        gold = _RELATIONS.index(label) if label in _RELATIONS else index_of(label, 3)
        context = f"글: {row['premise']}\n주장: {row['hypothesis']}\n글에 따르면 이 주장은 참, 거짓, 알 수 없음 가운데"
        found.append(Choice(tuple((context, verdict) for verdict in _VERDICTS), gold))
    return found


def read_sts(folder: Path | None) -> Sequence[Item]:
    """{sentence1, sentence2, labels: {binary-label}}."""
    found = []
    paths = find(folder, "sts/validation-*.parquet", "klue-sts*_dev.json")
    for row in rows(paths, "sentence1", "sentence2", "labels"):
        context = (
            f"문장 1: {row['sentence1']}\n문장 2: {row['sentence2']}\n질문: 두 문장의 뜻이 같습니까?\n답:"
        )
        gold = index_of(row["labels"]["binary-label"], 2)
        found.append(Choice(tuple((context, answer) for answer in (" 아니요", " 네")), gold))
    return found


BENCHMARKS = (
    Benchmark(name="klue-nli", label=Label("KLUE-NLI", "KLUE-NLI"), read=read_nli, source="klue",
              suites=("korean",), chance=1 / 3, measure="mean"),
    Benchmark(name="klue-sts", label=Label("KLUE-STS", "KLUE-STS"), read=read_sts, source="klue",
              suites=("korean",), chance=0.5, measure="mean"),
)  # fmt: skip
