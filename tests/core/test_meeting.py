"""Ranks as threads: whoever starts together gets one name, whatever earlier starts have left in the store."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nakochat.core.meeting import meet


class SharedStore:
    def __init__(self):
        self.values = {}

    def set(self, key, value):
        self.values[key] = value

    def check(self, keys):
        return all(key in self.values for key in keys)

    def get(self, key):
        return self.values[key].encode()


def start(store, ranks, world, patience=60.0, order=()):
    """What each of these ranks gets; those of `order` come one after the other."""
    delays = {rank: 0.1 * place for place, rank in enumerate(order)}

    def one(rank):
        threading.Event().wait(delays.get(rank, 0.0))
        return meet(store, rank, world, patience)

    with ThreadPoolExecutor(world) as pool:
        return list(pool.map(one, ranks))


def test_one_start_has_one_name_and_the_next_another():
    store = SharedStore()
    names = [start(store, range(3), 3, order=order) for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2))]
    assert all(len(set(found)) == 1 for found in names)
    assert len({found[0] for found in names}) == 3


@pytest.mark.parametrize("came", [(0,), (1,), (0, 1), (1, 2), (0, 2)])
def test_a_start_of_which_some_never_came_does_not_confuse_the_next(came):
    store = SharedStore()
    start(store, range(3), 3)
    with pytest.raises(TimeoutError):
        start(store, came, 3, patience=0.3)
    assert len(set(start(store, range(3), 3, order=(2, 0, 1)))) == 1
