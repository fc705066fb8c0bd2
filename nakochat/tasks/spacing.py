"""Nothing -> pairs of sentences of which one is spaced rightly (띄어쓰기); nothing to download.

A wrong one differs in one place: a particle stands apart from its noun, or two words stand together.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.data.village.nouns import FIRST_NAMES, FOODS, OUTDOOR_PLACES
from nakochat.tasks.benchmark import Benchmark, Choice, Item
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
_WHEN = ("어제", "오늘", "아침에", "점심에", "저녁에", "주말에", "지난달에", "봄에")
_DO = (
    "나누어 먹었어요",
    "맛있게 먹었어요",
    "천천히 먹었어요",
    "조금 남겼어요",
    "많이 샀어요",
    "처음 먹어 봤어요",
)


def read(folder: Path | None) -> Sequence[Item]:
    draw = random.Random(SEED)
    found: dict[Item, None] = {}  # no pair twice
    while len(found) < ITEMS:
        who, food, place = draw.choice(FIRST_NAMES), draw.choice(FOODS), draw.choice(OUTDOOR_PLACES)
        words = [
            draw.choice(_WHEN),
            josa(who, "은"),
            f"{place}에서",
            josa(food, "을"),
            *draw.choice(_DO).split(),
        ]
        right = " ".join(words)
        if draw.random() < 0.5:
            place_of = draw.choice([1, 3])
            particle = len(words[place_of]) - 1
            words[place_of] = f"{words[place_of][:particle]} {words[place_of][particle:]}"
            wrong = " ".join(words)
        else:
            cut = draw.randrange(1, len(words) - 2)
            wrong = (
                " ".join(words[:cut]) + " " + words[cut] + words[cut + 1] + " " + " ".join(words[cut + 2 :])
            )
        found[Choice((("", right + "."), ("", wrong.strip() + ".")))] = None
    return list(found)


BENCHMARKS = (
    Benchmark(
        name="spacing", label=Label("띄어쓰기", "spacing of words"), read=read, suites=("korean",), chance=0.5
    ),
)
