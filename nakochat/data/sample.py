"""A corpus and a budget of tokens -> documents from everywhere in it, by chance that follows from their texts alone.

Every document has a place in [0, 1) (held_out.py), and those that stand lowest are taken: reading never ends before the
corpus does, whatever its documents are like, and a larger sample holds the smaller.
"""

import heapq
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nakochat.data.held_out import place
from nakochat.text.tokenizer import Tokenizer

PILOT = 500  # documents that tell how many tokens the corpus has
SLACK = 1.1  # more is tokenised than was estimated: reading the corpus once more takes longer
BATCH = 256  # documents tokenised at a time

Read = Callable[[], Iterator[str]]
"""Begins to read a corpus; every time the same documents in the same order."""
Drawn = tuple[float, int, NDArray[np.uint32]]
"""A document's place, its number in the corpus, and its ids."""


def sample(read: Read, tokenizer: Tokenizer, tokens: int, salt: str) -> Iterator[NDArray[np.uint32]]:
    """The ids, <|bos|> first, of the documents that stand lowest, as many as make `tokens` tokens; all of a smaller
    corpus.  They come in the order of the corpus.  Another salt gives other documents.
    """
    drawn: list[Drawn] = []
    low, high = 0.0, _estimated_share(read, tokenizer, tokens, salt)
    while True:
        drawn += _between(read, tokenizer, salt, low, high)
        made = sum(len(ids) for _, _, ids in drawn)
        if made >= tokens or high >= 1:
            break
        low, high = high, min(1.0, high * max(SLACK, SLACK * tokens / max(1, made)))
    for _, ids in sorted(_lowest(drawn, tokens), key=lambda numbered: numbered[0]):
        yield ids


def _estimated_share(read: Read, tokenizer: Tokenizer, tokens: int, salt: str) -> float:
    """The share of the corpus that a budget takes, by the tokens of those PILOT documents that stand lowest."""
    characters = 0
    pilot: list[tuple[float, int, str]] = []  # a heap of the lowest, the highest of them first
    for number, text in enumerate(read()):
        characters += len(text)
        standing = (-place(text, salt), number, text)
        if len(pilot) < PILOT:
            heapq.heappush(pilot, standing)
        else:
            heapq.heappushpop(pilot, standing)
    texts = [text for _, _, text in pilot]
    made = sum(len(ids) + 1 for ids in tokenizer.encode_batch(texts))
    available = made * characters / max(1, sum(map(len, texts)))
    return min(1.0, SLACK * tokens / max(1.0, available))


def _between(read: Read, tokenizer: Tokenizer, salt: str, low: float, high: float) -> Iterator[Drawn]:
    """The documents that stand from low to below high."""
    placed = ((place(text, salt), number, text) for number, text in enumerate(read()))
    standing = (one for one in placed if low <= one[0] < high)
    while group := list(islice(standing, BATCH)):
        encoded = tokenizer.encode_batch([text for _, _, text in group])
        for (at, number, _), ids in zip(group, encoded, strict=True):
            yield at, number, np.array([tokenizer.bos, *ids], dtype=np.uint32)


def _lowest(drawn: list[Drawn], tokens: int) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """(number, ids) of the documents that stand lowest, until there are `tokens` tokens."""
    made = 0
    for _, number, ids in sorted(drawn, key=lambda one: one[:2]):
        if made >= tokens:
            return
        yield number, ids
        made += len(ids)
