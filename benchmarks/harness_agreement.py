"""Real items of KoBEST and ARC -> does lm-evaluation-harness choose on every one what we choose?

    python benchmarks/harness_agreement.py RUN --kobest FOLDER --arc FOLDER [--transformers FOLDER] [--items 40]

The harness asks with its own task files as they are; only their rows come from local copies: KoBEST as its authors
publish it (BoolQ.tsv ...), ARC as CORE's bundle has it (arc_easy.jsonl, arc_challenge.jsonl), which ours reads too.
It is answered by our model through our adapter (what `nako eval --lm-eval` does) and, with --transformers, by the
harness's own model class on the folder that `nako export RUN FOLDER --to hf` wrote: that way shares no code with ours.

ARC as a text is one of CORE's tasks with us; here it comes without CORE's examples and is judged by the sum of ln p,
as the harness does it.  Every item on which two ways differ is printed with its values.
"""

import argparse
import csv
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nakochat.core.files import write_json
from nakochat.core.machine import open_machine
from nakochat.core.paths import find_run
from nakochat.evals.benchmarks import favourite, weigh
from nakochat.evals.harness import harness_model
from nakochat.evals.scorer import EngineScorer, Scorer
from nakochat.inference.talk import load_engine
from nakochat.tasks import core, kobest
from nakochat.tasks.benchmark import Benchmark, Choice

# of the authors' files -> of the dataset that the harness's task files name
KOBEST = {
    "boolq": ("BoolQ.tsv", {"Text": "paragraph", "Question": "question", "Answer": "label"}),
    "copa": ("COPA.tsv", {"sentence": "premise", "question": "question", "1": "alternative_1",
                          "2": "alternative_2", "Answer": "label"}),
    "hellaswag": ("HellaSwag.tsv", {"context": "context", "choice1": "ending_1", "choice2": "ending_2",
                                    "choice3": "ending_3", "choice4": "ending_4", "label": "label"}),
    "sentineg": ("SentiNeg.tsv", {"Text": "sentence", "Label": "label"}),
    "wic": ("WiC.tsv", {"Target": "word", "SENTENCE1": "context_1", "SENTENCE2": "context_2", "ANSWER": "label"}),
}  # fmt: skip
ARC = ("arc_easy", "arc_challenge")
TASK = """include: {original}
dataset_path: json
dataset_name: null
dataset_kwargs:
  data_files:
    test: {rows}
training_split: null
validation_split: null
test_split: test
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""


@dataclass(frozen=True)
class Case:
    """A task of the harness, its rows as it reads them, and the same items of ours."""

    task: str
    rows: Sequence[dict[str, Any]]
    benchmark: Benchmark
    items: Sequence[Choice]


@dataclass(frozen=True)
class Pick:
    """What was chosen of an item, and ln p of its options."""

    option: int
    totals: tuple[float, ...]


def kobest_cases(folder: Path, most: int) -> list[Case]:
    cases = []
    for benchmark in kobest.BENCHMARKS:
        task = benchmark.name.removeprefix("kobest-")
        file, names = KOBEST[task]
        with (folder / file).open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        rows = [{theirs: row[ours] for ours, theirs in names.items()} for row in table[:most]]
        for row in rows:
            row["label"] = {"true": 1, "false": 0}.get(row["label"].lower(), row["label"])
            row["label"] = int(row["label"]) - (task == "copa")  # whose answers count from 1
        items = [item for item in benchmark.read(folder)[:most] if isinstance(item, Choice)]
        cases.append(Case(f"kobest_{task}", rows, benchmark, items))
    return cases


def arc_cases(folder: Path, most: int) -> list[Case]:
    cases = []
    for name in ARC:
        part = next(part for part in core.PARTS if part.name == name)
        benchmark = next(known for known in core.BENCHMARKS if known.name == f"core/{name}")
        benchmark = replace(benchmark, measure="total", boundary="context")
        mine = {
            _key(item): item
            for item in core.read_part(replace(part, shots=0), folder)
            if isinstance(item, Choice)
        }
        with (folder / part.file).open(encoding="utf-8") as lines:
            table = [json.loads(line) for line, _ in zip(lines, range(most), strict=False)]
        rows, items = [], []
        for row in table:
            names = [str(number) for number in range(len(row["choices"]))]
            rows.append({
                "question": row["query"].removeprefix("Question: "),
                "choices": {"text": row["choices"], "label": names},
                "answerKey": names[row["gold"]],
            })  # fmt: skip
            items.append(mine[f"{row['query']}{part.delimiter}", *row["choices"]])
        cases.append(Case(name, rows, benchmark, items))
    return cases


def _key(item: Choice) -> tuple[str, ...]:
    return (str(item.options[0][0]), *(ending for _, ending in item.options))


def ours(scorer: Scorer, case: Case) -> list[Pick]:
    found = weigh(scorer, case.items, case.benchmark)
    return [Pick(favourite(values, case.benchmark), tuple(v.total for v in values)) for values, _ in found]


def theirs(model: Any, cases: Sequence[Case]) -> dict[str, list[Pick]]:
    """{task: picks} of the harness, whose own task files ask."""
    from lm_eval import evaluator
    from lm_eval.tasks import TaskManager

    manager = TaskManager()
    with tempfile.TemporaryDirectory() as folder:
        files = [_local_task(Path(folder), case, manager) for case in cases]
        found = evaluator.simple_evaluate(
            model=model, tasks=[str(file) for file in files], task_manager=manager, log_samples=True,
            bootstrap_iters=0,
        )  # fmt: skip
    assert found is not None
    picks = {}
    for case in cases:
        samples = sorted(found["samples"][case.task], key=lambda sample: sample["doc_id"])
        totals = [tuple(float(total) for total, _ in sample["filtered_resps"]) for sample in samples]
        picks[case.task] = [Pick(values.index(max(values)), values) for values in totals]
        # the harness takes the right answers from its rows, we from ours
        right = _right(picks[case.task], case)
        assert round(found["results"][case.task]["acc,none"] * len(samples)) == right, case.task
    return picks


def _right(picks: Sequence[Pick], case: Case) -> int:
    return sum(pick.option == item.gold for pick, item in zip(picks, case.items, strict=True))


def _local_task(folder: Path, case: Case, manager: Any) -> Path:
    """A task file that is the harness's own but for where its rows come from."""
    rows = folder / f"{case.task}.jsonl"
    rows.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in case.rows), encoding="utf-8"
    )
    file = folder / f"{case.task}.yaml"
    original = manager.task_index[case.task].yaml_path
    file.write_text(TASK.format(original=original, rows=rows), encoding="utf-8")
    return file


