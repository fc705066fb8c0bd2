"""A request at the door -> let in with a ticket, or told when to come again.

Everything that waits is bounded: requests (those that are still read and tokenized among them), their tokens, the bytes
of their bodies (bodies.py), what one client may have at once.  What does not fit is refused at once, so that those who
were let in are served in time.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.serving.errors import BadRequest

REMEMBERED = 10_000  # clients
WRONG_KEYS = 20  # in a minute, from one address


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a server takes on.  ConfigError for values that make no sense."""

    most_waiting: int = 128
    """답하기 시작하지 않은 답의 최대 수. | Most answers that wait to begin."""
    most_waiting_tokens: int = 100_000
    """기다리는 프롬프트의 토큰을 모두 더한 최대 수. | Most prompt tokens that wait, all together."""
    per_client: int = 64
    """한 열쇠(열쇠가 없으면 한 주소)가 동시에 받을 수 있는 답의 최대 수. |
    Most answers at once for one key, or one address where there are no keys."""
    per_minute: int | None = None
    """한 열쇠(또는 주소)의 1분당 요청 수. | Requests a minute for one key (or address)."""
    patience: float = 60.0
    """답이 시작되기를 기다리는 최대 시간(초). | Seconds that a request waits for its answer to begin, at most."""

    def __post_init__(self) -> None:
        for name in ("most_waiting", "most_waiting_tokens", "per_client", "per_minute", "patience"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                flag = "--" + name.replace("_", "-")
                raise ConfigError(
                    say(f"{flag} {value}: 0보다 커야 합니다.", f"{flag} {value}: it has to be above 0.")
                )


class Rate:
    """So many a minute for each client, in a sliding window.  Forgets the clients that it has not seen for longest."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until the client may come again; 0 when it may now."""
        times = self._seen.get(client)
        if times is None:
            return 0.0
        now = self._clock()
        while times and times[0] <= now - 60:
            times.popleft()
        return 0.0 if len(times) < self._most else max(0.001, times[0] + 60 - now)

    def count(self, client: str) -> None:
        times = self._seen.setdefault(client, deque(maxlen=self._most))
        times.append(self._clock())
        self._seen.move_to_end(client)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


@dataclass
class Ticket:
    """What a request that was let in takes up until it is closed: one row while it is read, then all its answers."""

    door: "Door"
    client: str
    rows: int = 1
    tokens: int = 0
    """Of each row's prompt."""
    waiting: int = 1
    """Rows that have not begun."""

    def claim(self, rows: int, tokens: int) -> None:
        """The request was read: it asks for `rows` answers to a prompt of `tokens`.

        BadRequest (429) where they do not fit, and (400) where they never will.
        """
        self.door.grow(self, rows, tokens)
        self.rows = self.waiting = rows
        self.tokens = tokens

    def begun(self) -> None:
        """One row has its first token: its prompt waits no more."""
        if self.waiting:
            self.waiting -= 1
            self.door.leave_queue(1, self.tokens)
            self.door.note_begin()

    def close(self) -> None:
        """The request is over, however it ended.  Further calls do nothing."""
        self.door.leave_queue(self.waiting, self.waiting * self.tokens)
        self.door.leave(self.client, self.rows)
        self.waiting = self.rows = 0


class Door:
    """Counts what is inside."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.waiting = 0
        self.waiting_tokens = 0
        self.inside: dict[str, int] = {}
        self._rate = Rate(limits.per_minute, clock) if limits.per_minute else None
        self._begun: deque[float] = deque(maxlen=64)
        self._clock = clock

    def look(self, client: str) -> None:
        """Before a body is read.  BadRequest (429) where there is no room for even the smallest request."""
        if self._rate is not None:
            wait = self._rate.wait(client)
            if wait:
                raise _later("requests a minute", f"--per-minute {self.limits.per_minute}", wait)
            self._rate.count(client)
        self._check(client, 1, 1)

    def enter(self, client: str) -> Ticket:
        """A ticket for a request whose body is there.  BadRequest (429) where there is no room for one."""
        self._check(client, 1, 1)
        self._add(client, 1, 0)
        return Ticket(self, client)

    def grow(self, ticket: Ticket, rows: int, tokens: int) -> None:
        """Make room for what a ticket claims beside the row that it has."""
        most = min(self.limits.per_client, self.limits.most_waiting)
        if rows > most:
            raise BadRequest(
                say(
                    f"답은 한 번에 {most}개까지입니다: {rows}개를 청했습니다. prompt나 n을 줄이세요.",
                    f"at most {most} answers at once: this asks for {rows}. Send fewer prompts or a smaller n.",
                ),
                code="too_many_answers",
                param="n",
            )
        self._check(ticket.client, rows - ticket.rows, rows * tokens)
        self._add(ticket.client, rows - ticket.rows, rows * tokens)

    def _add(self, client: str, rows: int, tokens: int) -> None:
        self.waiting += rows
        self.waiting_tokens += tokens
        self.inside[client] = self.inside.get(client, 0) + rows

    def _check(self, client: str, rows: int, tokens: int) -> None:
        """Whether so many more rows, and tokens of all of them, fit."""
        limits = self.limits
        if self.inside.get(client, 0) + rows > limits.per_client:
            raise _later("answers at once", f"--per-client {limits.per_client}", self.drain_seconds())
        # a prompt that is longer than the limit may still come when no other waits
        too_long = self.waiting_tokens and self.waiting_tokens + tokens > limits.most_waiting_tokens
        if self.waiting + rows > limits.most_waiting or too_long:
            raise BadRequest(
                say(
                    "지금은 기다리는 사람이 많습니다. 잠시 뒤에 다시 보내세요.",
                    "too many are waiting. Try again in a while.",
                ),
                status=429,
                code="rate_limit_exceeded",
                retry_after=self.drain_seconds(),
            )

    def leave_queue(self, rows: int, tokens: int) -> None:
        self.waiting -= rows
        self.waiting_tokens -= tokens

    def note_begin(self) -> None:
        """An answer began: by these drain_seconds judges."""
        self._begun.append(self._clock())

    def leave(self, client: str, rows: int) -> None:
        left = self.inside.get(client, 0) - rows
        if left > 0:
            self.inside[client] = left
        else:
            self.inside.pop(client, None)

    def drain_seconds(self) -> float:
        """How long those who wait will take to begin, judged by the last ones; from 1 to 60 seconds."""
        if len(self._begun) < 2:
            return 1.0
        pace = (self._clock() - self._begun[0]) / len(self._begun)
        return min(60.0, max(1.0, pace * self.waiting))


def _later(what: str, flag: str, seconds: float) -> BadRequest:
    return BadRequest(
        say(
            f"한 사람에게 정해진 수를 넘었습니다 ({flag}). 잠시 뒤에 다시 보내세요.",
            f"more {what} than one client may have ({flag}). Try again in a while.",
        ),
        status=429,
        code="rate_limit_exceeded",
        retry_after=seconds,
    )
