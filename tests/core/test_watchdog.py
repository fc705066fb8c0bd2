"""Ranks as threads with one store between them: who hangs is named, who works or waits is not."""

import threading
import time

import pytest

from nakochat.core.watchdog import Roll, Watchdog


class SharedStore:
    """What torch.distributed's stores do, in one process."""

    def __init__(self):
        self.values, self.broken = {}, False

    def set(self, key, value):
        if self.broken:
            raise RuntimeError("no such host")
        self.values[key] = value

    def check(self, keys):
        return all(key in self.values for key in keys)

    def get(self, key):
        return self.values[key].encode()


def watch(states, *, store=None, patience=0.2, beats_of=(), seconds=1.5):
    """states: of each rank "waits", "works", or None for one that is gone.  The ranks whose process was ended.

    beats_of: ranks that go on making steps.
    """
    store = store or SharedStore()
    ended, left = threading.Event(), set()

    def rank(number, state):
        roll = Roll(store, number, len(states), f"host, {100 + number}")
        if state is None:
            return
        gone = threading.Event()

        def leave(status):
            assert status == 1
            left.add(number)
            gone.set()

        with Watchdog(roll, patience, lambda: state == "waits", grace=0.2, leave=leave) as watchdog:
            while not (ended.is_set() or gone.is_set()):
                if number in beats_of:
                    watchdog.beat()
                time.sleep(0.02)

    threads = [threading.Thread(target=rank, args=entry) for entry in enumerate(states)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    alive = sum(state is not None for state in states)
    while len(left) < alive and time.monotonic() < deadline:
        time.sleep(0.02)
    ended.set()
    for thread in threads:
        thread.join()
    return left


def test_a_rank_that_says_nothing_is_named_by_one_of_the_others(capfd):
    assert watch(["waits", None, "waits"], seconds=60) == {0, 2}
    said = capfd.readouterr().err
    assert said.count("1/3 (host, 101)") == 1
    assert "0.2초" in said
    assert "--rank-timeout" in said


def test_a_rank_that_stands_somewhere_shows_where(capfd):
    assert watch(["waits", "works"], seconds=60) == {0, 1}
    said = capfd.readouterr().err
    assert said.count("1/2 (host, 101)") == 2  # the one that waits names it, and it says so itself
    assert "most recent call first" in said


def test_ranks_that_all_work_are_left_alone(capfd):
    assert watch(["works", "works"]) == set()
    assert not capfd.readouterr().err


def test_steps_that_are_made_are_no_hanging(capfd):
    assert watch(["waits", "works"], beats_of={0, 1}) == set()
    assert not capfd.readouterr().err


def test_ranks_that_all_wait_are_cut_off(capfd):
    assert watch(["waits", "waits"], seconds=60) == {0, 1}
    assert "NCCL_SOCKET_IFNAME" in capfd.readouterr().err


def test_a_store_that_is_gone_ends_it(capfd):
    store = SharedStore()
    timer = threading.Timer(0.1, lambda: setattr(store, "broken", True))
    timer.start()
    assert watch(["waits", "waits"], store=store, seconds=60) == {0, 1}
    timer.join()
    assert "RuntimeError" in capfd.readouterr().err


@pytest.mark.parametrize(("word", "said"), [(None, "말없이 사라졌습니다"), ("failed", "실패하여")])
def test_behind_a_broken_connection_is_whoever_says_nothing_or_failed(word, said):
    store = SharedStore()
    rolls = [Roll(store, number, 3, f"host, {100 + number}") for number in range(3)]
    if word:
        rolls[1].say("left", word)
    rolls[2].say("left", "lost")
    text = str(rolls[0].missing(grace=0.0))
    assert said in text
    assert "1/3 (host, 101)" in text
    assert "2/3" not in text
