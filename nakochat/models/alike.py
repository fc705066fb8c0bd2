"""Formulas whose result for one row is the same to the bit whatever rows stand beside it, on several threads too.

On a CPU a kernel's result depends on more than a row's own numbers.  Whole vector registers are computed by one
formula and the remainder, at a tensor's end or at the edge of a thread's share, by another: so in torch's sigmoid, silu
and gelu (its exp and tanh have one formula for all).  Products add up in another order where a row, or a thread's own
buffer, begins at another address: so in fused attention.  And a longer sum is split differently from a shorter one.
The functions here avoid all three for the engine; tests/models/test_alike.py holds it.  Where gradients are needed
torch's own formulas stay: they keep less for the backward pass.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.models.native import native_for

CHUNK = 128  # positions whose values are added up in one product
_LINEAR = 2 * math.sqrt(2 / math.pi)  # gelu's 2u is _LINEAR·x + _CUBIC·x³
_CUBIC = 0.044715 * _LINEAR
_LINE = 64  # bytes: of a cache line, and of the widest vector


def aligned(x: Tensor) -> Tensor:
    """The same values, every row of the last axis aligned to a cache line.  Rows of usual widths are already."""
    if torch.is_grad_enabled() or x.device.type != "cpu" or x.dim() < 2:
        return x
    if x.stride(-2) * x.element_size() % _LINE == 0:
        return x
    width = x.shape[-1]
    return F.pad(x, (0, -width % _LINE))[..., :width]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """As F.linear, (..., in) -> (..., out); the engine gives it rows in fours (EXACT_ROWS there)."""
    rows = aligned(x)
    if rows is x:
        return F.linear(x, weight, bias)
    return F.linear(rows.flatten(0, -2), weight, bias).view(*x.shape[:-1], -1)  # 3-D input would be copied


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x), in training too: the gates that use it are small."""
    return _sigmoid(x.float()).to(x.dtype)


def silu(x: Tensor) -> Tensor:
    """x·sigmoid(x) (https://arxiv.org/abs/1702.03118)."""
    if torch.is_grad_enabled():
        return F.silu(x)
    wide = x.float()
    return (wide * _sigmoid(wide)).to(x.dtype)


def swiglu(x: Tensor, other: Tensor) -> Tensor:
    """silu(x)·other (https://arxiv.org/abs/2002.05202)."""
    functions = native_for(x)
    return silu(x) * other if functions is None else functions.swiglu(x, other)


def rms_norm(x: Tensor, weight: Tensor | None = None, epsilon: float | None = None) -> Tensor:
    """x over the root of its squares' mean, along the last axis (https://arxiv.org/abs/1910.07467)."""
    functions = native_for(x)
    if functions is None:
        return F.rms_norm(x, x.shape[-1:], weight, epsilon)
    return functions.norm(x, weight, torch.finfo(x.dtype).eps if epsilon is None else epsilon)


def gelu(x: Tensor) -> Tensor:
    """GPT-2's approximation of x·Φ(x) by tanh (https://arxiv.org/abs/1606.08415).

    x·(1 + tanh u)/2 is x·sigmoid(2u), and a CPU's tanh takes four times as long as its exp.
    """
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        learnt: Tensor = _Gelu.apply(x)  # type: ignore[no-untyped-call]
        return learnt
    wide = x.float()
    return (wide * _sigmoid(wide * (_LINEAR + _CUBIC * wide.square()))).to(x.dtype)


class _Gelu(torch.autograd.Function):
    """`gelu` without a compiler, in few passes over memory: its slope is kept in place of x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        wide = x.float()
        constant = wide.new_tensor(_LINEAR)
        share = torch.addcmul(constant, wide, wide, value=_CUBIC).mul_(wide).sigmoid_()
        made = wide * share
        inner = torch.addcmul(constant, wide, wide, value=3 * _CUBIC)  # slope of 2u
        bent = torch.addcmul(made, made, share, value=-1)
        ctx.save_for_backward(torch.addcmul(share, inner, bent).to(x.dtype))
        return made.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (slope,) = ctx.saved_tensors
        made: Tensor = gradients[0] * slope
        return made


def attend_one(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
    """Softmax attention of one new position of each of b sequences.

    A sequence's result does not depend on b, nor on how many positions beyond its own the bias hides.  In float32
    whatever the dtype: a CPU's bf16 products differ with the number of threads.
    q (b, K, G, C), k and v (b, K, S, C) with S a multiple of CHUNK, bias (b, 1, 1, S) -> (b, K, G, C)
    """
    scores = aligned(q.float() * scale) @ k.float().transpose(-1, -2) + bias.float()  # (b, K, G, S)
    shares = torch.softmax(scores, dim=-1)
    out = torch.zeros(q.shape, device=q.device)
    for share, value in zip(shares.split(CHUNK, dim=-1), v.split(CHUNK, dim=-2), strict=True):
        out += share @ value.float()
    return out.to(q.dtype)


def _sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))
