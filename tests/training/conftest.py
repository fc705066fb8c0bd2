"""Several ranks in one process: a thread for each, and collectives that meet at a barrier."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from nakochat.core.machine import Machine


class Done:
    def wait(self):
        return None


class Meeting:
    """Where ranks bring a value each and take all of them away."""

    def __init__(self, world: int) -> None:
        self.barrier = threading.Barrier(world, timeout=60)
        self.values = [None] * world

    def exchange(self, rank, value):
        self.values[rank] = value
        self.barrier.wait()
        found = list(self.values)
        self.barrier.wait()
        return found


class ThreadRank(Machine):
    """A rank whose collectives go through a Meeting, and that notes them."""

    def meet(self, value):
        return self.meeting.exchange(self.rank, value)

    def sums(self, *values):
        return [sum(column) for column in zip(*self.meet([float(value) for value in values]), strict=True)]

    def largest(self, value):
        return max(self.meet(value))

    def gather_bytes(self, own):
        return self.meet(own)

    def wait(self):
        self.meet(None)

    def start_sum(self, tensor):
        self.notes.append(("sum", tuple(tensor.shape)))
        tensor.copy_(torch.stack(self.meet(tensor.clone())).sum(dim=0))
        return Done()

    def start_share(self, parts, own):
        self.notes.append(("share", tuple(parts.shape)))
        own.copy_(torch.stack(self.meet(parts.clone()))[:, self.rank].sum(dim=0))
        return Done()

    def start_gather(self, own, parts):
        self.notes.append(("gather", tuple(parts.shape)))
        parts.copy_(torch.stack(self.meet(own.clone())))
        return Done()


@pytest.fixture
def on_ranks():
    """on_ranks(world, work): work(machine) of every rank, in their order."""

    def run(world, work):
        meeting = Meeting(world)
        machines = [ThreadRank(torch.device("cpu"), rank=rank, world=world) for rank in range(world)]
        for machine in machines:
            machine.__dict__.update(meeting=meeting, notes=[])

        def one(machine):
            try:
                return work(machine)
            except BaseException:
                meeting.barrier.abort()  # the others would wait for it
                raise

        with ThreadPoolExecutor(world) as pool:
            futures = [pool.submit(one, machine) for machine in machines]
        failed = [f.exception() for f in futures if f.exception() is not None]
        for error in failed:
            if not isinstance(error, threading.BrokenBarrierError):
                raise error
        return [future.result() for future in futures]

    return run
