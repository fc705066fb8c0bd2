"""What RL left behind -> blocks: pass@k of every task on the way, and answers that turned right, or wrong."""

from nakochat.core.rows import Row, as_list, as_row, number, text
from nakochat.reporting.document import Block, Cell, Paragraph, Table, Turns
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import Words, percent, same, shortened

MOST_SHOWN = 4  # of each kind of change
MOST_CHARACTERS = 300


def practice(run: Run) -> list[Block]:
    """Nothing where a run has no RL, or one that measured nothing on the way."""
    blocks: list[Block] = []
    for stage in run.stages:
        blocks += [*_passes(stage), *_changes(stage)]
    return blocks


def _passes(stage: Stage) -> list[Block]:
    """pass@k before the first step and after the last."""
    rows = [row for row in stage.metrics.checks if any(key.startswith("pass@") for key in row)]
    if not rows:
        return []
    first, last = rows[0], rows[-1]
    keys = [key for key in first if key.startswith("pass@")]
    head = (
        Words("과제", "Task"),
        same("pass@k"),
        Words(f"{_step(first)}스텝", f"step {_step(first)}"),
        Words(f"{_step(last)}스텝", f"step {_step(last)}"),
    )
    body = []
    for key in keys:
        k, _, task = key.removeprefix("pass@").partition("/")
        values = [number(row, key) for row in (first, last)]
        better = values[0] is not None and values[1] is not None and values[1] > values[0]
        body.append(
            (
                Cell(words=same(task)),
                Cell(words=same(k)),
                Cell(words=percent(values[0])),
                Cell(words=percent(values[1]), best=better),
            )
        )
    note = Words(
        "떼어 둔 물음마다 여러 번 대답하게 하여, k번 가운데 한 번이라도 맞힐 확률을 셌습니다. pass@1만 "
        "오르고 큰 k에서 그대로면 "
        "이미 할 줄 알던 것을 더 자주 하게 된 것입니다.",
        "Held-out prompts are answered several times; pass@k is the chance that one of k answers is "
        "right. Where pass@1 "
        "rises and a large k stays, the model does more often what it could do before.",
    )
    return [Table(head=head, rows=tuple(body)), Paragraph(words=note)]


def _step(row: Row) -> str:
    return f"{number(row, 'step') or 0:,.0f}"


def _changes(stage: Stage) -> list[Block]:
    """The likeliest answers before and after, of prompts where being right changed."""
    entries = [as_row(entry) for entry in as_list(stage.changes.get("answers"))]
    if not entries:
        return []
    gained = [entry for entry in entries if not entry.get("right_before") and entry.get("right_after")]
    lost = [entry for entry in entries if entry.get("right_before") and not entry.get("right_after")]
    total = len(entries)
    blocks: list[Block] = [
        Paragraph(
            words=Words(
                f"RL 앞뒤의 가장 그럴듯한 대답 {total:,}개 가운데 {len(gained):,}개가 맞게 바뀌었고 "
                f"{len(lost):,}개가 틀리게 "
                "바뀌었습니다. 처음 몇 개를 그대로 싣습니다.",
                f"Of {total:,} likeliest answers before and after RL, {len(gained):,} turned right and "
                f"{len(lost):,} turned "
                "wrong. The first few of each stand as they came.",
            )
        )
    ]
    for entry in [*gained[:MOST_SHOWN], *lost[:MOST_SHOWN]]:
        turned = (
            Words("뒤: 맞음", "after: right") if entry in gained else Words("뒤: 틀림", "after: wrong"),
            shortened(text(entry, "after"), MOST_CHARACTERS),
        )
        before = (Words("앞", "before"), shortened(text(entry, "before"), MOST_CHARACTERS))
        blocks.append(Turns(prompt=text(entry, "prompt"), replies=(before, turned)))
    return blocks
