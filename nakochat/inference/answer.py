"""The tokens of one request -> its answer so far: text, tool calls, whether it has ended."""

from collections.abc import Sequence

from torch import Tensor

from nakochat.inference.detokeniser import Detokeniser
from nakochat.inference.request import Finish, Request, Token
from nakochat.inference.sampling import Written
from nakochat.inference.stops import StopText
from nakochat.inference.tools import Calls, Tool
from nakochat.inference.utf8 import WHOLE, utf8_table
from nakochat.text.conversation import PartKind, part_opened_by
from nakochat.text.tokenizer import Tokenizer


class Answer:
    """Grows by `take`.  limit: most tokens, the prompt's among them."""

    def __init__(
        self, key: int, request: Request, limit: int, tokenizer: Tokenizer, tools: Sequence[Tool]
    ) -> None:
        self.key, self.request = key, request
        self.length = len(request.prompt)
        self.character = WHOLE
        """The UTF-8 state behind its last token: which bytes the last character still lacks (utf8.py)."""
        self.written: Written | None = None
        self._limit, self._tokenizer = limit, tokenizer
        self._after = utf8_table(tokenizer).after
        self._calls = Calls(tuple(tools), tokenizer)
        self._text = Detokeniser(tokenizer.token_bytes)
        self._stops = StopText(request.stop)
        self._kind: PartKind = "text"
        ends = request.stop_ids
        self._ends = frozenset(tokenizer.ends) if ends is None else ends
        self._opens = part_opened_by(tokenizer)

    def take(self, token: int, logs: Tensor | None) -> list[Token]:
        """A sampled token, and what a tool answers to it, as the tokens that go out.

        logs (V,): ln p of every token, where it is asked for.  A token of -1 ends the answer with an error.
        """
        if token < 0:
            return [Token(self.key, token, True, "error", self._stops.flush(), self._kind)]
        new = [self._one(token, True, logs)]
        forced = [] if new[0].finish else self._calls.push(token)
        while forced and not new[-1].finish:
            new.append(self._one(forced.pop(0), False, None))
        return new

    def _one(self, token: int, sampled: bool, logs: Tensor | None) -> Token:
        self.character = int(self._after[self.character, token])
        self.length += 1
        if self.written is not None:
            self.written.add(token)
        kind, text = self._kind, self._read(token)
        finish: Finish | None = None
        if self._stops.stopped or (sampled and token in self._ends):
            finish = "stop"
        elif self.length >= self._limit:
            finish = "length"
        if finish and not self._stops.stopped:
            text += self._stops.flush()  # what is left of a character is dropped, as in a whole answer
        logprob, top = (None, ()) if logs is None else _alternatives(logs, token, self.request.logprobs or 0)
        return Token(self.key, token, sampled, finish, text, kind, logprob, top)

    def _read(self, token: int) -> str:
        """The text that a token makes certain, of the part that it stands in or ends."""
        if token in self._tokenizer.special_ids:
            self._text = Detokeniser(self._tokenizer.token_bytes)
            self._kind = self._opens.get(token, "text")
            return self._stops.flush()  # no stop string reaches over a tool's call
        text = self._text.push(token)
        return self._stops.push(text) if self._kind == "text" else text


def _alternatives(logs: Tensor, token: int, count: int) -> tuple[float, tuple[tuple[int, float], ...]]:
    """ln p of a token and of the likeliest ones."""
    if not count:
        return float(logs[token]), ()
    best = logs.topk(count)
    return float(logs[token]), tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
