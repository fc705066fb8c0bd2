"""A seed and a number -> one document's own randomness, its sentences, and what it may say.

Every document of the village is made by a function `document(scene)`.  The scene draws (pick, chance, number), fills
templates (say) and tells whether a combination belongs to this side of the split (allows), so that one function serves
training and evaluation: training never shows a combination whose hash says "held out", evaluation shows only those.

A template is plain Korean with slots; a slot's format is a particle for a Noun and an ending for a Verb:

    scene.say("{who:은} {place:에서} {thing:을} {act:었어요}.", who=Noun("별이"), place=Noun("장터"), ...)

With masked=True the same draws give the sentence's skeleton: content words become ○ and ▽, particles their canonical
form.  That is how the number of skeletons is counted.
"""

import hashlib
import random
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeVar

from nakochat.core.josa import Noun, canonical, josa
from nakochat.data.village.conjugation import Verb
from nakochat.text.conversation import Conversation

T = TypeVar("T")
Split = Literal["train", "test"]
HELD_OUT_SHARE = 16  # one combination in 16 is held out


@dataclass(frozen=True)
class Expected:
    """What a right last answer holds.  A field that is None is not asked for.

    accept   the answer contains one of these (as whole words, particles may follow)
    reject   and none of these
    number   the last number that it names
    option   the number of the chosen option
    unknown  True: it says that it does not know;  False: it does not say so
    """

    accept: tuple[str, ...] | None = None
    reject: tuple[str, ...] = ()
    number: str | None = None
    option: int | None = None
    unknown: bool | None = None


def unlike(right: str, options: Iterable[str]) -> tuple[str, ...]:
    """The options to reject beside the right one: who repeats them all has not chosen.

    One that the right option holds (배 in 배추) is not looked for: it would be found in the right answer.
    """
    return tuple(option for option in options if option not in right)


@dataclass(frozen=True)
class Exercise:
    """A conversation that ends with a right answer, and what any right answer holds."""

    messages: Conversation
    expected: Expected


@lru_cache(maxsize=4096)
def _parse(template: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((literal, name, spec or "") for literal, name, spec, _ in string.Formatter().parse(template))


def fill(template: str, slots: dict[str, Any], masked: bool = False) -> str:
    """The template with its slots filled.  A plain str slot stays as it is (a sentence already made)."""
    pieces = []
    for literal, name, ending in _parse(template):
        pieces.append(literal)
        if name is None:
            continue
        value = slots[name]
        if masked and isinstance(value, Verb):
            pieces.append("▽" + ending)
        elif masked and isinstance(value, (Noun, int)):
            pieces.append("○" + canonical(ending))
        elif isinstance(value, Verb):
            pieces.append(format(value, ending))
        else:
            pieces.append(josa(str(value), ending) if ending else str(value))
    return "".join(pieces)


@dataclass
class Scene:
    """The randomness and the rules of one document.  `number` counts documents of one kind; the seed moves them all."""

    kind: str
    number: int
    seed: int = 0
    split: Split = "train"
    masked: bool = False
    rng: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}/{self.split}/{self.kind}/{self.number}")

    def pick(self, items: Sequence[T]) -> T:
        """One item, all equally likely."""
        return items[int(self.rng.random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Distinct items in random order."""
        return self.rng.sample(items, count)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def integer(self, least: int, most: int) -> int:
        """An integer between least and most, both included."""
        return least + int(self.rng.random() * (most - least + 1))

    def say(self, templates: str | Sequence[str], **slots: Any) -> str:
        """One of the templates, filled."""
        return fill(templates if isinstance(templates, str) else self.pick(templates), slots, self.masked)

    def allows(self, *combination: object) -> bool:
        """Whether this combination belongs to this scene's side of the split.  Independent of seed and number."""
        return held_out(*combination) == (self.split == "test")


@lru_cache(maxsize=1_000_000)
def held_out(*combination: object) -> bool:
    """Whether a combination is kept from training."""
    digest = hashlib.blake2b("\x1f".join(map(str, combination)).encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0
