"""What is recorded of prepared sets -> a block: what was read of each source, repaired, dropped and kept."""

from nakochat.core.rows import Row, as_row, number, text
from nakochat.data.chats.conversations import REASONS
from nakochat.data.cleaning.cleaner import DROPS, HELD_OUT, PERSONAL, REPAIRS, UNITS, UNREAD
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import Run
from nakochat.reporting.words import MISSING, Words, count, same

_REASONS = {**UNREAD, **DROPS, **HELD_OUT, **REPAIRS, **PERSONAL}
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


def unread_lines(run: Run) -> list[Block]:
    """Lines of the corpus that could not be read, by who had to do without them.  Of prepared sets see `cleaning`."""
    tokenizer = run.tokenizer.measures if run.tokenizer else {}
    found = [
        (Words("토크나이저", "the tokenizer"), number(tokenizer, "damaged_lines")),
        *((same(text(shard, "stage").upper()), number(shard, "damaged_lines")) for shard in run.shards),
    ]
    return [
        Paragraph(
            words=Words(
                f"{label.ko}: 말뭉치에서 읽을 수 없는 {count(lines).ko}줄을 건너뛰었습니다.",
                f"{count(lines).en} unreadable lines of the corpus were passed over for {label.en}.",
            )
        )
        for label, lines in found
        if lines
    ]


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
