"""Keys and values of many sequences, a slot each; and one step's tokens of all of them, laid side by side.

In a step the model sees one row of N tokens of all sequences: its matrices are read once for all of them, and only
attention tells the sequences apart.  Single tokens of neighbouring slots are attended in one call, on a view of the
slots' memory without gathering; each piece of a prompt is attended in a call of its own.

The order of additions in these kernels depends neither on the other rows nor on how many positions a mask hides,
where positions come in multiples of CHUNK (alike.py; tests/inference/test_exact.py holds it): so an answer is the same
to the bit alone and among others.
"""

import math
import mmap
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.inference.scheduler import Copy, Work
from nakochat.models.alike import CHUNK, attend_one
from nakochat.models.attention import Sight, bias_of
from nakochat.models.model import Model
from nakochat.models.native import LANES, native

BLOCK = 64  # tokens of a prompt that are computed together
WASTE = 2  # slots are attended in one call while that reads at most this many times what they hold


class Slots:
    """The memory.  On a CPU it is taken from the system only where something is written."""

    def __init__(self, model: Model, *, slots: int, length: int) -> None:
        config = model.config
        length = _span(length)
        shape = (config.layers, slots, config.key_heads, length, config.head_width)
        device = model.embedding.weight.device
        self.keys = _zeros(shape, model.dtype, device)  # (layers, slots, K, S, C)
        self.values = _zeros(shape, model.dtype, device)

    def copy(self, copy: Copy) -> None:
        """The first positions of one slot to another."""
        for tensor in (self.keys, self.values):
            tensor[:, copy.target, :, : copy.length] = tensor[:, copy.source, :, : copy.length]

    def wipe(self, slot: int) -> None:
        """Zero a slot that holds NaN: masked positions weigh 0, but 0 x NaN would spoil the next sequence."""
        for tensor in (self.keys, self.values):
            tensor[:, slot] = 0


