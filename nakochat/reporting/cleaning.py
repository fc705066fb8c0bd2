"""What is recorded of prepared sets -> a block: what was read of each source, repaired, dropped and kept."""

from nakochat.core.rows import Row, as_row, number, text
from nakochat.data.chats.conversations import REASONS
from nakochat.data.cleaning.cleaner import DROPS, PERSONAL, REPAIRS, UNITS
from nakochat.reporting.document import Block, Cell, Table
from nakochat.reporting.facts import Run
from nakochat.reporting.words import MISSING, Words, count, same

_HELD_OUT = {"held_out": ("평가용으로 떼어 둠", "held out for evaluation")}
_REASONS = {**DROPS, **_HELD_OUT, **REPAIRS, **PERSONAL}
_DOCUMENTS = ("개", " documents")


def cleaning(run: Run) -> list[Block]:
    """Nothing where no stage learned from a prepared set."""
    rows = [
        _row(text(as_row(shard), "set"), name, as_row(counts), number(shard, "weight"))
        for shard in run.shards
        for name, counts in as_row(shard.get("counts")).items()
    ]
    if not rows:
        return []
    head = (
        Words("준비한 자료", "Prepared source"),
        Words("읽은 문서", "Documents read"),
        Words("남은 문서", "Kept"),
        Words("토큰", "Tokens"),
        Words("가중치", "Weight"),
        Words("버리고 고친 것", "Dropped and repaired"),
    )
    return [Table(head=head, rows=tuple(rows), figures=False)]


def _row(of: str, name: str, counts: Row, weight: float | None) -> tuple[Cell, ...]:
    found = [
        Words(
            f"{korean} {count(value).ko}{UNITS.get(key, _DOCUMENTS)[0]}",
            f"{english} {count(value).en}{UNITS.get(key, _DOCUMENTS)[1]}",
        )
        for key, (korean, english) in _REASONS.items()
        if (value := number(counts, key))
    ]
    words = (
        same(name if name == of else f"{of}: {name}"),
        *(count(number(counts, key)) for key in ("documents_in", "documents_out", "tokens")),
        _weight(weight),
        Words(", ".join(one.ko for one in found), ", ".join(one.en for one in found)) if found else MISSING,
    )
    return tuple(Cell(words=word) for word in words)


def _weight(weight: float | None) -> Words:
    return MISSING if weight is None else same(f"{weight:.3g}")


def chats_left_out(run: Run) -> list[Block]:
    """Of conversations of one's own: how many were learned from, and why the others were not."""
    rows = [
        (
            Cell(words=same(text(shard, "stage").upper())),
            Cell(words=same(text(shard, "source"))),
            Cell(words=count(number(shard, "documents"))),
            Cell(words=_reasons(as_row(shard.get("left_out")))),
        )
        for shard in run.shards
        if "left_out" in shard
    ]
    head = (
        Words("단계", "Stage"),
        Words("내 대화", "Conversations of one's own"),
        Words("배운 것", "Learned from"),
        Words("뺀 것", "Left out"),
    )
    return [Table(head=head, rows=tuple(rows), figures=False)] if rows else []


def _reasons(left_out: Row) -> Words:
    found = [
        (words, count(value))
        for reason, words in REASONS.items()
        if (value := number(left_out, reason)) is not None
    ]
    if not found:
        return MISSING
    return Words(
        ", ".join(f"{korean} {value.ko}개" for (korean, _), value in found),
        ", ".join(f"{english} {value.en}" for (_, english), value in found),
    )
