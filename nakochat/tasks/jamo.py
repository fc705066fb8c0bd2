"""Nothing -> questions of the letters (jamo) that a syllable is made of; nothing to download.

Syllables are asked whose letters no task teaches (spelling.py).
"""

import itertools
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from nakochat.data.village.scene import held_out
from nakochat.tasks.benchmark import Benchmark, Choice, Item
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# what real text is made of: rare letters would test the tokenizer's rare bytes only
_COMMON = ("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅌㅍㅎ", "ㅏㅐㅓㅔㅕㅗㅛㅜㅡㅣ", "ㄱㄴㄹㅁㅂㅅㅇ")


def split(syllable: str) -> str:
    """한 -> ㅎㅏㄴ"""
    place = ord(syllable) - 0xAC00
    letters = INITIALS[place // 588] + VOWELS[place // 28 % 21] + FINALS[place % 28]
    return letters.strip()


def join(letters: str) -> str:
    """ㅎㅏㄴ -> 한"""
    initial, vowel, final = list(letters.ljust(3))
    return chr(0xAC00 + INITIALS.index(initial) * 588 + VOWELS.index(vowel) * 28 + FINALS.index(final))


def kept_from_training(spelt: str) -> bool:
    """Whether the letters of this word or syllable are asked in evaluation and never taught: one in eight."""
    return held_out("spelling", spelt) or held_out("spelt", spelt)


def read(folder: Path | None) -> Sequence[Item]:
    """Every syllable at most once in every kind of question; the kinds in turn."""
    draw = random.Random(SEED)
    syllables = ["".join(letters) for letters in itertools.product(*_COMMON)]
    kept = [letters for letters in syllables if kept_from_training(join(letters))]
    rounds = zip(*(draw.sample(kept, ITEMS // len(_KINDS)) for _ in _KINDS), strict=True)
    return [
        _item(draw, kind, letters) for asked in rounds for kind, letters in zip(_KINDS, asked, strict=True)
    ]


def _item(draw: random.Random, kind: tuple[str, Callable[[str], str]], letters: str) -> Choice:
    """A question with four answers, the right one at a place that is drawn."""
    question, answer = kind
    right = answer(letters)
    wrong: list[str] = []
    while len(wrong) < 3:
        # one letter other than the right one's: what is chosen by looks alone is chosen by chance
        place = draw.randrange(3)
        other = letters[:place] + draw.choice(_COMMON[place]) + letters[place + 1 :]
        if answer(other) not in (right, *wrong):
            wrong.append(answer(other))
    options = [right, *wrong]
    draw.shuffle(options)
    context = question.format(syllable=join(letters), letters=" ".join(letters))
    return Choice(tuple((context, f" {option}") for option in options), options.index(right))


_KINDS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("'{syllable}'의 첫소리는", lambda letters: letters[0]),
    ("'{syllable}'의 가운뎃소리는", lambda letters: letters[1]),
    ("'{syllable}'의 받침은", lambda letters: letters[2]),
    ("'{syllable}'을 자모로 풀어 쓰면", lambda letters: " ".join(letters)),
    ("자모 {letters}을 모아 쓰면", join),
)

BENCHMARKS = (
    Benchmark(name="jamo", label=Label("자모", "letters of a syllable"), read=read, suites=("korean",), chance=0.25,
              measure="mean"),
)  # fmt: skip
