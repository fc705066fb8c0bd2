"""Queries, keys and values -> attention's output at every position; and the cache of keys and values.

Letters, here and in every file of models/:
    B  rows        T  positions in a row     S  positions attended to   V  vocabulary
    D  width       H  query heads            K  key/value heads         C  width of a head

On a CPU, attention over many positions at once is materialised (scores, softmax, product): training in bf16 is faster
so (`nako bench train --ablations` measures it), and the engine exact (alike.py).  A GPU takes a kernel that is told
where documents begin and how far a layer looks back, where one works (kernels.py).  All else, training in float32
among it, goes through scaled_dot_product_attention.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.models.flash4 import Flash4
from nakochat.models.native import native_for


def rotary_table(
    length: int, head_width: int, base: float, device: torch.device | None = None
) -> tuple[Tensor, Tensor]:
    """cos and sin of RoPE (https://arxiv.org/abs/2104.09864), each (length, C/2) float32."""
    frequencies = base ** -(torch.arange(0, head_width, 2, dtype=torch.float32, device=device) / head_width)
    angles = torch.outer(torch.arange(length, dtype=torch.float32, device=device), frequencies)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the halves of every head by its position's angles.  x (B, T, H, C); cos, sin broadcast to (B, T, 1, C/2)."""
    functions = native_for(x)
    if functions is not None:
        return functions.rotate(x, cos, sin)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos + second * sin, second * cos - first * sin), dim=-1)


Packed = Callable[[Tensor, Tensor, Tensor, Tensor, int | None, float], Tensor]
"""A kernel that is told where documents begin: (q, k, v, starts, window, scale) -> as `attend`."""


@dataclass(frozen=True)
class Sight:
    """What every position may attend to, in layers of one window: a bias, or starts for `packed`, or a cache's own."""

    bias: Tensor | None  # (B, T, S), added to the scores
    starts: Tensor | None = None  # (documents + 1,) int32, indices into B*T, as in Batch
    window: int | None = None  # positions, the own one included
    packed: Packed | None = None  # the kernel that takes starts


def causal_bias(documents: Tensor, dtype: torch.dtype, window: int | None = None) -> Tensor:
    """What is added to the scores: 0 where a position may look; a very low number (bias_of) ahead of it, outside its
    own document, and further back than its window.

    documents (B, T) -> (B, T, T) in dtype.  Adding a bias makes a CPU step 7 % faster than masking in every layer.
    """
    length = documents.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=documents.device).tril()
    if window is not None:
        causal = causal.triu(1 - window)
    return bias_of(causal & (documents[:, :, None] == documents[:, None, :]), dtype)


