"""Token ids, one at a time -> text that never ends inside a character.

A byte-level token may end in the middle of a syllable (three bytes in UTF-8).  The bytes go through Python's
incremental decoder, which holds them back until the character is whole.
"""

import codecs
from collections.abc import Sequence


class Detokeniser:
    """`push` gives the text that a token completes, possibly none.  An incomplete tail is dropped at the end."""

    def __init__(self, token_bytes: Sequence[bytes]) -> None:
        self._bytes = token_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token: int) -> str:
        return self._decoder.decode(self._bytes[token])
