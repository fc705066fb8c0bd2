"""A scene and sentence patterns -> sentences in one speech level, with choices made inside them.

A pattern is a template (scene.py) with two additions, so that one line stands for many sentences:

    <어제|그저께|>      one of these, drawn evenly (may be empty; no nesting)
    [살아요|산다]       the polite ending | the plain one, by the level of the document
    {go:었@}           @ is the polite 어요 or the plain 다: 갔어요, 갔다

Blanks that an empty choice leaves behind are dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nakochat.data.village.scene import Scene, fill

Patterns = str | Sequence[str]
Steps = tuple[tuple[str, ...], ...]
_LEFT_OUT = 0.45  # how often an optional step is
_UNSAID = 0.3  # how often a subject that is known is not said again


def steps(text: str) -> Steps:
    """A text of patterns, one a line, a blank line between steps -> the steps.

    A pattern that begins with ? is optional.
    """
    return tuple(tuple(step.strip().splitlines()) for step in text.strip().split("\n\n"))


@lru_cache(maxsize=16_384)
def _compiled(pattern: str, plain: bool) -> tuple[tuple[str, ...], ...]:
    """The pattern as alternating pieces: each a tuple of choices, one choice where it is fixed."""
    pieces: list[tuple[str, ...]] = []
    rest = levelled(pattern, plain)
    while "<" in rest:
        fixed, _, rest = rest.partition("<")
        choices, closed, rest = rest.partition(">")
        if not closed:
            raise ValueError(f"< without > in {pattern!r}")
        pieces.extend(((fixed,), tuple(choices.split("|"))))
    return (*pieces, (rest,))


def levelled(pattern: str, plain: bool) -> str:
    """The pattern with the endings of one level."""
    done, rest = "", pattern.replace("@", "다" if plain else "어요")
    while "[" in rest:
        fixed, _, rest = rest.partition("[")
        both, closed, rest = rest.partition("]")
        polite, bar, low = both.partition("|")
        if not (closed and bar):
            raise ValueError(f"[polite|plain] is not whole in {pattern!r}")
        done += fixed + (low if plain else polite)
    return done + rest


def chosen(scene: Scene, pattern: str, plain: bool = False) -> str:
    """The pattern as a template, its choices drawn."""
    pieces = _compiled(pattern, plain)
    if len(pieces) == 1:
        return pieces[0][0]
    template = "".join(piece[0] if len(piece) == 1 else scene.pick(piece) for piece in pieces)
    return template.replace("  ", " ").strip()


@dataclass
class Teller:
    """Tells sentences about a cast (the slots that every sentence may use) at one speech level."""

    scene: Scene
    cast: dict[str, Any] = field(default_factory=dict)
    plain: bool = False

    def tell(self, patterns: Patterns, **slots: Any) -> str:
        """One sentence from one of the patterns."""
        pattern = patterns if isinstance(patterns, str) else self.scene.pick(patterns)
        template = chosen(self.scene, pattern, self.plain)
        return fill(template, {**self.cast, **slots} if slots else self.cast, self.scene.masked)

    def tell_steps(self, steps: Steps, subject: str = "{hero:은} ") -> str:
        """One sentence from each step, in order.  A subject that is known is sometimes left out, as Korean does."""
        told: list[str] = []
        for step in steps:
            pattern = self.scene.pick(step)
            if pattern.startswith("?"):
                if self.scene.chance(_LEFT_OUT):
                    continue
                pattern = pattern[1:]
            if told and pattern.startswith(subject) and ", {" not in pattern and self.scene.chance(_UNSAID):
                pattern = pattern.removeprefix(subject)
            told.append(self.tell(pattern))
        return " ".join(told)

    def tell_some(self, steps: Steps, count: int, subject: str = "{x:은} ") -> str:
        """As tell_steps, from some of the steps in any order."""
        return self.tell_steps(tuple(self.scene.some(steps, min(count, len(steps)))), subject)