def bias_of(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    """True -> 0, False -> the lowest number (not -inf: a row that may look nowhere, as in padding, stays finite)."""
    return torch.where(allowed, 0.0, torch.finfo(dtype).min / 2).to(dtype)


def attend(q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float) -> Tensor:
    """Softmax attention.  q (B, T, H, C), k and v (B, S, K, C), a bias of the same dtype -> (B, T, H, C)."""
    if sight.bias is None:
        assert sight.starts is not None
        assert sight.packed is not None
        return sight.packed(q, k, v, sight.starts, sight.window, scale)
    learns = torch.is_grad_enabled() and q.dtype == torch.float32
    materialise = q.device.type == "cpu" and q.shape[1] > 1 and not learns
    return (attend_materialised if materialise else attend_fused)(q, k, v, sight.bias, scale)


def attend_materialised(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
    """`attend` with all scores in memory."""
    q, k, v = _heads_first(q, k, v)
    scores = (q * scale) @ k.transpose(-1, -2) + bias[:, None]  # (B, H, T, S)
    return (torch.softmax(scores, dim=-1) @ v).transpose(1, 2)


def attend_fused(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
    """`attend` by torch's fused kernels."""
    q, k, v = _heads_first(q, k, v)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, None], scale=scale).transpose(1, 2)


def attend_varlen(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, window: int | None, scale: float
) -> Tensor:
    """`attend` by torch's flash kernels over all rows as one sequence, in which no document sees another."""
    from torch.nn.attention import varlen  # importing it loads the compiler

    flat_q, flat_k, flat_v = (tensor.flatten(0, 1) for tensor in (q, k, v))  # (B*T, heads, C)
    repeat, length = q.shape[2] // k.shape[2], q.shape[1]
    if repeat > 1:  # torch 2.11 knows no grouped heads here
        flat_k, flat_v = (tensor.repeat_interleave(repeat, dim=1) for tensor in (flat_k, flat_v))
    near = (-1 if window is None else window - 1, 0)
    made = varlen.varlen_attn(
        flat_q, flat_k, flat_v, starts, starts, length, length, scale=scale, window_size=near
    )
    return cast(Tensor, made).view_as(q)


def attend_flash4(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, window: int | None, scale: float
) -> Tensor:
    """`attend_varlen` by FlashAttention 4."""
    flat = (tensor.flatten(0, 1) for tensor in (q, k, v))  # (B*T, heads, C)
    made: Tensor = Flash4.apply(*flat, starts, q.shape[1], window, scale)  # type: ignore[no-untyped-call]
    return made.view_as(q)


def _heads_first(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(B, T, H, C) and twice (B, S, K, C) -> three of (B, H, T or S, C)"""
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    repeat = q.shape[1] // k.shape[1]
    if repeat > 1:
        k, v = k.repeat_interleave(repeat, dim=1), v.repeat_interleave(repeat, dim=1)
    return q, k, v


class Cache(Protocol):
    """What the models need of a cache of earlier positions: KVCache below, or an engine's slots."""

    def positions(self, new: int) -> Tensor:
        """Positions of the next `new` tokens of each row.  -> (B, new)"""

    def previous(self, ids: Tensor) -> Tensor:
        """The token before each of ids (B, T); an arbitrary one at position 0.  -> (B, T)"""

    def sight(self, new: int, window: int | None = None) -> Sight:
        """What the new positions may attend to."""

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float) -> Tensor:
        """Store k and v (B, T, K, C), then attend with q (B, T, H, C) to all that is stored.  -> (B, T, H, C)"""


class CacheShape(Protocol):
    """What a cache needs to know of a model's config."""

    @property
    def layers(self) -> int: ...
    @property
    def key_heads(self) -> int: ...
    @property
    def head_width(self) -> int: ...


class Numbered(Protocol):
    """A layer that knows its index, from 0."""

    layer: int


@dataclass
class KVCache:
    """Keys and values of B rows of up to S positions in every layer; each row has its own length.

    New positions are written after a row's length; `advance` then says how many of them are real.  What a shorter row
    wrote past its end is masked by its length and overwritten later, so that different prompts share a batch.
    """

    keys: Tensor  # (layers, B, K, S, C): one head's positions are contiguous, as the product reads them
    values: Tensor  # (layers, B, K, S, C)
    ids: Tensor  # (B, S) int64, the tokens themselves
    lengths: Tensor  # (B,) int64

    @classmethod
    def empty(
        cls, config: CacheShape, rows: int, length: int, dtype: torch.dtype, device: torch.device
    ) -> Self:
        shape = (config.layers, rows, config.key_heads, length, config.head_width)
        return cls(
            torch.zeros(shape, dtype=dtype, device=device),
            torch.zeros(shape, dtype=dtype, device=device),
            torch.zeros((rows, length), dtype=torch.int64, device=device),
            torch.zeros(rows, dtype=torch.int64, device=device),
        )

    def positions(self, new: int) -> Tensor:
        """As in Cache."""
        return self.lengths[:, None] + torch.arange(new, device=self.lengths.device)

    def bias(self, new: int, window: int | None = None) -> Tensor:
        """What is added to the scores of the new positions (bias_of).  -> (B, new, S)"""
        seen = torch.arange(self.keys.shape[3], device=self.lengths.device)
        own = self.positions(new)[:, :, None]
        allowed = seen <= own
        if window is not None:
            allowed = allowed & (seen > own - window)
        return bias_of(allowed, self.keys.dtype)

    def sight(self, new: int, window: int | None = None) -> Sight:
        """As in Cache."""
        return Sight(self.bias(new, window))

    def previous(self, ids: Tensor) -> Tensor:
        """As in Cache; ids are stored."""
        last = self.ids.gather(1, (self.lengths - 1).clamp_min(0)[:, None])
        self.ids.scatter_(1, self.positions(ids.shape[1]), ids)
        return torch.cat((last, ids[:, :-1]), dim=1)

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float) -> Tensor:
        """As in Cache."""
        return attend(q, *self.store(layer, k, v), sight, scale)

    def store(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store k, v (B, T, K, C) of the new positions.  -> all of the layer's keys and values, (B, S, K, C) each"""
        rows = torch.arange(k.shape[0], device=k.device)[:, None]
        places = self.positions(k.shape[1])  # (B, T)
        self.keys[layer][rows, :, places] = k
        self.values[layer][rows, :, places] = v
        return self.keys[layer].transpose(1, 2), self.values[layer].transpose(1, 2)

    def advance(self, counts: Tensor) -> None:
        """counts (B,): how many of the positions just written are real."""
        self.lengths = self.lengths + counts

    def select(self, rows: Tensor) -> "KVCache":
        """The cache of some of the rows only; rows (B',) indices, repeats allowed."""
        return KVCache(self.keys[:, rows], self.values[:, rows], self.ids[rows], self.lengths[rows])


def attend_with(
    cache: Cache | None, layer: Numbered, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float
) -> Tensor:
    """`attend` of a layer, through the cache where there is one."""
    if cache is None:
        return attend(q, k, v, sight, scale)
    return attend_cached(cache, layer, q, k, v, sight, scale)


def attend_cached(
    cache: Cache, layer: Numbered, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float
) -> Tensor:
    """The only place that reads a layer's index: with this function excluded, all layers share one compiled graph."""
    return cache.attend(layer.layer, q, k, v, sight, scale)
