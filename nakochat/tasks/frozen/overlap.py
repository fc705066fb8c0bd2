"""Frozen items and training text -> the runs of eight syllables that both hold.

Eight Hangul syllables in a row are about three words: long enough that sharing them means the wording was seen.
Spaces, punctuation, digits and Latin letters are dropped before comparing, so that other spacing or other numbers do
not hide a shared wording.  A line's end stays a border: an item's options are names, each on its own line.
"""

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from nakochat.tasks.frozen import FrozenItem

LENGTH = 8
_DROPPED = re.compile(r"[^가-힣\n]+")


def shared_runs(
    items: Iterable[FrozenItem], training_text: str, allowed: Iterable[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Item id -> its runs that the training text holds, in their order; only items that share one are named.

    allowed: names (of the facts' subjects and values) that both may say; a run wholly inside one does not count.
    The time is linear in the text, and only the items' runs are held in memory, so text may also come in pieces.
    """
    innocent = {run for name in allowed for run in _runs(_hangul(name))}
    wanted = {item.id: [run for run in _runs(_hangul(item.prompt)) if run not in innocent] for item in items}
    found = {run for runs in wanted.values() for run in runs}.intersection(_runs(_hangul(training_text)))
    return {
        name: shared
        for name, runs in wanted.items()
        if (shared := tuple(dict.fromkeys(run for run in runs if run in found)))
    }


def _hangul(text: str) -> str:
    """Syllables and line ends only; NFC first, since decomposed Hangul would vanish unseen."""
    return _DROPPED.sub("", normalize("NFC", text))


def _runs(text: str) -> Iterator[str]:
    """Every eight syllables in a row within a line."""
    for line in text.split("\n"):
        for start in range(len(line) - LENGTH + 1):
            yield line[start : start + LENGTH]
