"""What RL left behind -> blocks: pass@k of every task before and after, and answers that turned right, or wrong."""

from collections.abc import Mapping, Sequence

from nakochat.core.rows import Row, as_list, as_row, number, text
from nakochat.reporting.document import Block, Cell, Paragraph, Table, Turns
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import MISSING, Words, count, same, shortened, task_words

MOST_SHOWN = 3  # of each kind of change, of one task
MOST_CHARACTERS = 300


def practice(run: Run) -> list[Block]:
    """Nothing where a run has no RL, or one that measured nothing on the way."""
    blocks: list[Block] = []
    for stage in run.stages:
        blocks += [*_passes(stage), *_changes(stage)]
    return blocks


def _passes(stage: Stage) -> list[Block]:
    """pass@k before the first step and after the last: a row for each task, a column for each k."""
    rows = [row for row in stage.metrics.checks if any(key.startswith("pass@") for key in row)]
    if not rows:
        return []
    first, last = rows[0], rows[-1]
    parts = [key.partition("/") for key in first if key.startswith("pass@")]
    ks, tasks = (list(dict.fromkeys(part[place] for part in parts)) for place in (0, 2))
    body = tuple(
        (Cell(words=task_words(task)), *(_before_and_after(first, last, f"{k}/{task}") for k in ks))
        for task in tasks
    )
    note = Words(
        f"{_step(first)}걸음과 {_step(last)}걸음에서 떼어 둔 물음마다 여러 번 대답하게 하여, k번 가운데 한 번이라도 "
        "맞힐 확률을 셌습니다. pass@1만 오르고 큰 k에서 그대로면 이미 할 줄 알던 것을 더 자주 하게 된 것입니다.",
        f"At steps {_step(first)} and {_step(last)} held-out prompts are answered several times; pass@k is the chance "
        "that one of k answers is right. Where pass@1 rises and a large k stays, the model does more often what it "
        "could do before.",
    )
    head = (Words("과제", "Task"), *map(same, ks))
    return [Table(head=head, rows=body), Paragraph(words=note)]


def _before_and_after(first: Row, last: Row, key: str) -> Cell:
    before, after = number(first, key), number(last, key)
    if before is None or after is None:
        return Cell(words=MISSING)
    return Cell(words=same(f"{100 * before:.1f} → {100 * after:.1f} %"), best=after > before)


def _step(row: Row) -> str:
    return f"{number(row, 'step') or 0:,.0f}"


def _changes(stage: Stage) -> list[Block]:
    """The likeliest answers before and after, counted by task; and some of those where being right changed."""
    entries = [as_row(entry) for entry in as_list(stage.changes.get("answers"))]
    by_task: dict[str, list[Row]] = {}
    for entry in entries:
        by_task.setdefault(text(entry, "task"), []).append(entry)
    if not entries:
        return []
    changed = [entry for entry in entries if _turned(entry) is not None]
    return [
        _counts(by_task),
        Paragraph(words=_EXAMPLES if changed else _NO_EXAMPLES),
        *(block for name, own in by_task.items() for block in _examples(name, own, alone=len(by_task) == 1)),
    ]


_COMPARED = Words(
    "떼어 둔 물음마다 RL 전과 후의 모델이 가장 그럴듯하다고 본 대답을 견주었습니다.",
    "On held-out prompts, the likeliest answers of the model before and after RL were compared.",
)
_EXAMPLES = Words(
    f"{_COMPARED.ko} 맞고 틀림이 바뀐 것 가운데 과제마다 처음 몇 개를 그대로 싣습니다.",
    f"{_COMPARED.en} Of those that turned right or wrong, the first few of each task stand as they came.",
)
_NO_EXAMPLES = Words(
    f"{_COMPARED.ko} 맞고 틀림이 바뀐 대답은 없습니다.", f"{_COMPARED.en} None turned right or wrong."
)


def _turned(entry: Row) -> bool | None:
    """True where the answer turned right, False where it turned wrong, None where neither."""
    before, after = bool(entry.get("right_before")), bool(entry.get("right_after"))
    return None if before == after else after


def _counts(by_task: Mapping[str, Sequence[Row]]) -> Table:
    head = (
        Words("과제", "Task"), Words("물음", "Prompts"), Words("전에 맞음", "Right before"),
        Words("후에 맞음", "Right after"), Words("맞게 바뀜", "Turned right"), Words("틀리게 바뀜", "Turned wrong"),
    )  # fmt: skip
    rows = []
    for name, entries in by_task.items():
        before, after = (sum(bool(e.get(key)) for e in entries) for key in ("right_before", "right_after"))
        turned = [_turned(entry) for entry in entries]
        counts = (len(entries), before, after, turned.count(True), turned.count(False))
        rows.append((Cell(words=task_words(name)), *(Cell(words=count(number)) for number in counts)))
    return Table(head=head, rows=tuple(rows))


def _examples(name: str, entries: Sequence[Row], *, alone: bool) -> list[Block]:
    """alone: the run has this one task, which then needs no heading."""
    shown = [entry for entry in entries if _turned(entry)][:MOST_SHOWN]
    shown += [entry for entry in entries if _turned(entry) is False][:MOST_SHOWN]
    blocks: list[Block] = [Paragraph(words=task_words(name))] if shown and not alone else []
    for entry in shown:
        right = _turned(entry)
        label = Words("후: 맞음", "after: right") if right else Words("후: 틀림", "after: wrong")
        before = (Words("전", "before"), shortened(text(entry, "before"), MOST_CHARACTERS))
        after = (label, shortened(text(entry, "after"), MOST_CHARACTERS))
        blocks.append(Turns(prompt=text(entry, "prompt"), replies=(before, after)))
    return blocks
