"""Stages' suites.json -> tables: public tests with chance and interval, and how well texts of each domain are read."""

from collections.abc import Mapping, Sequence

from nakochat.core.rows import as_row, number
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import STAGES, Run, Score
from nakochat.reporting.scores import alike, score_head, score_rows
from nakochat.reporting.words import MISSING, Words, same

_TEXTS = "texts/"
# what the parts of a summary stand behind
_SUMMARIES = ("core", "core_partial", "chatcore", "chatcore_partial")


def public_tests(run: Run) -> list[Block]:
    """CORE and ChatCORE first, then every test, then the 22 parts of CORE."""
    by_stage = {stage.name: stage.own_suites for stage in run.stages}
    keys = [key for key in _keys(by_stage) if not key.startswith(_TEXTS)]
    if not keys:
        return _left_out(run, texts=False)
    keys.sort(key=lambda key: 0 if key in _SUMMARIES else 2 if key.startswith("core/") else 1)
    blocks: list[Block] = [
        Table(head=score_head(), rows=tuple(row for key in keys for row in score_rows(key, by_stage))),
        Paragraph(words=_NOTE),
    ]
    if any(key.endswith("_partial") for key in keys):
        blocks.append(Paragraph(words=_PARTIAL))
    if any("split" in scores[key].entry for key in keys for scores in by_stage.values() if key in scores):
        blocks.append(Paragraph(words=_DEVELOPMENT))
    if any("of" in scores[key].entry for key in keys for scores in by_stage.values() if key in scores):
        blocks.append(Paragraph(words=_LIMITED))
    return [*blocks, *_pass_at(by_stage, keys), *_left_out(run, texts=False)]


_NOTE = Words(
    "CORE와 ChatCORE는 우연을 0, 만점을 1로 맞춘 점수의 평균입니다. 우연보다 못하면 0보다 작습니다.",
    "CORE and ChatCORE are means of scores centred so that chance is 0 and perfection 1; below chance "
    "they are negative.",
)
_PARTIAL = Words(
    "괄호 안은 있는 과제의 수입니다. 모두 있지 않으면 CORE나 ChatCORE가 아니고, 발표된 값과 견줄 수 없습니다.",
    "In brackets stands how many parts were there. With parts missing it is not CORE or ChatCORE, and compares with no "
    "published value.",
)

_DEVELOPMENT = Words(
    "‘개발용’은 시험용 자료가 없어 개발용 문항으로 잰 것이라, 다른 곳의 점수와 견줄 수 없습니다.",
    "“dev”: the test split was not there, so the development split was measured; it compares with no figure elsewhere.",
)

_LIMITED = Words(
    "문항이 ‘100/1,273’이면 1,273문항 가운데 100문항만 물은 것입니다.",
    "Items “100/1,273”: of 1,273, only 100 were asked.",
)


def _keys(by_stage: Mapping[str, Mapping[str, Score]]) -> list[str]:
    return list(dict.fromkeys(key for scores in by_stage.values() for key in scores))


def _pass_at(by_stage: Mapping[str, Mapping[str, Score]], keys: list[str]) -> list[Block]:
    """Where an item was tried several times: the chance that one of k tries passes."""
    rows = []
    for key in keys:
        for name, scores in by_stage.items():
            passes = as_row(scores[key].entry.get("pass_at")) if key in scores else {}
            if passes:
                shown = ", ".join(f"pass@{k} {100 * (number(passes, k) or 0):.1f} %" for k in passes)
                rows.append(
                    (Cell(words=scores[key].label), Cell(words=same(name.upper())), Cell(words=same(shown)))
                )
    head = (Words("여러 번 쓴 것", "Tried several times"), Words("단계", "Stage"), same("pass@k"))
    return [Table(head=head, rows=tuple(rows), figures=False)] if rows else []


def texts(run: Run) -> list[Block]:
    """Bits per byte of every domain by stage; in small print what else was measured."""
    by_stage = {stage.name: stage.own_suites for stage in run.stages}
    keys = [key for key in _keys(by_stage) if key.startswith(_TEXTS)]
    if not keys:
        return _left_out(run, texts=True)
    head = (
        Words("글", "Texts"),
        *(same(name.upper()) for name in STAGES),
        Words("바이트", "Bytes"),
        same("SHA-256"),
    )
    rows = [
        _text_row(found)
        for key in keys
        for found in alike([by_stage.get(name, {}).get(key) for name in STAGES])
    ]
    note = Words(
        "바이트당 비트이고 낮을수록 좋습니다. 작은 글씨는 글자당 비트, 토큰당 혼란도(perplexity), 맞힌 "
        "토큰의 비율이며, "
        "뒤의 둘은 토크나이저가 다르면 견줄 수 없습니다. 몇백 바이트짜리 견본의 값은 대강의 크기만 참고하세요.",
        "Bits per byte, lower is better. Small print: bits per character, perplexity per token, share of "
        "tokens that were "
        "the likeliest; the last two do not compare across tokenizers. Samples of a few hundred bytes "
        "show magnitudes only.",
    )
    return [Table(head=head, rows=tuple(rows)), Paragraph(words=note), *_left_out(run, texts=True)]


def _text_row(found: Sequence[Score | None]) -> tuple[Cell, ...]:
    first = next(score for score in found if score is not None)
    values = {score.value for score in found if score is not None and score.value is not None}
    best = min(values) if len(values) > 1 else None
    size = number(first.entry, "bytes")
    return (
        Cell(words=first.label),
        *(_text_cell(score, best) for score in found),
        Cell(words=MISSING if size is None else same(f"{size:,.0f}")),
        Cell(words=same(str(first.entry.get("sha256", ""))[:12])),
    )


def _left_out(run: Run, *, texts: bool) -> list[Block]:
    """Which stages have gone on since they were measured."""
    return [
        Paragraph(
            words=Words(
                f"{stage.label}의 값은 {stage.suites_step:,}걸음의 체크포인트에서 잰 것이라 싣지 않았습니다. "
                "그 뒤로 더 학습했으니 다시 재세요.",
                f"{stage.label}'s figures are of its checkpoint at step {stage.suites_step:,} and are left out: it has "
                "trained on since. Measure it again.",
            )
        )
        for stage in run.stages
        if not stage.own_suites and any(key.startswith(_TEXTS) == texts for key in stage.suites)
    ]


def _text_cell(score: Score | None, best: float | None) -> Cell:
    if score is None or score.value is None:
        return Cell(words=MISSING)
    per_character, perplexity, accuracy = (
        number(score.entry, key) for key in ("bits_per_character", "perplexity", "token_accuracy")
    )
    known = [
        f"{per_character:.2f}" if per_character is not None else "",
        f"{perplexity:,.1f}" if perplexity is not None else "",
        f"{100 * accuracy:.1f} %" if accuracy is not None else "",
    ]
    remark = same(" · ".join(part for part in known if part))
    return Cell(words=same(f"{score.value:.3f}"), best=score.value == best, remark=remark)
