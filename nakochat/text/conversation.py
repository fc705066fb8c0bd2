"""A conversation -> token ids and which of them the assistant wrote.  (Types here; rendering below.)"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
PartKind = Literal["text", "python", "output"]


@dataclass(frozen=True)
class Part:
    """A piece of an assistant's message: its words, a call of the calculator, or what the calculator answered."""

    kind: PartKind
    text: str


@dataclass(frozen=True)
class Message:
    """One turn.  Only the assistant's content may hold tool parts."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """What a reader sees: the words, without tool calls."""
        return "".join(part.text for part in self.parts if part.kind == "text")


Conversation = tuple[Message, ...]


def user(text: str) -> Message:
    return Message("user", (Part("text", text),))


def assistant(*parts: str | Part) -> Message:
    return Message("assistant", tuple(Part("text", p) if isinstance(p, str) else p for p in parts))
