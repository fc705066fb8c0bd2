"""A tokenizer -> which tokens may follow, so that what is generated is always UTF-8.

A token of bytes may begin or end inside a syllable, and a model that errs writes half of one: "�".  Eight states tell
which bytes are missing (RFC 3629, section 4: no overlong forms, no surrogates); a token that cannot follow is never
sampled.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nakochat.text.tokenizer import Tokenizer

WHOLE = 0  # the state between characters
_BROKEN = 8
# state -> (first and last byte that may follow, the state behind it)
_FOLLOWS: dict[int, tuple[tuple[int, int, int], ...]] = {
    WHOLE: (
        *((0x00, 0x7F, WHOLE), (0xC2, 0xDF, 1), (0xE0, 0xE0, 4), (0xE1, 0xEC, 2), (0xED, 0xED, 5)),
        *((0xEE, 0xEF, 2), (0xF0, 0xF0, 6), (0xF1, 0xF3, 3), (0xF4, 0xF4, 7)),
    ),
    1: ((0x80, 0xBF, WHOLE),),
    2: ((0x80, 0xBF, 1),),
    3: ((0x80, 0xBF, 2),),
    4: ((0xA0, 0xBF, 1),),
    5: ((0x80, 0x9F, 1),),
    6: ((0x90, 0xBF, 2),),
    7: ((0x80, 0x8F, 2),),
}


@dataclass(frozen=True)
class Utf8Table:
    """What every token does in every state."""

    allowed: NDArray[np.bool_]  # (8, V)
    after: NDArray[np.int8]  # (8, V): the state behind the token, where it is allowed


@lru_cache(maxsize=8)
def utf8_table(tokenizer: Tokenizer) -> Utf8Table:
    """The table of a tokenizer.  A token without bytes (a special one) only stands between characters."""
    steps = np.full((_BROKEN + 1, 256), _BROKEN, dtype=np.int8)
    for state, follows in _FOLLOWS.items():
        for first, last, after in follows:
            steps[state, first : last + 1] = after
    tokens = tokenizer.token_bytes
    lengths = np.array([len(data) for data in tokens])
    bytes_of = np.zeros((len(tokens), max(1, int(lengths.max()))), dtype=np.uint8)
    for index, data in enumerate(tokens):
        bytes_of[index, : len(data)] = np.frombuffer(data, dtype=np.uint8)
    states = np.repeat(np.arange(_BROKEN, dtype=np.int8)[:, None], len(tokens), axis=1)
    for place in range(bytes_of.shape[1]):
        states = np.where(place < lengths, steps[states, bytes_of[:, place]], states)
    allowed = (states != _BROKEN) & ((lengths > 0) | (np.arange(_BROKEN)[:, None] == WHOLE))
    return Utf8Table(allowed, states)
