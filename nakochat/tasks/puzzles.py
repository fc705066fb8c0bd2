"""NOLLI's folder -> Korean logic puzzles whose answer a rule can check (HAE-RAE, MIT); some held out.

Read are {id, question, answer}: ciphers, calendars, family trees, measures, sudoku and more.  An answer is right when
it ends in the expected one, whatever stands before it: these are made for models that reason first.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nakochat.data.village.scene import held_out
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.task import Label
from nakochat.text.conversation import assistant, user

HELD_OUT_EVERY = 4
_GAP = r"[\s*`'\"]*"
_SEPARATOR = rf"{_GAP}[\s,]{_GAP}"
_COUNTERS = (
    "점|개|명|원|번|회|가지|쌍|분|초|시간|일|주|개월|월|년|살|세|마리|권|통|칸|대|장|평|정거장|미터|킬로미터"
)
_POLITE = "입니다|이에요|예요|이다|이야|야|다"
_CLOSING = r"[\s.,!。*`'\"”’)\]}>」』$]*"
_TOKEN = re.compile(r"(\d+|[^\W\d]|[^\w\s])")
_TRUTHS = {"참": True, "거짓": False, "true": True, "false": False}


def ends_in(answer: str, *, expected: str) -> bool:
    """Without regard to blanks and marks: 정미, '정미', 정미입니다. are one answer; 18정거장 is not 8정거장.

    A number is its digits, which no point or blank may divide or join: 1999.1.24 is not 1999.12.4, 2.5 not 25.
    """
    wanted = expected.strip("*`'\" \n")
    if not re.search(r"\w", wanted):
        return False
    tokens = _TOKEN.findall(wanted)
    counted = f"(?: ?(?:{_COUNTERS}))?" if tokens[-1].isdigit() else ""
    pattern = f"{_front(tokens[0])}{_pattern(tokens)}{_CLOSING}{counted}{_CLOSING}(?:{_POLITE})?{_CLOSING}$"
    return re.search(pattern, answer) is not None


def _front(token: str) -> str:
    """A number or a Latin letter begins where nothing of its kind stands before it, a minus where no term does."""
    if token in "-−":
        return r"(?<![\w)])"
    return r"(?<![0-9A-Za-z-−])(?<!\d[.,])" if token.isascii() and token.isalnum() else ""


def _pattern(tokens: Sequence[str]) -> str:
    found = ""
    for place, token in enumerate(tokens):
        if place and token.isdigit() and tokens[place - 1].isdigit():
            found += _SEPARATOR
        elif place:
            found += _GAP
        between = (
            token == "," and tokens[place - 1 : place] == [")"] and tokens[place + 1 : place + 2] == ["("]
        )
        found += ",?" if between else _digits(token) if token.isdigit() else re.escape(token)
    return found


def _digits(token: str) -> str:
    """As they are, and by thousands."""
    return f"(?:{token}|{int(token):,})" if len(token) > 3 and token[0] != "0" else token


def says_each(answer: str, *, expected: Mapping[str, Any]) -> bool:
    """Of a puzzle that asks what is true of each: in JSON, or line by line (서현: 거짓)."""
    written = re.search(r"\{.*\}", answer, re.DOTALL)
    if written:
        text = re.sub(r"//[^\n]*", "", written[0]).replace("'", '"')
        try:
            return bool(json.loads(re.sub("True|False", lambda truth: truth[0].lower(), text)) == expected)
        except ValueError:
            pass  # brackets of something else: the lines count
    return all(_said_of(name, answer) is value for name, value in expected.items())


def _said_of(name: str, answer: str) -> bool | None:
    """The last that a line says of it.  참/거짓 is the form, and no answer."""
    line = rf"(?<!\w){re.escape(name)}{_GAP}[:=]{_GAP}(참|거짓|true|false)(?!\s*/)"
    found = re.findall(line, answer, re.IGNORECASE)
    return _TRUTHS[found[-1].lower()] if found else None


def _read(folder: Path | None, *, apart: bool) -> Sequence[Item]:
    found: list[Item] = []
    for path in find(folder, "*_ko_*.jsonl"):
        kind = path.stem.partition("_ko_")[0]
        for row in rows([path], "question", "answer"):
            question = str(row["question"]).strip()
            kept = any(held_out("puzzles", question, number) for number in range(16 // HELD_OUT_EVERY))
            if kept == apart:
                grade, said = _graded(row["answer"])
                found.append(Question((user(question),), grade, group=kind, answer=assistant(said)))
    return found


def _graded(answer: Any) -> tuple[Callable[[str], bool], str]:
    """Its rule, and how it is said: in the form that the puzzle asks for."""
    if not isinstance(answer, dict):
        said = str(answer).strip()
        return partial(ends_in, expected=said), said
    words = {True: "참", False: "거짓"}
    if all(isinstance(value, bool) for value in answer.values()):
        said = "\n".join(f"- {name}: {words[value]}" for name, value in answer.items())
    else:
        said = json.dumps(answer, ensure_ascii=False)
    return partial(says_each, expected=answer), said


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
