"""The tokens of one answer -> what is said: words, calls of the calculator, their results, log probabilities.

The engine has decided which text is certain.  Here each token's log probability joins the text that it stands for: a
token that ends inside a character comes with the one that completes it, and what a stop string took back takes its
tokens with it, so that the bytes of all entries are the bytes of the words.
"""

from collections import deque
from dataclasses import dataclass

from nakochat.inference.request import Finish
from nakochat.serving.engines.wire import WireToken
from nakochat.text.conversation import PartKind, part_opened_by
from nakochat.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Entry:
    """A token of the words with its log probability, and those of the likeliest in its place."""

    data: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...]


@dataclass(frozen=True)
class Delta:
    """Something new.  The last of an answer has `finish`."""

    kind: PartKind
    text: str
    finish: Finish | None = None
    entries: tuple[Entry, ...] = ()


class Transcript:
    """`push` every token of one answer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer, self._opens = tokenizer, part_opened_by(tokenizer)
        self.tokens = 0
        self._read = self._shown = 0  # bytes of this part
        self._begin_part()

    def push(self, token: WireToken) -> Delta:
        """What the token adds, often nothing but text."""
        self.tokens += 1
        is_special = token.id in self._tokenizer.special_ids
        if token.logprob is not None and not is_special and self._is_words():
            data = self._bytes(token.id)
            top = tuple((self._bytes(number), value) for number, value in token.top)
            self._read += len(data)
            self._pending.append((self._read, Entry(data, token.logprob, top)))
        entries = self._entries(len(token.text.encode()), token.finish)
        if is_special:
            self._begin_part()
            self._opened = token.id
        return Delta(token.kind, token.text, token.finish, entries)

    def _begin_part(self) -> None:
        self._opened = -1
        self._pending: deque[tuple[int, Entry]] = deque()  # with the byte of the part at which it ends
        self._read = self._shown = 0

    def _is_words(self) -> bool:
        return self._opened not in self._opens

    def _bytes(self, number: int) -> bytes:
        """A special token's are its name: it may stand among the likeliest."""
        special = number in self._tokenizer.special_ids
        return (
            (self._tokenizer.backend.id_to_token(number) or "").encode()
            if special
            else self._tokenizer.token_bytes[number]
        )

    def _entries(self, shown: int, finish: Finish | None) -> tuple[Entry, ...]:
        """Those whose text is shown by now; of the last that a stop string cut, the bytes before the cut."""
        self._shown += shown
        entries = []
        while self._pending and self._pending[0][0] <= self._shown:
            entries.append(self._pending.popleft()[1])
        if finish is not None and self._pending:
            end, entry = self._pending[0]
            kept = len(entry.data) - (end - self._shown)
            if kept > 0:
                entries.append(Entry(entry.data[:kept], entry.logprob, entry.top))
        return tuple(entries)
