"""Requests as token ids -> what to compute in the next step.  Pure Python: no tensor is touched here.

One rule: a sequence has `tokens`, of which the first `computed` have their keys and values in its slot; every step
schedules tokens until computed catches up with tokens.  A fresh prompt, the rest of one after a prefix hit, the next
turn of a conversation, what a tool answered and the token that was just sampled are all the same thing: tokens that
are not computed yet.  When a sequence has caught up, its next token is sampled.  (The rule is vLLM's, v1.)

A slot is room for one sequence of up to `length` tokens, reserved whole at admission: whatever was admitted can end,
so nothing is ever preempted.  A slot keeps what it holds when its sequence ends.  The next request takes over the
longest beginning that it shares with any slot, running ones too, by a copy where it cannot go on in place.

So that an answer is the same to the bit whoever else is served, and whether its beginning was computed or found, the
pieces in which a prompt is computed depend on the prompt alone: pieces end at multiples of `piece` and before the
prompt's last token, which is computed as sampled tokens are; and with `exact` only whole pieces are taken over.
"""

import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Work(NamedTuple):
    """Tokens start..end of a sequence, to be computed in its slot in this step.  `one` token is computed by itself."""

    key: int
    slot: int
    start: int
    end: int
    one: bool


@dataclass(frozen=True)
class Copy:
    """The first `length` positions of a slot, to be copied to another before anything is computed."""

    source: int
    target: int
    length: int


@dataclass(frozen=True)
class Plan:
    """One step.  `ready` are the keys whose next token is to be sampled from their last work."""

    copies: tuple[Copy, ...]
    work: tuple[Work, ...]
    ready: tuple[int, ...]


@dataclass
class Row:
    """A request from its arrival to its end."""

    key: int
    tokens: list[int]
    prompt: int
    limit: int
    """Most tokens, the prompt's among them."""
    computed: int = 0
    slot: int = -1
    waits_for: int | None = None
    """The request that is computing this one's beginning; it is waited for once."""

    @property
    def alone_from(self) -> int:
        """The prompt's last token, and every sampled one, is computed by itself."""
        return self.prompt - 1


@dataclass
class Slot:
    """What a slot holds: the tokens whose keys and values are there."""

    number: int
    tokens: list[int] = field(default_factory=list)
    pieces: int = 0
    """The first so many were computed in pieces that a prompt's own computation would have too."""
    owner: int | None = None
    used: int = 0
    """When it was last given away or given back, as a count."""


@dataclass(frozen=True)
class Counters:
    """The state of an engine, as numbers."""

    waiting: int
    running: int
    slots_used: int
    slots_free: int
    prompt_tokens: int
    """Of all requests admitted so far."""
    prefix_hit_tokens: int
    """Of those, how many did not have to be computed."""


