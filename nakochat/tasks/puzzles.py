"""NOLLI's folder -> Korean logic puzzles whose answer a rule can check (HAE-RAE, MIT); some held out.

Read are {id, question, answer}: ciphers, calendars, family trees, measures, sudoku and more.  An answer is right when
it ends in the expected one, whatever stands before it: these are made for models that reason first.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from nakochat.data.village.scene import held_out
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.task import Label
from nakochat.text.conversation import assistant, user

HELD_OUT_EVERY = 4
_NOISE = r"[\s.,!。*`'\"]*"


def ends_in(answer: str, *, expected: str) -> bool:
    """Without regard to blanks and marks: 정미, '정미', 정미입니다. are one answer; 18정거장 is not 8정거장."""
    wanted = re.sub(_NOISE, "", expected)
    if not wanted:
        return False
    # a number or a Latin letter begins where nothing of its kind stands before it
    front = r"(?<![0-9A-Za-z-])(?<!\d[.,])" if wanted[0].isascii() and wanted[0].isalnum() else ""
    written = _NOISE.join(map(re.escape, wanted))
    return re.search(rf"{front}{written}{_NOISE}(?:입니다|이에요|예요)?{_NOISE}$", answer) is not None


def _read(folder: Path | None, *, apart: bool) -> Sequence[Item]:
    found: list[Item] = []
    for path in find(folder, "*_ko_*.jsonl"):
        kind = path.stem.partition("_ko_")[0]
        for row in rows([path], "question", "answer"):
            question, answer = str(row["question"]).strip(), str(row["answer"]).strip()
            kept = any(held_out("puzzles", question, number) for number in range(16 // HELD_OUT_EVERY))
            if kept == apart:
                grade = partial(ends_in, expected=answer)
                found.append(Question((user(question),), grade, group=kind, answer=assistant(answer)))
    return found


BENCHMARKS = (
    Benchmark(
        name="puzzles",
        label=Label("논리 퍼즐 (NOLLI)", "logic puzzles (NOLLI)"),
        read=partial(_read, apart=True),
        train=partial(_read, apart=False),
        source="nolli",
        suites=("korean",),
        max_tokens=128,
        words={"split": "about a quarter is held out by a hash of the question"},
    ),
)
