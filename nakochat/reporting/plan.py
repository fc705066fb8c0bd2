"""What was predicted of each stage, what came, and whether its loss looked normal -> blocks."""

from nakochat.core.rows import Row, as_list, as_row, number, text
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import MISSING, Words, count, duration, same

_NORMAL = Words("정상", "normal")
_OFF = Words("살펴볼 것", "look at this")
_FIGURES = {
    "parameters": Words("매개변수", "parameters"),
    "tokens": Words("토큰", "tokens"),
    "flops": Words("FLOPs", "FLOPs"),
    "seconds": Words("시간", "time"),
    "memory_bytes": Words("학습의 메모리", "memory of training"),
}


def plan(run: Run) -> list[Block]:
    """A table of what `nako plan` would have said at each stage's beginning beside what came."""
    rows = [
        (Cell(words=Words(f"{stage.label} {words.ko}", f"{stage.label} {words.en}")), *_cells(stage, key))
        for stage in run.stages
        for key, words in _FIGURES.items()
        if number(as_row(stage.plan.get("actual")), key) is not None
    ]
    if not rows:
        return []
    head = (
        Words("항목", "What"),
        Words("예측", "Predicted"),
        Words("실제", "Actual"),
        Words("차이", "Off by"),
    )
    return [Table(head=head, rows=tuple(rows)), *_sources(run)]


def _cells(stage: Stage, key: str) -> tuple[Cell, ...]:
    predicted, actual = (number(as_row(stage.plan.get(name)), key) for name in ("predicted", "actual"))
    off = MISSING
    if predicted and actual is not None:
        off = same(f"{100 * (actual / predicted - 1):+.1f} %")
    return tuple(Cell(words=words) for words in (_figure(key, predicted), _figure(key, actual), off))


def _figure(key: str, value: float | None) -> Words:
    if value is None:
        return MISSING
    if key == "seconds":
        return duration(value)
    if key == "memory_bytes":
        return same(f"{value / 1e9:.2f} GB")
    return same(f"{value:.3e}") if key == "flops" else count(value)


def _sources(run: Run) -> list[Block]:
    """Where the predicted times come from."""
    found: dict[Words, None] = {}
    for stage in run.stages:
        source = text(_predicted(stage), "source")
        if source:  # plans of before say it in English alone
            found[Words(text(_predicted(stage), "source_ko") or source, source)] = None
    names = Words("; ".join(words.ko for words in found), "; ".join(words.en for words in found))
    words = Words(
        f"예측한 시간의 근거: {names.ko}. 실제 시간에는 중간 측정과 저장이 들어 있습니다.",
        f"The predicted time comes from: {names.en}. Actual time includes measuring and saving on the way.",
    )
    return [Paragraph(words=words)] if found else []


def _predicted(stage: Stage) -> Row:
    return as_row(stage.plan.get("predicted"))


def loss_watch(run: Run) -> list[Block]:
    """A row for everything that was looked at in a stage's loss."""
    rows = []
    for stage in run.stages:
        for finding in map(as_row, as_list(stage.watch.get("findings"))):
            verdict = _NORMAL if finding.get("normal") is True else _OFF
            words = Words(text(finding, "ko"), text(finding, "en"))
            rows.append((Cell(words=same(stage.label)), Cell(words=verdict), Cell(words=words)))
    if not rows:
        return []
    head = (Words("단계", "Stage"), Words("손실이", "The loss is"), Words("본 것", "What was seen"))
    return [Table(head=head, rows=tuple(rows), figures=False)]
