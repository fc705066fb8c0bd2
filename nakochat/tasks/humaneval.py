"""HumanEval's folder -> Python functions to complete, and the tests that they should pass (Chen et al. 2021).

The code runs in core/sandbox; pass@k is the paper's unbiased estimate.
"""

import math
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from nakochat.tasks.benchmark import Benchmark, Item, Program, find, rows
from nakochat.tasks.task import Label
from nakochat.text.conversation import user

_FENCE = re.compile(r"```(?:python|py)?\s*\n(.*?)(?:```|\Z)", re.DOTALL)
_NEXT = re.compile(r"\n(?=def |class |if |print|#|@|import |from )")


def complete(prompt: str, entry: str, written: str) -> str:
    """A program of what a model wrote: a fenced block, or a continuation up to the next thing at the margin."""
    fenced = _FENCE.search(written)
    code = fenced[1] if fenced else written
    begin = re.compile(rf"^def {re.escape(entry)}\b", re.MULTILINE)
    if begin.search(code):
        # imports, and functions that the prompt lets it call
        return begin.split(prompt, maxsplit=1)[0] + code
    if not fenced:
        code = _NEXT.split("\n" + code, maxsplit=1)[0].removeprefix("\n")
    return prompt + code


def read(folder: Path | None) -> Sequence[Item]:
    """{prompt, test, entry_point}."""
    found = []
    for row in rows(find(folder, "test-*.parquet", "HumanEval.jsonl"), "prompt", "test", "entry_point"):
        prompt, entry = row["prompt"], row["entry_point"]
        asked = f"Complete this function. Answer with Python code alone.\n```python\n{prompt}```"
        found.append(
            Program(
                prompt=(user(asked),),
                text=prompt,
                complete=partial(complete, prompt, entry),
                tests=f"{prompt}\n\n{row['test']}",  # some tests call what the prompt defines
                entry=entry,
            )
        )
    return found


def pass_at_k(tries: int, passed: int, k: int) -> float:
    """The chance that one of k tries passes, from `passed` of `tries` that did."""
    if tries - passed < k:
        return 1.0
    return 1.0 - math.comb(tries - passed, k) / math.comb(tries, k)


BENCHMARKS = (
    Benchmark(
        name="humaneval",
        label=Label("HumanEval", "HumanEval"),
        read=read,
        source="humaneval",
        suites=("chat",),
        max_tokens=384,
    ),
)
