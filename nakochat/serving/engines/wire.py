"""Messages between the front and an engine process <-> lines of JSON on one socket.

    front -> engine   load, drop, begin, cancel
    engine -> front   alive, loaded, unloadable, refused, tokens

Prompts are ids; the engine gives ids and the text that they make certain.  No pickle: what an engine process sends
cannot run code in the front, nor what the front sends in it.
"""

import json
import select
import socket
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nakochat.inference.request import Finish
from nakochat.text.conversation import PartKind

Message = dict[str, Any]
LONGEST_LINE = 64 * 2**20


class WireToken(NamedTuple):
    """One token of one answer: an engine's Token as it goes over the socket."""

    id: int
    finish: Finish | None = None
    """Set on an answer's last token; "error" where the model's numbers were none."""
    text: str = ""
    """What is certain of the answer's text by now."""
    kind: PartKind = "text"
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()
    """The likeliest tokens at this place with their log probabilities, as many as were asked for."""


def pack(message: Message) -> bytes:
    """The line of a message."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def pack_tokens(tokens: Iterable[tuple[int, WireToken]]) -> bytes:
    """The line of one step's tokens, each with the key of its answer."""
    return pack({"is": "tokens", "tokens": [(key, *token) for key, token in tokens]})


def unpack_tokens(message: Message) -> Iterator[tuple[int, WireToken]]:
    for key, number, finish, text, kind, logprob, top in message["tokens"]:
        yield key, WireToken(number, finish, text, kind, logprob, tuple((i, value) for i, value in top))


class EngineEnd:
    """The engine process's end of the socket, without threads: it is looked at between two steps."""

    def __init__(self, place: socket.socket) -> None:
        self._place = place
        self._rest = b""

    def send(self, line: bytes) -> None:
        """Waits where the front is slow.  OSError when it is gone."""
        self._place.sendall(line)

    def receive(self, patience: float) -> list[Message]:
        """What has come; waits for it up to `patience` seconds.  EOFError when the front is gone."""
        messages: list[Message] = []
        while select.select([self._place], [], [], 0 if messages else patience)[0]:
            data = self._place.recv(2**20)
            if not data:
                raise EOFError
            *lines, self._rest = (self._rest + data).split(b"\n")
            messages += map(json.loads, lines)
            if not lines:
                patience = max(patience, 0.05)  # half a line: the rest is on its way
        return messages
