"""Stages -> the table of scores: BASE | MID | SFT | RL, the best of each row marked."""

from collections.abc import Callable, Mapping, Sequence

from nakochat.core.rows import number
from nakochat.reporting.document import Cell, Paragraph, Section, Table
from nakochat.reporting.facts import STAGES, Run, Score, Stage
from nakochat.reporting.words import MISSING, MISSING_SIGN, Words, decimal, percent, same

# a label says already what bits are counted for, and "answers" what is counted: only what adds something
_UNITS = {
    "bits/byte": same(""),
    "bits/character": same(""),
    "answers": Words("답의 수", "answers"),
    "breaches": Words("곳의 수", "places"),
    "centred": Words("우연이 0", "chance is 0"),
}


def scores_section(run: Run) -> Section:
    by_stage = {stage.name: stage.scores for stage in run.stages}
    # dict.fromkeys: the order in which the evaluations first wrote them, not the alphabet
    keys = sorted(dict.fromkeys(key for scores in by_stage.values() for key in scores), key=_place(by_stage))
    if not keys:
        words = Words("아직 평가한 점수가 없습니다.", "Nothing has been evaluated yet.")
        return Section(name="scores", title=Words("점수", "Scores"), blocks=(Paragraph(words=words),))
    rows = tuple(row for key in keys for row in score_rows(key, by_stage))
    note = Words(
        "굵은 글씨가 가장 좋은 값이고, 작은 글씨는 95 % 신뢰 구간입니다. "
        f"‘찍으면’은 아무렇게나 골랐을 때의 값이고, ‘{MISSING_SIGN}’ 표시는 재지 않은 것입니다.",
        "The best value is bold; small print is the 95 % confidence interval. "
        f"“Chance” is what guessing scores; “{MISSING_SIGN}” was not measured.",
    )
    return Section(
        name="scores",
        title=Words("점수", "Scores"),
        blocks=(Table(head=score_head(), rows=rows), Paragraph(words=note), *_bits_note(keys)),
    )


def score_head() -> tuple[Words, ...]:
    return (
        Words("항목", "What"),
        *(same(name.upper()) for name in STAGES),
        Words("찍으면", "Chance"),
        Words("문항", "Items"),
    )


def most_important_first(stage: Stage) -> list[Score]:
    return [stage.scores[key] for key in sorted(stage.scores, key=_place({stage.name: stage.scores}))]


def _place(by_stage: Mapping[str, Mapping[str, Score]]) -> Callable[[str], int]:
    """What is right or wrong (in per cent) before what is counted, bits last: the order newcomers can use."""
    units = {key: score.unit for scores in by_stage.values() for key, score in scores.items()}
    return lambda key: 0 if units[key] == "accuracy" else 2 if "bit" in units[key] else 1


def _bits_note(keys: list[str]) -> tuple[Paragraph, ...]:
    if not any("bits_per_byte" in key for key in keys):
        return ()
    return (
        Paragraph(
            words=Words(
                "바이트당 비트는 토크나이저가 달라도 비교할 수 있지만 언어가 다르면 비교할 수 없습니다. "
                "한글 한 글자는 3바이트라서 영어보다 낮게 나옵니다. 글만이 아니라 대화를 배우는 단계부터는 "
                "처음 보는 글에서 조금 높아질 수 있습니다.",
                "Bits per byte compare across tokenizers, not across languages: a Hangul syllable takes "
                "three bytes, so Korean looks lower than English. Stages that learn conversations may end a "
                "little higher on plain text than the one before.",
            )
        ),
    )


def alike(scores: Sequence[Score | None]) -> list[list[Score | None]]:
    """Scores of one name -> a list of the same length for each thing that was measured, with the others left out.

    CORE of 18 parts is not that of 2, a development split not the test split, a text not another of its name.
    """
    what = {id(score): measured_what(score) for score in scores if score is not None}
    return [
        [score if score is not None and what[id(score)] == kind else None for score in scores]
        for kind in dict.fromkeys(what.values())
    ]


def measured_what(score: Score) -> tuple[str, ...]:
    return (score.unit, *(str(score.entry.get(key)) for key in ("parts", "split", "sha256")))


def score_rows(key: str, by_stage: Mapping[str, Mapping[str, Score]]) -> list[tuple[Cell, ...]]:
    """A score of every stage: one row, and more where stages were measured on other things."""
    return [_score_row(found) for found in alike([by_stage.get(name, {}).get(key) for name in STAGES])]


def _score_row(found: Sequence[Score | None]) -> tuple[Cell, ...]:
    """The best marked, with chance and the number of items."""
    measured = [score for score in found if score is not None]
    best = best_value(measured)
    first = measured[0]
    chance = next((score.chance for score in measured if score.chance is not None), None)
    return (
        Cell(words=first.label, remark=_direction(first)),
        *(_cell(score, best) for score in found),
        Cell(words=MISSING if chance is None else value_words(chance, first.unit)),
        Cell(words=_items(measured), remark=_cut(measured)),
    )


def best_value(measured: list[Score]) -> float | None:
    """The best of values that differ; None where there are none such, or the direction is unknown."""
    values = [score.value for score in measured if score.value is not None]
    if len(set(values)) < 2 or measured[0].better not in ("higher", "lower"):
        return None
    return max(values) if measured[0].better == "higher" else min(values)


def _cell(score: Score | None, best: float | None) -> Cell:
    if score is None or score.value is None:
        return Cell(words=MISSING)
    remark = None
    if score.interval is not None:
        low, high = (value_words(bound, score.unit).ko.removesuffix(" %") for bound in score.interval)
        remark = same(f"{low} – {high}")
    return Cell(words=value_words(score.value, score.unit), best=score.value == best, remark=remark)


def value_words(value: float, unit: str) -> Words:
    """A score as it is read: shares in per cent, everything else with three decimals unless it is whole."""
    if unit == "accuracy":
        return percent(value)
    return decimal(value, 0 if value == int(value) and "bit" not in unit else 3)


def _direction(score: Score) -> Words | None:
    """What the number counts, for scores that are not plain shares of right answers."""
    if score.unit == "accuracy" and score.better == "higher":
        return None
    lower = score.better == "lower"
    unit = same("") if score.unit == "accuracy" else _UNITS.get(score.unit, same(score.unit))
    korean = [part for part in (unit.ko, "낮을수록 좋음" if lower else "") if part]
    english = [part for part in (unit.en, "lower is better" if lower else "") if part]
    return Words(", ".join(korean), ", ".join(english)) if korean else None


def _cut(measured: list[Score]) -> Words | None:
    """Items whose beginning did not fit the model's context: their scores say less."""
    most = max((number(score.entry, "cut") or 0 for score in measured), default=0)
    return Words(f"앞이 잘림 {most:,.0f}", f"{most:,.0f} cut") if most else None


def items_of(score: Score) -> str:
    """How many items a score is of; where some were left out, of how many."""
    of = number(score.entry, "of")
    return f"{score.items or 0:,}" + (f"/{of:,.0f}" if of else "")


def _items(measured: list[Score]) -> Words:
    counts = list(dict.fromkeys(items_of(score) for score in measured if score.items is not None))
    return same(" / ".join(counts)) if counts else MISSING
