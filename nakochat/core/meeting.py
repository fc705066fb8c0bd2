"""Processes that start together and a store -> a name that only this start of theirs has.

torchrun keeps one store over all its restarts, and what a process of an earlier start left there must not be taken for
its successor's: an address at which nobody listens any more, a step that was never made.  The number of restarts does
not tell starts apart, since each machine counts its own.  So each process brings a word that nobody else has, and the
first of them calls the roll until every word on it was answered.
"""

import hashlib
import json
import secrets
import time
from typing import Protocol

PAUSE = 0.05  # seconds between two looks


class Store(Protocol):
    """What torch.distributed calls a store: keys and values that every rank sees."""

    def set(self, key: str, value: str) -> None: ...
    def check(self, keys: list[str]) -> bool: ...
    def get(self, key: str) -> bytes: ...


def meet(store: Store, rank: int, world: int, patience: float) -> str:
    """The name.  TimeoutError where not all come."""
    word, deadline = secrets.token_hex(8), time.monotonic() + patience
    store.set(f"here/{rank}", word)
    while time.monotonic() < deadline:
        roll = _call(store, word, world) if rank == 0 else _read(store, f"roll/{_read(store, 'here/0')}")
        words = json.loads(roll) if roll else []
        if word in words:
            name = hashlib.sha256(roll.encode()).hexdigest()[:16]
            store.set(f"{name}/{rank}", "here")
            if rank == 0 and store.check([f"{name}/{number}" for number in range(world)]):
                store.set(f"{name}/complete", "yes")
            if store.check([f"{name}/complete"]):
                return name
        time.sleep(PAUSE)
    raise TimeoutError(f"rank {rank} of {world} waited for the others")


def _call(store: Store, word: str, world: int) -> str:
    """The first rank writes down who has come last under each number; "" until there is somebody for all."""
    words = [_read(store, f"here/{number}") for number in range(world)]
    if not all(words):
        return ""
    roll = json.dumps(words)
    store.set(f"roll/{word}", roll)
    return roll


def _read(store: Store, key: str) -> str:
    return store.get(key).decode() if store.check([key]) else ""
