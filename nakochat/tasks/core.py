"""The folder of CORE's sets -> its 22 tasks (Li et al. 2024, DataComp-LM, https://arxiv.org/abs/2406.11794).

The tasks, their numbers of examples, delimiters and chance levels are those of the paper's evaluation
(mlfoundations/dclm: eval/mmlu_and_lowvar.yaml, eval/eval_meta_data_v1.csv).  Examples before an item are drawn from the
other items by the item's own number and stand apart by an empty line, as in nanochat, whose published figures we want
to stand beside.  A score is centred: (accuracy - chance) / (1 - chance), and CORE is the mean over all 22.
"""

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.tasks.benchmark import Benchmark, Choice, Item, find, rows
from nakochat.tasks.task import Label

SEED = 1234
ORDER_SEED = 1337
_ANSWER = "\nAnswer: "


@dataclass(frozen=True)
class Part:
    """One of the 22.  chance in per cent, as the paper's table has it."""

    name: str
    file: str
    kind: Literal["choice", "schema", "exact"]
    shots: int
    chance: float
    delimiter: str = " "


PARTS = (
    Part("hellaswag_zeroshot", "hellaswag.jsonl", "choice", 0, 25),
    Part("jeopardy", "jeopardy_all.jsonl", "exact", 10, 0, _ANSWER),
    Part("bigbench_qa_wikidata", "bigbench_qa_wikidata.jsonl", "exact", 10, 0),
    Part("arc_easy", "arc_easy.jsonl", "choice", 10, 25, _ANSWER),
    Part("arc_challenge", "arc_challenge.jsonl", "choice", 10, 25, _ANSWER),
    Part("copa", "copa.jsonl", "choice", 0, 50),
    Part("commonsense_qa", "commonsense_qa.jsonl", "choice", 10, 20),
    Part("piqa", "piqa.jsonl", "choice", 10, 50, _ANSWER),
    Part("openbook_qa", "openbook_qa.jsonl", "choice", 0, 25),
    Part("lambada_openai", "lambada_openai.jsonl", "exact", 0, 0),
    Part("hellaswag", "hellaswag.jsonl", "choice", 10, 25),
    Part("winograd", "winograd_wsc.jsonl", "schema", 0, 50),
    Part("winogrande", "winogrande.jsonl", "schema", 0, 50),
    Part("bigbench_dyck_languages", "bigbench_dyck_languages.jsonl", "exact", 10, 0),
    Part("agi_eval_lsat_ar", "agi_eval_lsat_ar.jsonl", "choice", 3, 20),
    Part("bigbench_cs_algorithms", "bigbench_cs_algorithms.jsonl", "exact", 10, 0),
    Part("bigbench_operators", "bigbench_operators.jsonl", "exact", 10, 0),
    Part("bigbench_repeat_copy_logic", "bigbench_repeat_copy_logic.jsonl", "exact", 10, 0),
    Part("squad", "squad.jsonl", "exact", 10, 0),
    Part("coqa", "coqa.jsonl", "exact", 0, 0),
    Part("boolq", "boolq.jsonl", "choice", 10, 62, _ANSWER),
    Part("bigbench_language_identification", "bigbench_language_identification.jsonl", "choice", 10, 9.1),
)
TABLE = "eval_meta_data.csv"  # beside the sets in some bundles: it then says what chance is


def core_of(accuracies: dict[str, float], chances: dict[str, float]) -> float:
    """The mean of the centred accuracies of the tasks that are there."""
    centred = [(accuracies[name] - chances[name]) / (1 - chances[name]) for name in accuracies]
    return sum(centred) / len(centred)


def read_part(part: Part, folder: Path | None) -> Sequence[Item]:
    """The items of one task in the order in which a --limit takes them."""
    found = list(rows(find(folder, part.file), *_COLUMNS[part.kind]))
    order = list(range(len(found)))
    random.Random(ORDER_SEED).shuffle(order)
    found = [found[index] for index in order]
    try:
        shots = [_shot(part, row) for row in found]
        return [_item(part, row, _before(part, shots, index)) for index, row in enumerate(found)]
    except (IndexError, TypeError, AttributeError) as error:
        raise DataError(
            say(
                f"{part.file}: CORE의 모양이 아닌 줄이 있습니다 ({error}). 'nako data pull core'로 다시 받으세요.",
                f"{part.file}: a row is not laid out as CORE's ({error}). Get it again with 'nako data pull core'.",
            )
        ) from error


_COLUMNS = {
    "choice": ("query", "choices", "gold"),
    "schema": ("context_options", "continuation", "gold"),
    "exact": ("context", "continuation"),
}


def _before(part: Part, shots: Sequence[str], index: int) -> str:
    """The examples before an item: others, drawn by the item's number."""
    if not part.shots:
        return ""
    return "".join(shots[number] + "\n\n" for number in drawn(len(shots), part.shots, index))


def drawn(count: int, shots: int, index: int) -> list[int]:
    """`shots` of `count` numbers without `index`: places among the others, who stand one further on behind it."""
    places = random.Random(SEED + index).sample(range(count - 1), min(shots, count - 1))
    return [place + (place >= index) for place in places]


def _shot(part: Part, row: dict[str, Any]) -> str:
    """An item with its right answer."""
    if part.kind == "choice":
        return f"{row['query']}{part.delimiter}{row['choices'][row['gold']]}"
    context = row["context_options"][row["gold"]] if part.kind == "schema" else row["context"].strip()
    return f"{context}{part.delimiter}{row['continuation']}"


def _item(part: Part, row: dict[str, Any], before: str) -> Choice:
    if part.kind == "choice":
        context = before + row["query"] + part.delimiter
        return Choice(tuple((context, str(choice)) for choice in row["choices"]), int(row["gold"]))
    if part.kind == "schema":
        contexts = [before + context + part.delimiter for context in row["context_options"]]
        return Choice(tuple((context, row["continuation"]) for context in contexts), int(row["gold"]))
    # a blank at the end of the context would be a token of its own that no text has there
    context = before + row["context"].strip() + part.delimiter
    stripped = context.rstrip()
    return Choice(((stripped, context[len(stripped) :] + row["continuation"]),))


def chances(folder: Path | None) -> dict[str, float]:
    """Every task's chance level, from the bundle's own table where it has one."""
    found = {part.name: part.chance / 100 for part in PARTS}
    table = sorted(folder.rglob(TABLE)) if folder is not None else []
    if table:
        with table[0].open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("Eval Task") in found and row.get("Random baseline"):
                    found[row["Eval Task"]] = float(row["Random baseline"]) / 100
    return found


def _reader(part: Part) -> Callable[[Path | None], Sequence[Item]]:
    return partial(read_part, part)


BENCHMARKS = tuple(
    Benchmark(
        name=f"core/{part.name}",
        label=Label(f"CORE {part.name}", f"CORE {part.name}"),
        read=_reader(part),
        source="core",
        suites=("core",),
        chance=part.chance / 100,
        measure="mean",
        boundary="shared",
        words={"shots": str(part.shots), "kind": part.kind},
    )
    for part in PARTS
)
