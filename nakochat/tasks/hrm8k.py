"""HRM8K's folder -> mathematics in Korean (Ko et al. 2025); its GSM8K part is the Korean GSM8K.

Only what has a number for an answer is asked: those answers are checked by rule, without a reading of formulas.  The
paper's prompt asks for a boxed answer after up to 2,048 tokens, which no small model gives; ours takes the last number.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.gsm8k import names_number
from nakochat.tasks.task import Label
from nakochat.text.conversation import user

_PARTS = {"gsm8k": "GSM8K", "math": "MATH", "ksm": "KSM", "omni-math": "OMNI_MATH", "mmmlu": "MMMLU"}


def read(part: str, folder: Path | None) -> Sequence[Item]:
    """{question, answer}; items whose answer is a formula are left out."""
    found = []
    name = _PARTS[part]  # whole: MATH is in OMNI_MATH
    paths = find(folder, f"* {name}.csv", f"*-{name}.csv", f"{name}.csv", f"{name}/*.parquet")
    for row in rows(paths, "question", "answer"):
        try:
            grade = names_number(str(row["answer"]))
        except DataError:
            continue
        found.append(Question((user(row["question"].strip()),), grade))
    return found


BENCHMARKS = tuple(
    Benchmark(
        name="gsm8k-ko" if part == "gsm8k" else f"hrm8k-{part}",
        label=Label("GSM8K 한국어 (HRM8K)", "Korean GSM8K (HRM8K)")
        if part == "gsm8k"
        else Label(f"HRM8K {title}", f"HRM8K {title}"),
        read=partial(read, part),
        source="hrm8k",
        suites=("korean",),
        max_tokens=256,
        words={"left out": "answers that are no number"},
    )
    for part, title in _PARTS.items()
)
