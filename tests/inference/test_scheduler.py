"""Random lives of many requests: the scheduler keeps its promises at every step."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.inference.scheduler import Row, Scheduler, common


class Life:
    """Drives a scheduler as an engine does, holding every plan against what a slot really contains."""

    def __init__(self, seed, **options):
        self.random = random.Random(seed)
        self.scheduler = Scheduler(**options)
        self.memory = [
            [] for _ in self.scheduler.slots
        ]  # what the keys and values in a slot were computed from
        self.left, self.admitted, self.arrived, self.forms = {}, [], [], {}
        self.key = 0

    def arrive(self, prompt, answer):
        limit = min(self.scheduler.length, len(prompt) + answer)
        self.scheduler.submit(self.key, prompt, limit)
        self.left[self.key] = limit - len(prompt)
        self.arrived.append(self.key)
        self.forms[self.key] = []
        self.key += 1

    def cancel(self, key):
        known = key in self.left
        assert self.scheduler.cancel(key) == known
        self.left.pop(key, None)

    def step(self):
        s = self.scheduler
        before = {key: row.computed for key, row in s.running.items()}
        plan = s.schedule()
        for copy in plan.copies:
            assert copy.source != copy.target
            self.memory[copy.target] = self.memory[copy.source][: copy.length]
        for key in s.running:
            if key not in before:
                self.admitted.append(key)
        seen = Counter()
        for work in sorted(plan.work, key=lambda work: work.start):
            row = s.running[work.key]
            assert row.slot == work.slot
            assert s.slots[work.slot].owner == work.key
            if work.key not in before and not seen[work.key]:  # its beginning was taken over
                assert self.memory[work.slot][: work.start] == row.tokens[: work.start]
                if s.exact:
                    assert work.start % s.piece == 0 or work.start == row.alone_from
            seen[work.key] += 1
            self.memory[work.slot] = self.memory[work.slot][: work.start] + row.tokens[work.start : work.end]
            assert len(self.memory[work.slot]) == work.end <= s.length
            assert work.one == (
                work.end == len(row.tokens) and work.start >= row.alone_from and work.end - work.start == 1
            )
            self.forms[work.key].append((work.start, work.end, work.one))
        for slot in s.slots:  # what a slot says it holds is what was computed there
            assert slot.tokens == self.memory[slot.number][: len(slot.tokens)]
        pieces = [work for work in plan.work if not work.one]
        assert len(pieces) <= s.pieces_per_step
        assert list(plan.work[: len(plan.work) - len(pieces)]) == sorted(
            (work for work in plan.work if work.one), key=lambda work: work.slot
        )
        owners = [slot.owner for slot in s.slots if slot.owner is not None]
        assert sorted(owners) == sorted(s.running)  # one slot each
        counters = s.counters()
        assert counters.slots_used + counters.slots_free == len(s.slots)
        assert counters.slots_used == len(owners)
        assert plan.work or not s.busy, "nothing would ever happen again"
        for key in plan.ready:
            row = s.running[key]
            assert row.computed == len(row.tokens)
            new = min(self.left[key], 1 if self.random.random() < 0.9 else self.random.randint(2, 9))
            self.left[key] -= new
            if not self.left[key] or self.random.random() < 0.05:
                s.end(key)
                del self.left[key]
            else:
                s.extend(key, [self.random.randrange(3) for _ in range(new)])
        return plan


def live(seed, steps=40):
    """One random trace: arrivals that share beginnings, cancellations, answers of every length; then it runs out."""
    rng = random.Random(seed)
    piece, slots = rng.choice([1, 2, 4, 8]), rng.randint(1, 5)
    length = rng.randint(2, 40)
    life = Life(
        seed,
        slots=slots,
        length=length,
        piece=piece,
        pieces_per_step=rng.randint(1, 4),
        exact=rng.random() < 0.7,
    )
    stems = [[rng.randrange(3) for _ in range(length)] for _ in range(3)]
    for _ in range(rng.randint(1, steps)):
        if rng.random() < 0.5:
            stem = rng.choice([*stems, *(list(row.tokens) for row in life.scheduler.running.values())])
            size = rng.randint(1, length - 1)
            cut = rng.randint(0, size)
            prompt = [*stem[:cut], *(rng.randrange(3) for _ in range(size))][:size]
            life.arrive(prompt, rng.randint(1, 12))
        if rng.random() < 0.15 and life.key:
            life.cancel(rng.randrange(life.key))
        life.step()
    left = sum(life.left.values()) + sum(length for _ in life.left)
    for _ in range(left * 3 + 10):
        if not life.scheduler.busy:
            break
        life.step()
    assert not life.scheduler.busy, "something starved"
    assert not life.left
    return life


def test_random_traces_keep_every_promise():
    for seed in range(600):
        live(seed)


@pytest.mark.soak
def test_ten_thousand_random_traces_keep_every_promise():
    for seed in range(10_000):
        live(seed)


def test_a_prompt_is_computed_in_the_pieces_that_its_own_tokens_ask_for():
    """Whatever was taken over, and in whatever company: what is computed is a tail of what a cold start computes."""
    for seed in range(150):
        rng = random.Random(seed)
        options = {"slots": 4, "length": 64, "piece": 8, "pieces_per_step": rng.randint(1, 3)}
        life = Life(seed, **options)
        stem = [rng.randrange(3) for _ in range(60)]
        prompts = [
            [*stem[: rng.randint(1, 40)], *(rng.randrange(3) for _ in range(rng.randint(0, 15)))]
            for _ in range(8)
        ]
        for prompt in prompts:
            life.arrive(prompt, 1)
        while life.scheduler.busy:
            life.step()
        for key, prompt in enumerate(prompts):
            alone = Life(seed, **options)
            alone.arrive(prompt, 1)
            while alone.scheduler.busy:
                alone.step()
            assert life.forms[key] == alone.forms[0][-len(life.forms[key]) :]


def test_requests_are_served_in_the_order_of_their_arrival():
    life = Life(1, slots=2, length=20, piece=4)
    for number in range(12):
        life.arrive([number] * 9, 6)
    while life.scheduler.busy:
        life.step()
    assert life.admitted == life.arrived


def test_a_prompt_that_is_being_computed_is_waited_for_once_and_then_shared():
    life = Life(1, slots=4, length=64, piece=4, pieces_per_step=1)
    prompt = [1, 2, 3, 4] * 5
    for _ in range(3):
        life.arrive(prompt, 8)
    while life.scheduler.busy:
        life.step()
    assert life.scheduler.counters().prefix_hit_tokens == 2 * (len(prompt) - 1)
    assert life.forms[1][0][0] == len(prompt) - 1


def test_the_next_turn_computes_only_what_is_new():
    for exact, expected in ((True, 8), (False, 12)):
        scheduler = Scheduler(slots=3, length=64, piece=4, exact=exact)
        scheduler.submit(0, list(range(10)), 20)
        while scheduler.busy:
            for key in scheduler.schedule().ready:
                row = scheduler.running[key]
                scheduler.extend(key, [50 + len(row.tokens)]) if len(row.tokens) < 13 else scheduler.end(key)
        turn = [
            *range(10),
            60,
            61,
            99,
            98,
            97,
        ]  # the second token of the answer was computed, the third is another
        scheduler.submit(1, turn, 20)
        first = min(scheduler.schedule().work, key=lambda work: work.start)
        assert (first.slot, first.start) == (0, expected)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)), st.integers(0, 20))
def test_common_counts_what_begins_alike(left, right, most):
    plain = 0
    while plain < min(len(left), len(right), most) and left[plain] == right[plain]:
        plain += 1
    assert common(left, right, most) == plain


@pytest.mark.parametrize("exact", [True, False])
def test_the_slot_that_holds_most_is_found_without_comparing_all_of_them(exact):
    """Against a search that compares every slot's tokens; a free slot wins over one that holds as much."""
    rng = random.Random(1)

    def tokens(most):
        return [int(rng.random() < 0.1) for _ in range(rng.randint(0, most))]

    shared = 0
    for _ in range(2000):
        scheduler = Scheduler(slots=rng.randint(1, 6), length=64, piece=rng.choice((1, 2, 4, 8)), exact=exact)
        for slot in scheduler.slots:
            slot.tokens = tokens(12)
            slot.pieces, slot.owner = rng.randint(0, len(slot.tokens)), rng.choice((None, 1))
        prompt = [0, *tokens(14)]
        row = Row(0, prompt, len(prompt), 64)
        best, most = None, (0, False)
        for slot in scheduler.slots:
            held = scheduler._reusable(row, slot.tokens, slot.pieces), slot.owner is None
            if held[0] and held > most:
                best, most = slot, held
        found = scheduler._longest_beginning(row)
        assert found[0] is best
        assert found[1] == most[0]
        shared += most[0] > 0
    assert shared > 500