def compare(way: str, case: Case, mine: Sequence[Pick], other: Sequence[Pick]) -> dict[str, Any]:
    """Figures of one task, and a line for every item on which the choices differ."""
    differ = [n for n, (a, b) in enumerate(zip(mine, other, strict=True)) if a.option != b.option]
    apart = max(
        abs(x - y) for a, b in zip(mine, other, strict=True) for x, y in zip(a.totals, b.totals, strict=True)
    )
    right = (_right(mine, case), _right(other, case))
    print(f"{case.task:18} {way:13} same choice on {len(mine) - len(differ)} of {len(mine)}, "
          f"ln p apart by at most {apart:.2g}, right {right[0]} and {right[1]}", flush=True)  # fmt: skip
    for number in differ:
        print(f"    item {number}: ours {mine[number]}, theirs {other[number]}")
    return {"task": case.task, "way": way, "items": len(mine), "same_choice": len(mine) - len(differ),
            "most_apart": apart, "right_ours": right[0], "right_theirs": right[1], "differ": differ}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--kobest", type=Path, required=True)
    parser.add_argument("--arc", type=Path, required=True)
    parser.add_argument("--transformers", type=Path)
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"  # every row is at hand
    machine = open_machine("cpu", "float32", "no")
    scorer = EngineScorer(load_engine(find_run(options.run), machine))
    cases = [*kobest_cases(options.kobest, options.items), *arc_cases(options.arc, options.items)]
    ways = {"adapter": harness_model(scorer)}
    if options.transformers is not None:
        from lm_eval.models.huggingface import HFLM

        ways["transformers"] = HFLM(
            pretrained=str(options.transformers), dtype="float32", device="cpu", max_length=scorer.context,
            add_bos_token=True, trust_remote_code=True,  # of nako-shaped models: nako export wrote that code
        )  # fmt: skip
    mine = {case.task: ours(scorer, case) for case in cases}
    found = []
    for way, model in ways.items():
        other = theirs(model, cases)
        found += [compare(way, case, mine[case.task], other[case.task]) for case in cases]
    if options.json:
        write_json(options.json, {"run": options.run, "context": scorer.context, "tasks": found})


if __name__ == "__main__":
    main()
