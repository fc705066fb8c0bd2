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


@dataclass
class Teller:
    """Tells sentences about a cast (the slots that every sentence may use) at one speech level."""

    scene: Scene
    cast: dict[str, Any] = field(default_factory=dict)
    plain: bool = False

    def tell(self, patterns: Patterns, **slots: Any) -> str:
        """One sentence from one of the patterns."""
        scene = self.scene
        pattern = patterns if isinstance(patterns, str) else scene.pick(patterns)
        pieces = _compiled(pattern, self.plain)
        if len(pieces) > 1:
            template = "".join(piece[0] if len(piece) == 1 else scene.pick(piece) for piece in pieces)
            template = template.replace("  ", " ").strip()
        else:
            template = pieces[0][0]
        return fill(template, {**self.cast, **slots} if slots else self.cast, scene.masked)

    def tell_all(self, steps: Sequence[Patterns]) -> str:
        """One sentence from each step, as a paragraph."""
        return " ".join(self.tell(step) for step in steps)
