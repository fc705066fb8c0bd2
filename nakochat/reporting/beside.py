"""A run's scores -> beside published ones, and beside those of the runs that were made here before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import NakoError
from nakochat.core.rows import text
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import STAGES, Run, Score, Stage, read_run
from nakochat.reporting.scores import best_value, items_of, measured_what, most_important_first, value_words
from nakochat.reporting.words import MISSING, Words, same

# nanochat's d20 (561M parameters, eight H100s, 3 h 51 min): the report card in the README of its first commit, 3a5e0bc,
# https://github.com/karpathy/nanochat
NANOCHAT_D20: dict[str, dict[str, float]] = {
    "core": {"base": 0.2219},
    "arc-easy": {"mid": 0.3561, "sft": 0.3876},
    "arc-challenge": {"mid": 0.2875, "sft": 0.2807},
    "mmlu": {"mid": 0.3111, "sft": 0.3151},
    "gsm8k": {"mid": 0.0250, "sft": 0.0455, "rl": 0.0758},
    "humaneval": {"mid": 0.0671, "sft": 0.0854},
    "chatcore": {"mid": 0.0730, "sft": 0.0884},
}
_NAMES = {
    "core": "CORE", "arc-easy": "ARC-Easy", "arc-challenge": "ARC-Challenge", "mmlu": "MMLU", "gsm8k": "GSM8K",
    "humaneval": "HumanEval", "chatcore": "ChatCORE",
}  # fmt: skip
MOST_RUNS = 4
MOST_SCORES = 24


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The last scored stage of a run that began before this one."""

    name: str
    stage: Stage


def published(run: Run) -> list[Block]:
    """Where any of the published tests was measured: every stage's value beside nanochat's of the same stage."""
    by_stage = {stage.name: stage.own_suites for stage in run.stages}
    if not any(key in suites for suites in by_stage.values() for key in NANOCHAT_D20):
        return []
    head = (Words("항목", "What"), *(same(name.upper()) for name in STAGES))
    rows = []
    for key, values in NANOCHAT_D20.items():
        own = [by_stage.get(name, {}).get(key) for name in STAGES]
        theirs = [values.get(name) for name in STAGES]
        cells = [_pair(score, value) for score, value in zip(own, theirs, strict=True)]
        rows.append((Cell(words=same(_NAMES[key])), *cells))
    note = Words(
        "큰 글씨가 이 실행이고, 작은 글씨가 nanochat d20(매개변수 5억 6천만, H100 여덟 대로 3시간 "
        "51분)이 발표한 값입니다. "
        "과제의 물음과 채점이 같은 방식이지만, 모델의 크기와 말이 다르니 크기를 가늠하는 데에만 쓰세요.",
        "Large: this run. Small: what nanochat's d20 (561M parameters, 3 h 51 min on eight H100s) "
        "published. The tests are "
        "asked and graded in the same way, but the models differ in size and language: read it as a sense of scale.",
    )
    return [Table(head=head, rows=tuple(rows)), Paragraph(words=note)]


def _pair(score: Score | None, value: float | None) -> Cell:
    """The items stand beside it: what is published is of all of them."""
    theirs = "" if value is None else f"d20: {value:.4f}"
    if score is None or score.value is None:
        return Cell(words=MISSING, remark=same(theirs) if theirs else None)
    items = items_of(score) if score.items is not None else ""
    korean = [part for part in (f"{items}문항" if items else "", theirs) if part]
    english = [part for part in (f"{items} items" if items else "", theirs) if part]
    remark = Words(" · ".join(korean), " · ".join(english)) if korean else None
    return Cell(words=same(f"{score.value:.4f}"), remark=remark)


def earlier_runs(folder: Path, run: Run) -> tuple[Earlier, ...]:
    """The newest runs beside this one's folder that began before it and have scores.  Those that cannot be read go."""
    began = _began(run)
    found: list[tuple[str, Earlier]] = []
    for other in sorted(folder.resolve().parent.iterdir()):
        if other == folder.resolve() or not other.is_dir() or not any((other / s).is_dir() for s in STAGES):
            continue
        try:
            read = read_run(other)
        except NakoError:  # another run's broken file is that run's concern: its own report names it
            continue
        scored = [stage for stage in read.stages if stage.scores]
        if scored and (not began or _began(read) < began):
            found.append((_began(read), Earlier(name=read.name, stage=scored[-1])))
    return tuple(earlier for _, earlier in sorted(found, key=lambda pair: pair[0], reverse=True)[:MOST_RUNS])


def _began(run: Run) -> str:
    return min((text(stage.origin, "started") for stage in run.stages if stage.origin), default="")


def earlier(run: Run, others: Sequence[Earlier]) -> list[Block]:
    """A column for this run's last scored stage, and one for each earlier run's."""
    scored = [stage for stage in run.stages if stage.scores]
    if not scored or not others:
        return []
    last = scored[-1]
    columns = [last.scores, *(other.stage.scores for other in others)]
    names = [f"{run.name} {last.label}", *(f"{other.name} {other.stage.label}" for other in others)]
    wanted = {id(score) for score in most_important_first(last)[:MOST_SCORES]}
    rows = [
        (Cell(words=score.label), *_compared([column.get(key) for column in columns]))
        for key, score in last.scores.items()
        if id(score) in wanted and any(_measures_alike(score, column.get(key)) for column in columns[1:])
    ]
    if not rows:
        return []
    head = (Words("항목", "What"), *(same(name) for name in names))
    return [Table(head=head, rows=tuple(rows))]


def _measures_alike(score: Score, other: Score | None) -> bool:
    """Bits are compared where both say that they are of the same texts: runs hold out texts of their own."""
    known = "bit" not in score.unit or "sha256" in score.entry
    return known and other is not None and measured_what(other) == measured_what(score)


def _compared(scores: Sequence[Score | None]) -> list[Cell]:
    first = scores[0]
    assert first is not None
    alike = [score if _measures_alike(first, score) else None for score in scores]
    best = best_value([score for score in alike if score is not None])
    return [
        Cell(words=MISSING)
        if score is None or score.value is None
        else Cell(words=value_words(score.value, score.unit), best=score.value == best)
        for score in alike
    ]