def bytes_of_slot(model: Model, length: int) -> int:
    """Bytes of a slot of `length` tokens once it is full."""
    c = model.config
    return (
        2 * c.layers * c.key_heads * c.head_width * length * torch.empty(0, dtype=model.dtype).element_size()
    )


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Zeros.  A CPU's pages come with the first write to each, and are small: a slot's beginnings, of every layer and
    head, lie far apart, and zeroing 2 MB for each takes longer than a prompt (numpy asks for such pages)."""
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    memory = mmap.mmap(-1, math.prod(shape) * torch.empty(0, dtype=dtype).element_size(), **flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return torch.frombuffer(memory, dtype=dtype).view(shape)


@dataclass(frozen=True)
class _Run:
    """Neighbouring slots whose tokens, first..end of the step, are attended in one call."""

    first: int
    end: int
    slot: int
    span: int  # positions attended to


class StepCache:
    """What the models ask of a cache (models/attention.py), for the tokens of one step.  B is 1 and T is N."""

    def __init__(self, slots: Slots, work: Sequence[Work], previous: Sequence[int], rows: int) -> None:
        """work: tokens by themselves first, in the order of their slots; previous (n,): the token before each;
        rows: N, the tokens and what fills them up."""
        device = slots.keys.device
        self.slots, self.rows = slots, rows
        places = [(part.slot, place) for part in work for place in range(part.start, part.end)]
        self._count = len(places)
        slot, place = torch.tensor(places).T.contiguous()
        self._slot, self._place = slot.to(device), place.to(device)
        self._positions = F.pad(self._place, (0, rows - self._count))[None]  # (1, N)
        self._previous = torch.tensor([*previous, *[0] * (rows - self._count)], device=device)[None]
        ones = [part for part in work if part.one]
        self._native = native() if _is_plain(slots.keys) else None
        self._longest = max((part.end for part in ones), default=0)
        self._runs = [] if self._native is not None else list(_runs(ones))
        self._native_ones = 0 if self._native is None else len(ones)
        self._pieces: list[tuple[int, Work]] = []
        at = len(ones)
        for part in work[len(ones) :]:
            self._pieces.append((at, part))
            at += part.end - part.start
        self._biases: dict[int | None, list[Tensor]] = {}

    def positions(self, new: int) -> Tensor:
        """(1, N)"""
        return self._positions

    def previous(self, ids: Tensor) -> Tensor:
        """(1, N)"""
        return self._previous

    def sight(self, new: int, window: int | None = None) -> Sight:
        if window not in self._biases:
            self._biases[window] = [
                *(self._bias_of_run(run, window) for run in self._runs),
                *(self._bias_of_piece(part, window) for _, part in self._pieces),
            ]
        return Sight(None, None, window)

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float) -> Tensor:
        """Write k, v (1, N, K, C) and attend with q (1, N, H, C).  -> (1, N, H, C)"""
        keys, values = self.slots.keys[layer], self.slots.values[layer]  # (slots, K, S, C)
        n = self._native_ones
        if n < self._count:  # before the tokens behind them, which see them
            keys[self._slot[n:], :, self._place[n:]] = k[0, n : self._count]
            values[self._slot[n:], :, self._place[n:]] = v[0, n : self._count]
        if self._native is not None and n:
            found = self._native.attend(
                q[0, :n],
                k[0, :n],
                v[0, :n],
                keys,
                values,
                self._slot,
                self._place,
                scale=scale,
                window=sight.window,
                longest=self._longest,
            )
            if n == self.rows:
                return found[None]
        out = torch.zeros_like(q)
        if n:
            out[0, :n] = found
        heads = k.shape[2]
        biases = iter(self._biases[sight.window])
        for run in self._runs:
            at = slice(run.slot, run.slot + run.end - run.first)
            queries = q[0, run.first : run.end].unflatten(1, (heads, -1))  # (b, K, G, C)
            bias = next(biases)
            seen = (keys[at, :, : run.span], values[at, :, : run.span])
            if queries.device.type == "cpu":
                found = attend_one(queries, *seen, bias, scale)
            else:
                found = F.scaled_dot_product_attention(queries, *seen, attn_mask=bias, scale=scale)
            out[0, run.first : run.end] = found.flatten(1, 2)
        for at_token, part in self._pieces:
            here = slice(at_token, at_token + part.end - part.start)
            queries = q[0, here].unflatten(1, (heads, -1)).permute(1, 2, 0, 3)  # (K, G, t, C)
            bias = next(biases)
            span = bias.shape[-1]
            seen = (keys[part.slot, None, :, :span], values[part.slot, None, :, :span])
            found = F.scaled_dot_product_attention(
                queries.flatten(1, 2)[None],
                *seen,
                attn_mask=bias.repeat(1, 1, queries.shape[1], 1),
                scale=scale,
            )
            out[0, here] = found[0].unflatten(1, queries.shape[1:3]).permute(2, 0, 1, 3).flatten(1, 2)
        return out

    def _bias_of_run(self, run: _Run, window: int | None) -> Tensor:
        """(b, 1, 1, span)"""
        own = self._place[run.first : run.end]
        return self._bias(own, run.span, window)[:, None, None]

    def _bias_of_piece(self, part: Work, window: int | None) -> Tensor:
        """(1, 1, t, span)"""
        own = torch.arange(part.start, part.end, device=self._place.device)
        return self._bias(own, _span(part.end), window)[None, None]

    def _bias(self, own: Tensor, span: int, window: int | None) -> Tensor:
        seen = torch.arange(span, device=own.device)
        allowed = seen <= own[:, None]
        if window is not None:
            allowed = allowed & (seen > own[:, None] - window)
        return bias_of(allowed, self.slots.keys.dtype)


def _is_plain(keys: Tensor) -> bool:
    """Whether native.py takes them."""
    return keys.device.type == "cpu" and keys.dtype == torch.float32 and keys.shape[-1] % LANES == 0


def _span(end: int) -> int:
    """Positions to attend to: the next multiple of CHUNK."""
    return -(-end // CHUNK) * CHUNK


def _runs(ones: Sequence[Work]) -> list[_Run]:
    """Group neighbouring slots, while that does not read much more than they hold (WASTE)."""
    runs: list[_Run] = []
    held = 0
    for index, part in enumerate(ones):
        span = _span(part.end)
        last = runs[-1] if runs else None
        if last is not None and part.slot == last.slot + last.end - last.first:
            wider = max(span, last.span)
            if wider * (last.end - last.first + 1) <= WASTE * (held + span):
                runs[-1] = _Run(last.first, index + 1, last.slot, wider)
                held += span
                continue
        runs.append(_Run(index, index + 1, part.slot, span))
        held = span
    return runs
