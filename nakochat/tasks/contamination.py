"""The village's test items, generated and hand-written -> the windows of letters that no training text should hold.

A text that shares such a window with an item has seen it, or what it was made from.  As is usual since GPT-3
(https://arxiv.org/abs/2005.14165, appendix C) a window is about a dozen words long; here it is counted in letters,
because Korean is written with and without spaces:

    24 letters, where at least half of an item is Hangul: about eight words;  else 48: about ten words of English
    an item that is shorter is looked for whole, from 16 letters on; still shorter ones ("하늘은 무슨 색이에요?") are
    found in innocent texts too, and are left out and counted

Windows begin at every eighth letter of an item, so that a shared run of 31 letters (55 in English) is found wherever it
begins, and a shorter one sometimes.  A window of more than ten items is the wording of the task, not of an item, and is
left out.  Looked for is what the user tells and asks, not the answer.

The public test sets (KoBEST, MMLU, …) are not looked for: which of them are downloaded differs between machines, and
shards that several machines prepare must not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nakochat.data.cleaning.cleaner import hangul_share
from nakochat.data.cleaning.ngrams import SHORTEST, NgramSet, letters_of
from nakochat.tasks.task import Task
from nakochat.tasks.village import TASKS

KOREAN, OTHER = 24, 48  # letters of a window
STRIDE = 8
COMMON = 10  # items


@dataclass(frozen=True, kw_only=True)
class UnseenItems:
    """What is looked for, and of how many different items."""

    windows: NgramSet
    items: int
    too_short: int
    """Items of fewer than SHORTEST letters, which are not looked for."""


def unseen_items(tasks: Iterable[Task] = TASKS) -> UnseenItems:
    """The windows of the tasks' items, to be given to CleanSettings(unseen=….windows)."""
    return unseen_texts(
        message.text
        for task in tasks
        for exercise in task.exercises()
        for message in exercise.messages
        if message.role == "user"
    )


def unseen_texts(texts: Iterable[str]) -> UnseenItems:
    """The windows of the texts of items, each counted once however often it comes."""
    items = {
        letters.tobytes(): (letters, hangul_share(text)) for text in texts if len(letters := letters_of(text))
    }
    long = [(letters, share) for letters, share in items.values() if len(letters) >= SHORTEST]
    counts = Counter(window for letters, share in long for window in set(_windows(letters, share)))
    wanted = (window for window, count in counts.items() if count <= COMMON)
    return UnseenItems(
        windows=NgramSet.of(np.frombuffer(window, dtype=np.uint32) for window in wanted),
        items=len(items),
        too_short=len(items) - len(long),
    )


def _windows(letters: NDArray[np.uint32], share: float) -> Iterator[bytes]:
    length = min(KOREAN if share >= 0.5 else OTHER, len(letters))
    last = len(letters) - length
    for start in {*range(0, last + 1, STRIDE), last}:
        yield letters[start : start + length].tobytes()
