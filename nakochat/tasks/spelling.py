"""Nothing -> questions of how words are spelt, answered in a sentence; nothing to download.

A syllable's letters, a word's initials (초성), a word backwards, its last syllable: what a model that sees tokens has
to learn about the letters inside them.  A word or syllable that evaluation asks about never comes in training.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nakochat.data.village import nouns
from nakochat.data.village.scene import fill
from nakochat.tasks.benchmark import Benchmark, Item, Question
from nakochat.tasks.jamo import INITIALS, kept_from_training, split
from nakochat.tasks.task import Label
from nakochat.text.conversation import assistant, user

SEED = 20261128


def _initials(word: str) -> str:
    return "".join(INITIALS[(ord(syllable) - 0xAC00) // 588] for syllable in word)


def _letters(syllable: str) -> str:
    return " ".join(split(syllable))


def _backwards(word: str) -> str:
    return word[::-1]


def _last(word: str) -> str:
    return word[-1]


@dataclass(frozen=True)
class _Kind:
    """What is asked of a word, or of a syllable.  asks, answer: {subject} and {spelling} in quotation marks."""

    name: str
    asks: tuple[str, ...]
    answer: str
    spell: Callable[[str], str]
    of_syllables: bool = False


_KINDS = (
    _Kind("initials", ("{subject}의 초성은 뭐예요?", "{subject}의 초성을 알려 주세요."),
          "{subject:은} 초성이 {spelling:이에요}.", _initials),
    _Kind("letters", ("{subject}에 들어 있는 자모를 써 주세요.", "{subject:을} 자모로 풀어 쓰면요?"),
          "{subject:은} {spelling:이에요}.", _letters, of_syllables=True),
    _Kind("backwards", ("{subject:을} 거꾸로 쓰면 뭐예요?", "{subject:을} 뒤집어 써 주세요."),
          "{subject:을} 거꾸로 쓰면 {spelling:이에요}.", _backwards),
    _Kind("last", ("{subject}의 마지막 글자는 뭐예요?", "{subject:은} 무슨 글자로 끝나요?"),
          "{subject:은} 끝 글자가 {spelling:이에요}.", _last),
)  # fmt: skip


def _words() -> list[str]:
    groups = [value for name, value in vars(nouns).items() if name.isupper() and isinstance(value, tuple)]
    listed = {str(word) for group in groups for word in group if isinstance(word, str)}
    return sorted(word for word in listed if 1 < len(word) < 6 and all("가" <= c <= "힣" for c in word))


def holds(answer: str, *, subject: str, expected: str) -> bool:
    """Whether what stands in quotation marks is the spelling and nothing else, or the spelling is all of the answer.

    The subject may be named.  An answer that lists several spellings has not chosen: RL would learn to list.
    """
    quoted = {text for text in re.findall("'([^']*)'", answer) if text != subject}
    return quoted == {expected} or answer.strip().rstrip(".") == expected


def _read(folder: Path | None, *, apart: bool) -> Sequence[Item]:
    """Every word or syllable of this side of the split once in every kind, in one of its wordings."""
    draw = random.Random(SEED)
    words = _words()
    syllables = sorted({syllable for word in words for syllable in word})
    found: list[Item] = []
    for kind in _KINDS:
        for subject in syllables if kind.of_syllables else words:
            spelling = kind.spell(subject)
            # 기러기 backwards is no question: who repeats the word would be right
            if kept_from_training(subject) == apart and spelling != subject:
                found.append(_question(kind, draw.choice(kind.asks), subject, spelling))
    return found


def _question(kind: _Kind, ask: str, subject: str, spelling: str) -> Question:
    slots = {"subject": f"'{subject}'", "spelling": f"'{spelling}'"}
    grade = partial(holds, subject=subject, expected=spelling)
    return Question((user(fill(ask, slots)),), grade, kind.name, assistant(fill(kind.answer, slots)))


read = partial(_read, apart=True)
read_train = partial(_read, apart=False)

BENCHMARKS = (
    Benchmark(
        name="spelling",
        label=Label("낱말의 글자", "letters of words"),
        read=read,
        train=read_train,
        suites=("korean",),
        max_tokens=32,
        words={"split": "about an eighth of the words and syllables is held out by a hash"},
    ),
)
