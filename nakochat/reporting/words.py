"""A figure or a stranger's text -> the words a reader of the report sees, in Korean and in English.

The HTML page holds both languages at once (the reader switches), so words travel as a pair until rendered.
"""

from dataclasses import dataclass

from nakochat.core.printable import printable as shown
from nakochat.tasks.catalogue import label_of

MISSING_SIGN = "–"


@dataclass(frozen=True)
class Words:
    """The same words in both languages."""

    ko: str
    en: str


def same(text: str) -> Words:
    """A text that reads alike in both languages (a name, a number, what the model wrote)."""
    return Words(text, text)


MISSING = same(MISSING_SIGN)
EMPTY = Words("(비어 있음)", "(empty)")


# kinds of text that tokenizers and models are measured on
DOMAINS = {
    "encyclopaedia": Words("백과사전", "encyclopaedia"), "law": Words("법", "law"),
    "reviews": Words("영화평", "reviews"), "chat": Words("대화", "chat"), "english": Words("영어", "English"),
    "code": Words("코드", "code"), "numbers": Words("숫자", "numbers"), "nfd": same("NFD"),
}  # fmt: skip


def task_words(name: str) -> Words:
    """What people call a task that RL practised; a name that is unknown here stands for itself."""
    label = label_of(name)
    return same(name) if label is None else Words(label.ko, label.en)


def printable(text: str) -> str:
    """What can be shown of a text, with U+FFFD where something was taken out."""
    return shown(text, mark="\ufffd")


def shortened(text: str, characters: int) -> str:
    """At most that many characters, with an ellipsis where something was cut."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def count(value: float | None) -> Words:
    return MISSING if value is None else same(f"{value:,.0f}")


def decimal(value: float | None, digits: int = 2) -> Words:
    return MISSING if value is None else same(f"{value:,.{digits}f}")


def percent(value: float | None) -> Words:
    """A share (0 … 1) in per cent."""
    return MISSING if value is None else same(f"{100 * value:.1f} %")


def duration(seconds: float | None) -> Words:
    """Seconds, in the two largest units that say something."""
    if seconds is None:
        return MISSING
    if round(seconds, 1) < 60:
        return Words(f"{seconds:.1f}초", f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return Words(f"{minutes}분 {rest}초", f"{minutes} min {rest} s")
    hours, minutes = divmod(minutes, 60)
    return Words(f"{hours:,}시간 {minutes}분", f"{hours:,} h {minutes} min")


def listed(parts: list[Words]) -> Words:
    return Words(", ".join(part.ko for part in parts), ", ".join(part.en for part in parts))
