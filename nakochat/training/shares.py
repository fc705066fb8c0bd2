"""Gradients on every rank -> this rank's share of their sums; its share of new weights -> everyone's.

Weights stand whole on every rank, the optimizer's work and state do not: of the matrices of one shape, rank r of W
updates every W-th from r on; of a large table, its own W-th of the rows; scalars and gates are everybody's.  What
travels is a reduce-scatter of gradients and an all-gather of weights, together as much as the all-reduce of a plain
data-parallel step (ZeRO stage 2, https://arxiv.org/abs/1910.02054).

Gradients leave in buckets, in one order on all ranks, each as soon as it is complete, while the rest of the backward
pass computes.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from nakochat.core.machine import Machine, Pending

_LEAST_TABLE = 2**16  # elements: smaller tables are not worth dividing


class Bucket:
    """Gradients that travel together."""

    def __init__(self, parameters: Sequence[nn.Parameter], machine: Machine) -> None:
        self.parameters, self.machine = parameters, machine
        self.own: Tensor | None = None
        self._pending: Pending | None = None
        self._parts: Tensor | None = None

    def start(self) -> None:
        """Start sending them.  A missing gradient counts as zero."""
        self._parts = self._packed()
        self._pending = self._send(self._parts)

    def finish(self) -> None:
        """Wait until this rank's share of the sums is in `own`; the gradients themselves are freed."""
        if self._pending is not None:
            self._pending.wait()
        self._pending = self._parts = None
        for parameter in self.parameters:
            parameter.grad = None

    def _packed(self) -> Tensor:
        raise NotImplementedError

    def _send(self, parts: Tensor) -> Pending:
        self.own = torch.empty_like(parts[0])
        return self.machine.start_share(parts, self.own)


class Round(Bucket):
    """As many matrices of one shape as there are ranks, or fewer at the end: one for each."""

    def _packed(self) -> Tensor:
        parts = torch.stack([_gradient(parameter) for parameter in self.parameters])
        missing = self.machine.world - len(parts)
        return torch.cat((parts, parts.new_zeros(missing, *parts.shape[1:]))) if missing else parts


class Table(Bucket):
    """One large table: a share of the rows for each rank."""

    def _packed(self) -> Tensor:
        return _in_parts(_gradient(self.parameters[0]).contiguous(), self.machine.world)


class Small(Bucket):
    """All other parameters, whole on every rank: their gradients are summed by an all-reduce."""

    def _packed(self) -> Tensor:
        return torch.cat([_gradient(parameter).flatten() for parameter in self.parameters])

    def _send(self, parts: Tensor) -> Pending:
        self.own = parts
        return self.machine.start_sum(parts)

    def gradient(self, parameter: nn.Parameter) -> Tensor:
        """Its part of the sums, in its shape."""
        assert self.own is not None
        at = 0
        for other in self.parameters:
            if other is parameter:
                break
            at += other.numel()
        return self.own[at : at + parameter.numel()].view_as(parameter)


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _in_parts(table: Tensor, world: int) -> Tensor:
    return table.view(world, table.shape[0] // world, *table.shape[1:])


def is_divided(parameter: nn.Parameter, world: int) -> bool:
    """Whether a table is large enough for every rank to have rows of its own."""
    return world > 1 and parameter.numel() >= _LEAST_TABLE and parameter.shape[0] % world == 0


class MatrixShare:
    """The matrices of one shape, of which this rank updates some."""

    def __init__(self, parameters: list[nn.Parameter], machine: Machine) -> None:
        world = machine.world
        self.parameters, self.machine = parameters, machine
        self.own = parameters[machine.rank :: world]
        self.rounds = [
            Round(parameters[at : at + world], machine)
            for at in (range(0, len(parameters), world) if world > 1 else ())
        ]

    def gradients(self) -> Tensor:
        """(own, rows, columns), summed over the ranks"""
        if self.machine.world == 1:
            return torch.stack([_gradient(parameter) for parameter in self.own])
        return torch.stack([r.own for r in self.rounds[: len(self.own)] if r.own is not None])

    def gather(self, own: Tensor) -> list[Tensor]:
        """This rank's tensors for its own matrices (own, ...) -> those of all ranks, in the order of `parameters`."""
        if self.machine.world == 1:
            return list(own)
        found: list[Tensor] = []
        for number, part in enumerate(self.rounds):
            mine = own[number] if number < len(own) else own.new_zeros(own.shape[1:])
            parts = mine.new_empty(self.machine.world, *mine.shape)
            self.machine.start_gather(mine.contiguous(), parts).wait()
            found += parts[: len(part.parameters)]
        return found


class TableShare:
    """One parameter of AdamW, of which this rank updates some rows, or all."""

    def __init__(self, parameter: nn.Parameter, machine: Machine, small: Small | None) -> None:
        self.parameter, self.machine = parameter, machine
        self.bucket = Table([parameter], machine) if is_divided(parameter, machine.world) else None
        self._small = small

    def own(self, whole: Tensor) -> Tensor:
        """The part of a tensor like the parameter that is this rank's, as a view."""
        return whole if self.bucket is None else _in_parts(whole, self.machine.world)[self.machine.rank]

    def gradient(self) -> Tensor | None:
        if self.bucket is not None:
            return self.bucket.own
        return self.parameter.grad if self._small is None else self._small.gradient(self.parameter)

    def gather(self, own: Tensor) -> Tensor:
        """This rank's rows -> those of all ranks, in the parameter's shape."""
        if self.bucket is None:
            return own
        whole = torch.empty_like(self.parameter)
        self.machine.start_gather(own.contiguous(), _in_parts(whole, self.machine.world)).wait()
        return whole


class Reduction:
    """Sends a model's buckets in the order in which a backward pass completes them."""

    def __init__(self, buckets: Sequence[Bucket]) -> None:
        self.buckets = buckets
        self._started = len(buckets)
        self._missing: list[int] = []
        for number, bucket in enumerate(buckets):
            for parameter in bucket.parameters:
                parameter.register_post_accumulate_grad_hook(self._hook(number))

    def begin(self) -> None:
        """The next backward pass is the step's last: each bucket is sent when its gradients are complete."""
        self._started = 0
        self._missing = [sum(p.requires_grad for p in bucket.parameters) for bucket in self.buckets]

    def finish(self) -> None:
        """Send what is left and wait for all sums.  A rank whose backward pass failed sends the same buckets."""
        if not self._missing:
            self._started = 0
        for bucket in self.buckets[self._started :]:
            bucket.start()
        for bucket in self.buckets:
            bucket.finish()
        self._started, self._missing = len(self.buckets), []

    def _hook(self, number: int) -> Callable[[Tensor], None]:
        def complete(parameter: Tensor) -> None:
            if self._missing:
                self._missing[number] -= 1
                # in order: collectives that two ranks start in different orders never meet
                while self._started < len(self.buckets) and self._missing[self._started] <= 0:
                    self.buckets[self._started].start()
                    self._started += 1

        return complete


def in_backward_order(buckets: Sequence[Bucket], model: nn.Module) -> list[Bucket]:
    """Last layers first, as a backward pass goes; what all ranks keep whole comes last."""
    place = {parameter: number for number, parameter in enumerate(model.parameters())}

    def when(bucket: Bucket) -> float:
        return math.inf if isinstance(bucket, Small) else -min(place[p] for p in bucket.parameters)

    return sorted(buckets, key=when)
