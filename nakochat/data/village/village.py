"""A seed and a number -> a text or an exercise of the village, of a kind drawn by weight.

Unlimited and random access: document 10 is the same whoever asks and whatever was made before.
"""

import bisect
import itertools
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from nakochat.data.village import (
    arithmetic,
    choices,
    counting,
    daily,
    descriptions,
    facts,
    follow_ups,
    lists,
    memory,
    particles,
    persona,
    questions,
    records,
    remarks,
    smalltalk,
    stories,
    unknowns,
    weaving,
)
from nakochat.data.village.renaming import ASSISTANT, renamed
from nakochat.data.village.scene import Exercise, Scene, Split

T = TypeVar("T")

TEXT_MODULES = (stories, daily, descriptions, weaving, particles, records, lists, facts)
EXERCISE_MODULES = (
    questions,
    follow_ups,
    memory,
    unknowns,
    arithmetic,
    counting,
    lists,
    choices,
    smalltalk,
    remarks,
    persona,
)
TEXTS: dict[str, Callable[[Scene], str]] = {k: f for module in TEXT_MODULES for k, f in module.TEXTS.items()}
EXERCISES: dict[str, Callable[[Scene], Exercise]] = {
    k: f for module in EXERCISE_MODULES for k, f in module.EXERCISES.items()
}
# Share of documents by kind, relative; 1 where nothing is said.
TEXT_WEIGHTS: dict[str, float] = {
    **dict.fromkeys(stories.TEXTS, 2.0),
    **dict.fromkeys(descriptions.TEXTS, 3.0),
    **{
        "diary": 2.0,
        "causes": 2.0,
        "talk": 2.0,
        "letter": 1.0,
        "cooking": 1.0,
        "chores": 1.0,
        "planting": 1.0,
    },
    **{"everyday": 15.0, "particles": 50.0, "record": 30.0, "order": 3.0, "group": 8.0, "reading": 5.0},
    **dict.fromkeys(facts.TEXTS, 16.0),
}
EXERCISE_WEIGHTS: dict[str, float] = {
    **{
        "question": 14.0,
        "inverse": 1.0,
        "yes_or_no": 1.0,
        "either": 1.0,
        "two_questions": 1.0,
        "follow_up": 4.5,
    },
    **{"recall": 3.5, "given": 3.5, "unknown": 8.0, "known_among_unknown": 1.5},
    **{"sum": 5.0, "story_problem": 12.0},
    **{"syllables": 5.5, "finals": 5.5, "jamo": 0.7, "spell": 2.0, "last": 0.5, "first": 0.5},
    **{"choice": 20.0, "sequence": 1.0},
    **{"persona": 6.0, "feelings": 5.0, "small_talk": 12.0, "greeting": 2.5, "how_to": 1.0, "cannot": 1.0},
    **{"remark": 3.0, "aside": 1.0},
}
# Share of conversations that hold one, two and three exercises: people change the subject
TALK_LENGTHS = (0.72, 0.2, 0.08)


class Village:
    """All documents of one seed.  name: what the model is called in the conversations."""

    def __init__(self, seed: int = 0, name: str = ASSISTANT) -> None:
        self.seed, self.name = seed, name

    def text(self, number: int, *, split: Split = "train", masked: bool = False) -> str:
        """Text number `number`.  masked gives its skeleton (scene.py)."""
        kind = _draw(TEXTS, TEXT_WEIGHTS, random.Random(f"{self.seed}/{split}/text/{number}").random())
        return TEXTS[kind](Scene(kind, number, self.seed, split, masked))

    def exercise(
        self, number: int, *, kind: str | None = None, split: Split = "train", masked: bool = False
    ) -> Exercise:
        """Exercise number `number` of one kind; without a kind, a conversation of one to three exercises of any kinds."""
        if kind is not None:
            return self._named(kind, Scene(kind, number, self.seed, split, masked))
        rng = random.Random(f"{self.seed}/{split}/exercise/{number}")
        parts = []
        for turn in range(rng.choices((1, 2, 3), TALK_LENGTHS)[0]):
            drawn = _draw(EXERCISES, EXERCISE_WEIGHTS, rng.random())
            parts.append(self._named(drawn, Scene(drawn, number * 4 + turn, self.seed, split, masked)))
        return Exercise(tuple(message for part in parts for message in part.messages), parts[-1].expected)

    def _named(self, kind: str, scene: Scene) -> Exercise:
        if self.name == ASSISTANT:
            return EXERCISES[kind](scene)
        exercise = persona.of_another(scene) if kind == "persona" else EXERCISES[kind](scene)
        return Exercise(renamed(exercise.messages, self.name), exercise.expected)


def _draw(kinds: Mapping[str, T], weights: Mapping[str, float], place: float) -> str:
    """The kind at a place in [0, 1) of all the weights."""
    names = list(kinds)
    totals = list(itertools.accumulate(weights.get(name, 1.0) for name in names))
    return names[bisect.bisect_right(totals, place * totals[-1])]
