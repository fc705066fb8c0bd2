"""Nothing -> questions of how words are spelt, answered in a sentence; nothing to download.

A syllable's letters, a word's initials (초성), a word backwards, a word put together from letters: what a model that
sees tokens has to learn about the letters inside them.  Words of evaluation never come in training.
"""

import random
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.data.village import nouns
from nakochat.data.village.scene import held_out
from nakochat.tasks.benchmark import Benchmark, Item, Question
from nakochat.tasks.jamo import INITIALS, split
from nakochat.tasks.task import Label
from nakochat.text.conversation import assistant, user

ITEMS = 1200
SEED = 20261128


def _initials(word: str) -> str:
    return "".join(INITIALS[(ord(syllable) - 0xAC00) // 588] for syllable in word)


def _letters(word: str) -> str:
    return " ".join(split(word[0]))


def _backwards(word: str) -> str:
    return word[::-1]


def _last(word: str) -> str:
    return word[-1]


# (what is asked, the answer's words before the spelling, what is right)
_KINDS: tuple[tuple[tuple[str, ...], str, Callable[[str], str]], ...] = (
    (("'{word}'의 초성은 뭐예요?", "'{word}'의 초성을 알려 주세요."), "{word_은} 초성이 ", _initials),
    (("'{first}'에 들어 있는 자모를 써 주세요.", "'{first}'을 자모로 풀어 쓰면요?"), "{first_은} ", _letters),
    (("'{word}'을 거꾸로 쓰면 뭐예요?", "'{word}'을 뒤집어 써 주세요."), "{word_을} 거꾸로 쓰면 ", _backwards),
    (("'{word}'의 마지막 글자는 뭐예요?", "'{word}'은 무슨 글자로 끝나요?"), "{word_은} 끝 글자가 ", _last),
)  # fmt: skip


@cache
def _words(apart: bool) -> tuple[str, ...]:
    groups = [value for name, value in vars(nouns).items() if name.isupper() and isinstance(value, tuple)]
    listed = {word for group in groups for word in group if isinstance(word, str)}
    plain = sorted(word for word in listed if 1 < len(word) < 6 and all("가" <= c <= "힣" for c in word))
    return tuple(word for word in plain if (held_out("spelling", word) or held_out("spelt", word)) == apart)


def holds(answer: str, *, expected: str) -> bool:
    """Whether the spelling stands in the answer between quotation marks, or is all of it."""
    return f"'{expected}'" in answer or answer.strip().rstrip(".") == expected


def _item(draw: random.Random, number: int, *, apart: bool) -> Question:
    word = draw.choice(_words(apart))
    asks, before, spell = _KINDS[number % len(_KINDS)]
    slots = {
        "word": word, "first": word[0], "word_은": josa(f"'{word}'", "은"), "word_을": josa(f"'{word}'", "을"),
        "first_은": josa(f"'{word[0]}'", "은"),
    }  # fmt: skip
    asked = draw.choice(asks)
    for particle in ("을", "은"):
        for name in ("word", "first"):
            asked = asked.replace(f"'{{{name}}}'{particle} ", josa(f"'{slots[name]}'", particle) + " ")
    expected = spell(word)
    answer = before.format(**slots) + josa(f"'{expected}'", "이에요") + "."
    grade = partial(holds, expected=expected)
    return Question((user(asked.format(**slots)),), grade, answer=assistant(answer))


def read(folder: Path | None) -> Sequence[Item]:
    draw = random.Random(SEED)
    return [_item(draw, number, apart=True) for number in range(ITEMS)]


def read_train(folder: Path | None, *, count: int = 20_000) -> Sequence[Item]:
    draw = random.Random(SEED + 1)
    return [_item(draw, number, apart=False) for number in range(count)]


BENCHMARKS = (
    Benchmark(
        name="spelling",
        label=Label("낱말의 글자", "letters of words"),
        read=read,
        train=read_train,
        suites=("korean",),
        max_tokens=32,
    ),
)
