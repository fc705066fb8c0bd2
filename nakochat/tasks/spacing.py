"""Nothing -> pairs of sentences of which one is spaced rightly (띄어쓰기); nothing to download.

A wrong one differs in one place: a particle stands apart from its noun, or two words stand together.  There are as many
of either, so that who prefers few tokens, or few blanks, gains nothing.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.tasks.benchmark import Benchmark, Item, shuffled
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
# nouns that the village does not teach: those it does it has shown with their particles
_PEOPLE = ("지훈", "서영", "민재", "예진", "종원", "재호", "은주", "동혁")
_FOODS = (
    "메밀전", "핫도그", "꽈배기", "팥빙수", "츄러스", "고로케", "와플", "마카롱", "녹두전", "육포", "한과", "닭강정",
)  # fmt: skip
_PLACES = ("캠핑장", "휴게소", "야시장", "분식집", "휴양림", "전망대", "대합실", "선착장", "썰매장")
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
    pairs: dict[tuple[str, str], None] = {}  # none twice
    while len(pairs) < ITEMS:
        words = _words(draw)
        wrong = _split(draw, words) if len(pairs) % 2 else _joined(draw, words)
        pairs[" ".join(words) + ".", " ".join(wrong) + "."] = None
    return [shuffled(draw, ("", right), ("", wrong)) for right, wrong in pairs]


def _words(draw: random.Random) -> list[str]:
    who, food, place = draw.choice(_PEOPLE), draw.choice(_FOODS), draw.choice(_PLACES)
    does = draw.choice(_DO).split()
    return [draw.choice(_WHEN), josa(who, "은"), f"{place}에서", josa(food, "을"), *does]


def _split(draw: random.Random, words: Sequence[str]) -> list[str]:
    """With the particle of one noun apart."""
    place = draw.choice([1, 2, 3])
    end = -2 if place == 2 else -1  # 에서
    return [*words[:place], words[place][:end], words[place][end:], *words[place + 1 :]]


def _joined(draw: random.Random, words: Sequence[str]) -> list[str]:
    """With two words together; never the last two, some of which may stand so (먹어봤어요)."""
    cut = draw.randrange(1, len(words) - 2)
    return [*words[:cut], words[cut] + words[cut + 1], *words[cut + 2 :]]


BENCHMARKS = (
    Benchmark(
        name="spacing", label=Label("띄어쓰기", "spacing of words"), read=read, suites=("korean",), chance=0.5
    ),
)