class Scheduler:
    """Slots, the requests that wait for one and those that run in one."""

    def __init__(
        self,
        *,
        slots: int,
        length: int,
        piece: int = 64,
        pieces_per_step: int = 8,
        pieces_beside: int = 1,
        exact: bool = True,
    ) -> None:
        """pieces_per_step: of prompts; pieces_beside: while others are being answered."""
        assert min(slots, length, piece, pieces_per_step, pieces_beside) >= 1
        self.length, self.piece = length, piece
        self.pieces_per_step, self.pieces_beside = pieces_per_step, pieces_beside
        self.exact = exact
        self.slots = [Slot(number) for number in range(slots)]
        self.waiting: deque[Row] = deque()
        self.running: dict[int, Row] = {}
        self._clock = itertools.count(1)
        self._prompt_tokens = self._hits = 0

    # what the engine asks and tells

    def submit(self, key: int, prompt: Sequence[int], limit: int) -> None:
        """Queue a prompt that may grow to `limit` tokens."""
        assert 0 < len(prompt) < limit <= self.length, "the engine refuses what cannot fit"
        self.waiting.append(Row(key, list(prompt), len(prompt), limit))

    def cancel(self, key: int) -> bool:
        """Forget a request, wherever it is.  False when it is not known (any more)."""
        if key in self.running:
            self.end(key)
            return True
        known = next((request for request in self.waiting if request.key == key), None)
        if known is not None:
            self.waiting.remove(known)
        return known is not None

    def schedule(self) -> Plan:
        """Admit what fits and say what to compute next.

        The caller computes all of it, then tells by `extend` and `end` what came of the ready ones.
        """
        copies = self._admit()
        ones: list[Work] = []
        pieces: list[Work] = []
        for request in self.running.values():
            self._catch_up(request, ones, pieces)
        self._ration(ones, pieces)
        work = sorted(ones, key=lambda one: one.slot) + pieces
        for part in (*pieces, *ones):  # in the order of each request's own tokens
            request, slot = self.running[part.key], self.slots[part.slot]
            request.computed = part.end
            slot.tokens += request.tokens[part.start : part.end]
            if not part.one and part.end <= request.alone_from:
                slot.pieces = part.end
        done = {part.key for part in work}
        ready = tuple(
            key
            for key in self.running
            if key in done and self.running[key].computed == len(self.running[key].tokens)
        )
        return Plan(tuple(copies), tuple(work), ready)

    def extend(self, key: int, tokens: Iterable[int]) -> None:
        """What was sampled, or answered by a tool, behind a request's tokens."""
        self.running[key].tokens += tokens

    def end(self, key: int) -> None:
        """A request's slot is free from now on; what it holds stays for others to begin with."""
        slot = self.slots[self.running.pop(key).slot]
        slot.owner, slot.used = None, next(self._clock)

    def forget(self, key: int) -> int:
        """As `end`, but nobody begins with what the slot holds.  -> the slot, for its memory to be wiped"""
        number = self.running[key].slot
        self.end(key)
        self.slots[number].tokens, self.slots[number].pieces = [], 0
        return number

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.running)

    def counters(self) -> Counters:
        used = len(self.running)
        return Counters(
            len(self.waiting), used, used, len(self.slots) - used, self._prompt_tokens, self._hits
        )

    # admission

    def _admit(self) -> list[Copy]:
        """Waiting requests into free slots, first come first served."""
        copies: list[Copy] = []
        held: list[Row] = []
        while self.waiting and len(self.running) < len(self.slots):
            request = self.waiting.popleft()
            source, shared = self._longest_beginning(request)
            if self._better_wait(request, shared):
                held.append(request)
                continue
            copy = self._place(request, source, shared)
            copies += [copy] if copy else []
        self.waiting.extendleft(reversed(held))
        return copies

    def _longest_beginning(self, request: Row) -> tuple[Slot | None, int]:
        """The slot that holds most of a prompt's beginning, a free one where there is a choice."""
        best: Slot | None = None
        most = (0, False)
        whole = request.alone_from
        least = min(self.piece, whole) if self.exact else 1  # of fewer nothing may be taken over
        for slot in self.slots:
            last = max(least, sum(most)) - 1  # that a better one shares: one look tells most slots from it
            if not 0 <= last < min(whole, len(slot.tokens)) or slot.tokens[last] != request.tokens[last]:
                continue
            found = (self._reusable(request, slot.tokens, slot.pieces), slot.owner is None)
            if found[0] and found > most:
                best, most = slot, found
        return best, most[0]

    def _reusable(self, request: Row, tokens: Sequence[int], pieces: int) -> int:
        """How many of a prompt's first tokens may be taken over from these."""
        whole = request.alone_from
        shared = common(request.tokens, tokens, whole)
        if not self.exact:
            return shared
        shared = min(shared, pieces)
        return shared if shared == whole and pieces == whole else shared // self.piece * self.piece

    def _better_wait(self, request: Row, shared: int) -> bool:
        """Whether a request that is being computed right now will hold more of a prompt's beginning.

        A request waits for one other only, so that it cannot be passed for ever.
        """
        if request.waits_for is None:
            for other in self.running.values():
                if other.computed >= other.alone_from:
                    continue
                promised = self._reusable(request, other.tokens, other.alone_from)
                if promised > shared:
                    request.waits_for, shared = other.key, promised
        other_row = None if request.waits_for is None else self.running.get(request.waits_for)
        return other_row is not None and other_row.computed < other_row.alone_from

    def _place(self, request: Row, source: Slot | None, shared: int) -> Copy | None:
        """Give a request its slot: in place where most of what is there is its own beginning, else the one that was
        not used for longest."""
        free = [slot for slot in self.slots if slot.owner is None]
        in_place = source is not None and source.owner is None and 2 * shared >= len(source.tokens)
        target = source if in_place and source else min(free, key=lambda slot: (slot.used, slot.number))
        copy = None
        if source is not None and target is not source:
            copy = Copy(source.number, target.number, shared)
        target.tokens = request.tokens[:shared]
        target.pieces = shared
        target.owner, target.used = request.key, next(self._clock)
        request.slot, request.computed = target.number, shared
        self.running[request.key] = request
        self._prompt_tokens += request.prompt
        self._hits += shared
        return copy

    # what to compute

    def _catch_up(self, request: Row, ones: list[Work], pieces: list[Work]) -> None:
        """All that a request lacks, cut where its own tokens say."""
        start, end = request.computed, len(request.tokens)
        while start < end:
            if start == end - 1 and start >= request.alone_from:
                ones.append(Work(request.key, request.slot, start, end, True))
                return
            stop = min(end, (start // self.piece + 1) * self.piece)
            if start < request.alone_from:
                stop = min(stop, request.alone_from)
            pieces.append(Work(request.key, request.slot, start, stop, False))
            start = stop

    def _ration(self, ones: list[Work], pieces: list[Work]) -> None:
        """Keep what one step may hold: fewer pieces while others are being answered; and of a request that is not
        whole by then, no last token."""
        unfinished = {part.key for part in pieces}
        answering = any(one.key not in unfinished for one in ones)
        most = self.pieces_beside if answering else self.pieces_per_step
        late = {part.key for part in pieces[most:]}
        del pieces[most:]
        ones[:] = [one for one in ones if one.key not in late]


def common(left: Sequence[int], right: Sequence[int], most: int) -> int:
    """How many tokens two sequences begin with alike, up to `most`; found by halving, as slices compare fast."""
    low, high = 0, min(most, len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low < high - 1:  # left[:low] is alike, left[:high] is not
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
