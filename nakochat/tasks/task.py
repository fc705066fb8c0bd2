"""A task is conversations and a way to grade the last answer.  It serves training, evaluation and reward alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nakochat.data.village.scene import Exercise, Expected
from nakochat.tasks.grading import is_right


@dataclass(frozen=True)
class Label:
    """What people call it."""

    ko: str
    en: str


@dataclass(frozen=True)
class Task:
    """Held-out exercises under a name.  `grade` takes the answer's text and what was expected."""

    name: str
    label: Label
    exercises: Callable[[], Sequence[Exercise]]
    """Of a fixed length, in a fixed order; a generated one is made when it is first looked at."""
    grade: Callable[[str, Expected], bool] = is_right
    chance: float | None = None
    """What guessing gets."""
    better: str = "higher"
    max_tokens: int = 64
