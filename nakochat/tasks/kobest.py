"""KoBEST's folder -> its five tasks (Jang et al. 2022), asked as lm-evaluation-harness asks them.

Its wording is kept even where it is odd (가 after every word in WiC, two blanks before a BoolQ answer), so that figures
compare with others'.  Read from the Hub's layout or from the authors' TSV files.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nakochat.tasks.benchmark import Benchmark, Choice, Item, find, index_of, rows
from nakochat.tasks.task import Label

_TRUTH = {"true": 1, "false": 0}

# of the TSV files -> of the Hub's
_NAMES = {
    "boolq": {"Text": "paragraph", "Question": "question", "Answer": "label"},
    "copa": {"sentence": "premise", "question": "question", "1": "alternative_1", "2": "alternative_2"},
    "hellaswag": {
        "context": "context",
        "label": "label",
        **{f"choice{n}": f"ending_{n}" for n in range(1, 5)},
    },
    "sentineg": {"Text": "sentence", "Label": "label"},
    "wic": {"Target": "word", "SENTENCE1": "context_1", "SENTENCE2": "context_2", "ANSWER": "label"},
}
_TRAIN = "kobest_train"  # the folder of the training split's tables
_FILES = {"boolq": "BoolQ", "copa": "COPA", "hellaswag": "HellaSwag", "sentineg": "SentiNeg", "wic": "WiC"}


def _boolq(row: dict[str, Any]) -> Choice:
    context = f"{row['paragraph']} 질문: {row['question']} 답변: "
    return _pick(context, ["아니오", "예"], row["label"])


def _copa(row: dict[str, Any]) -> Choice:
    joint = {"원인": " 왜냐하면", "결과": " 그래서"}[row["question"].strip()]
    return _pick(f"{row['premise']} {joint}", [row["alternative_1"], row["alternative_2"]], row["label"])


def _hellaswag(row: dict[str, Any]) -> Choice:
    return _pick(f"문장: {row['context']}", [row[f"ending_{n}"] for n in range(1, 5)], row["label"])


def _sentineg(row: dict[str, Any]) -> Choice:
    return _pick(f"문장: {row['sentence']} 긍부정:", ["부정", "긍정"], row["label"])


def _wic(row: dict[str, Any]) -> Choice:
    context = (
        f"문장1: {row['context_1']} 문장2: {row['context_2']} 두 문장에서 {row['word']}가 같은 뜻으로 쓰였나?"
    )
    return _pick(context, ["아니오", "예"], row["label"])


def _pick(context: str, options: Sequence[str], label: Any) -> Choice:
    gold = _TRUTH.get(str(label).strip().lower(), label)
    return Choice(tuple((context, f" {option.strip()}") for option in options), index_of(gold, len(options)))


_ASK: dict[str, Callable[[dict[str, Any]], Choice]] = {
    "boolq": _boolq, "copa": _copa, "hellaswag": _hellaswag, "sentineg": _sentineg, "wic": _wic,
}  # fmt: skip


def _test(task: str) -> tuple[str, ...]:
    return tuple(f"{task}/test{ending}" for ending in ("-*.parquet", ".jsonl", "*.tsv"))


def read(task: str, folder: Path | None) -> Sequence[Item]:
    """Where no test split is there: the development split.  Tables of the training split are none of its files."""
    development = f"kobest_dev/{_FILES[task]}.tsv"
    paths = find(folder, *_test(task), development, f"{task}/validation*.*", f"{_FILES[task]}.tsv")
    others = [path for path in paths if path.parent.name != _TRAIN]
    return _read(task, others or find(folder, development))


def read_train(task: str, folder: Path | None) -> Sequence[Item]:
    return _read(task, find(folder, f"{task}/train*.*", f"{_TRAIN}/{_FILES[task]}.tsv"))


def _read(task: str, paths: Sequence[Path]) -> Sequence[Item]:
    names = _NAMES[task]
    if paths[0].suffix != ".tsv":
        return [_ASK[task](row) for row in rows(paths, *names.values())]
    found = []
    for row in rows(paths, *names):
        renamed = {ours: row[theirs] for theirs, ours in names.items()}
        if task == "copa":  # these count from 1
            renamed["label"] = index_of(row["Answer"], 2, first=1)
        found.append(_ASK[task](renamed))
    return found


BENCHMARKS = tuple(
    Benchmark(
        name=f"kobest-{task}",
        label=Label(f"KoBEST {_FILES[task]}", f"KoBEST {_FILES[task]}"),
        read=partial(read, task),
        train=partial(read_train, task),
        source="kobest",
        test=_test(task),
        suites=("korean",),
        chance=0.25 if task == "hellaswag" else 0.5,
    )
    for task in _ASK
)
