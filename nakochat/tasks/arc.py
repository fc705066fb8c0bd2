"""ARC's folder -> questions of school science as conversations, answered with a letter (Clark et al. 2018)."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nakochat.tasks.benchmark import Benchmark, Item, find, index_of, lettered, letters, rows
from nakochat.tasks.task import Label
from nakochat.text.conversation import Conversation, user


def asked(question: str, options: Sequence[str]) -> Conversation:
    """A question with lettered options, as a user types it."""
    listed = "\n".join(
        f"{letter}. {option}" for letter, option in zip(letters(len(options)), options, strict=True)
    )
    return (user(f"{question}\n{listed}\nAnswer with the letter alone."),)


def read(subset: str, folder: Path | None) -> Sequence[Item]:
    """The Hub's layout: {question, choices: {text, label}, answerKey}; or CORE's: {query, choices, gold}."""
    plain = f"{subset.lower().replace('-', '_')}.jsonl"
    return _read(find(folder, f"{subset}/test-*.parquet", plain), plain)


def read_train(subset: str, folder: Path | None) -> Sequence[Item]:
    return _read(find(folder, f"{subset}/train-*.parquet"), "")


def _read(paths: Sequence[Path], plain: str) -> Sequence[Item]:
    if paths[0].name == plain:
        return [_item(row["query"].removeprefix("Question: "), row["choices"], int(row["gold"]))
                for row in rows(paths, "query", "choices", "gold")]  # fmt: skip
    found = []
    for row in rows(paths, "question", "choices", "answerKey"):
        labels = [str(label) for label in row["choices"]["label"]]
        gold = labels.index(str(row["answerKey"])) if row["answerKey"] in labels else -1
        found.append(_item(row["question"], row["choices"]["text"], index_of(gold, len(labels))))
    return found


def _item(question: str, options: Sequence[Any], gold: int) -> Item:
    return lettered(asked(question, [str(option) for option in options]), len(options), gold, space=False)


BENCHMARKS = tuple(
    Benchmark(
        name=name,
        label=Label(title, title),
        read=partial(read, title),
        train=partial(read_train, title),
        source="arc",
        suites=("chat",),
        chance=0.25,
    )
    for name, title in (("arc-easy", "ARC-Easy"), ("arc-challenge", "ARC-Challenge"))
)
