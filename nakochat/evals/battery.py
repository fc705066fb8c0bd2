"""A scorer and benchmarks -> their scores, and CORE and ChatCORE of them: what `nako eval --suite` writes.

suites.json stands beside scores.json, which stays the village's own.  It gathers what was measured of one checkpoint,
so that a suite measured later joins the others; of another checkpoint it begins anew.  A score of fewer items than
there are says so, and never takes the place of one of more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.evals.benchmarks import Options, Outcome, measure
from nakochat.evals.scorer import Scorer
from nakochat.tasks import core
from nakochat.tasks.benchmark import Benchmark, Item, by_development, items_of
from nakochat.tasks.task import Label

FILE = "suites.json"
DEVELOPMENT = "dev"  # the split, where a score is not of the test split
CHAT_PARTS = ("arc-easy", "arc-challenge", "mmlu", "gsm8k", "humaneval")


def run_battery(
    scorer: Scorer,
    benchmarks: Sequence[Benchmark],
    folder_of: Callable[[str], Path | None],
    options: Options,
    *,
    told: Callable[[Benchmark, Outcome | None, str], None],
    machine: Machine | None = None,
) -> dict[str, Any]:
    """{name: score} of what has its data.  told: after each, with its outcome or why there is none.

    folder_of: where the data of a source lies, None where it was not pulled.  DataError where nothing was measured.
    """
    scores: dict[str, Any] = {}
    why = ""
    for benchmark in benchmarks:
        folder = folder_of(benchmark.source) if benchmark.source else None
        if benchmark.source and folder is None:
            why = f"nako data pull {benchmark.source}"
            told(benchmark, None, why)
            continue
        try:
            items = _items_of(benchmark, folder)
        except DataError as error:
            why = str(error)
            told(benchmark, None, why)
            continue
        chance = core.chances(folder)[benchmark.name[5:]] if benchmark.source == "core" else None
        development = by_development(benchmark, folder)
        named = _of_development(benchmark) if development else benchmark
        outcome = measure(scorer, named, items, options, machine=machine)
        scores[benchmark.name] = outcome.figures(chance) | ({"split": DEVELOPMENT} if development else {})
        told(named, outcome, "")
    if not scores:
        raise DataError(why)
    return scores


def _of_development(benchmark: Benchmark) -> Benchmark:
    """Under a name that says so wherever the score goes."""
    label = benchmark.label
    return replace(benchmark, label=Label(f"{label.ko} (개발용)", f"{label.en} (dev)"))


def _items_of(benchmark: Benchmark, folder: Path | None) -> Sequence[Item]:
    """DataError where the files hold none that can be asked."""
    items = items_of(benchmark, benchmark.read, folder)
    if not items:
        raise DataError(
            say(
                f"물을 수 있는 문항이 하나도 없습니다: {folder or benchmark.name}. 자료가 온전한지 보세요. "
                "'nako data pull'로 다시 받을 수 있습니다.",
                f"no item that can be asked in {folder or benchmark.name}. See whether the data is whole; "
                "'nako data pull' gets it again.",
            )
        )
    return items


def summaries(scores: Mapping[str, Any]) -> dict[str, Any]:
    """CORE and ChatCORE of the parts that are there; with parts missing, the name says how many there are."""
    found: dict[str, Any] = {}
    for title, names in (
        ("CORE", [f"core/{part.name}" for part in core.PARTS]),
        ("ChatCORE", list(CHAT_PARTS)),
    ):
        there = [name for name in names if name in scores]
        if not there:
            continue
        whole = len(there) == len(names)
        shown = title if whole else f"{title} ({len(there)}/{len(names)})"
        asked = sum(scores[name]["items"] for name in there)
        of = sum(scores[name].get("of", scores[name]["items"]) for name in there)
        found[title.lower() if whole else f"{title.lower()}_partial"] = {
            "value": core.core_of(
                {name: scores[name]["value"] for name in there},
                {name: scores[name]["chance"] for name in there},
            ),
            "items": asked,
            **({"of": of} if of > asked else {}),
            "chance": 0.0,
            "unit": "centred",
            "better": "higher",
            "parts": len(there),
            "label": {"ko": shown, "en": shown},
        }
    return found


def write_suites(folder: Path, header: Mapping[str, Any], scores: Mapping[str, Any]) -> None:
    """Join scores to those that suites.json holds of the same checkpoint.  header: step, checkpoint, dtype."""
    path = folder / FILE
    before: dict[str, Any] = {}
    if path.is_file():
        try:
            held = read_json(path)
            before = held["scores"] if held["checkpoint"] == header["checkpoint"] else {}
        except (ValueError, KeyError, TypeError):
            before = {}  # not whole: what is measured now takes its place
    fewer = {
        name for name, score in scores.items() if "of" in score and _items(before, name) > score["items"]
    }
    new = {name: score for name, score in scores.items() if name not in fewer}
    joined = {name: score for name, score in {**before, **new}.items() if score["unit"] != "centred"}
    write_json(path, {**header, "scores": {**summaries(joined), **joined}})


def _items(scores: Mapping[str, Any], name: str) -> int:
    """Of how many items a score is; 0 where there is none."""
    return int(scores[name]["items"]) if name in scores else 0
