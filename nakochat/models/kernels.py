"""A device, a dtype and a model's shape -> the attention kernel that is right there, and the fastest of those.

Every candidate has to agree with the materialised formula before it may compete; then a few passes at the model's
own shape decide.  On a CPU there is nothing to choose (attention.py).
"""

import importlib.util
import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nakochat.core.machine import Machine, synchronise
from nakochat.data.batches import document_starts
from nakochat.models import flash4
from nakochat.models.attention import (
    Packed,
    attend_flash4,
    attend_fused,
    attend_materialised,
    attend_varlen,
    causal_bias,
)
from nakochat.models.model import ModelConfig

FUSED, VARLEN, FLASH3, FLASH4 = "fused", "varlen", "varlen FA3", "FA4"
KERNEL_NAMES = {
    FUSED: "scaled_dot_product_attention",
    VARLEN: "FlashAttention 2",
    FLASH3: "FlashAttention 3",
    FLASH4: "FlashAttention 4",
}
FLASH4_GENERATIONS = (9, 10)  # Hopper and Blackwell, where it goes backwards
_TOLERANCE = 0.03  # of the largest number: bf16 keeps 8 bits
_ROUNDS, _PASSES = 3, 4  # passes of a round are queued: a single one would measure its launch
_POSITIONS = 2**15  # timed on a GPU: fewer would measure launches


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of one attention call."""

    rows: int
    length: int
    heads: int
    key_heads: int
    head_width: int
    window: int | None = None


def candidates(device: torch.device, dtype: torch.dtype) -> list[str]:
    """Kernels that torch and the device say they have; the most widely supported first."""
    flash = (
        device.type == "cuda"
        and dtype in (torch.bfloat16, torch.float16)
        and torch.cuda.get_device_capability(device) >= (8, 0)
        and _knows_windows()
    )
    found = [FUSED]
    if flash:
        found += [VARLEN] + [FLASH3] * _has_flash3(device) + [FLASH4] * _has_flash4(device)
    return found


def choose_kernel(device: torch.device, dtype: torch.dtype, shape: Shape) -> str:
    """The fastest kernel whose results are right."""
    there = candidates(device, dtype)
    small = Shape(rows=2, length=64, heads=4, key_heads=2, head_width=shape.head_width, window=16)
    right = [name for name in there if _is_right(name, device, dtype, small)]
    if not right:
        return FUSED  # the default; where even that does not run, torch says so at its first use
    if len(right) == 1:
        return right[0]
    return min(right, key=lambda name: _seconds(name, device, dtype, shape))


def agreed_kernel(machine: Machine, config: ModelConfig) -> str:
    """The first rank's choice for a model of this shape, the same on every rank.  All ranks call it."""
    device, dtype, there = machine.device, machine.dtype, candidates(machine.device, machine.dtype)
    shape = Shape(
        rows=4,
        length=config.context,
        heads=config.heads,
        key_heads=config.key_heads,
        head_width=config.head_width,
        window=getattr(config, "window", None),
    )
    mine = choose_kernel(device, dtype, shape) if machine.is_first else there[0]
    return there[int(machine.largest(there.index(mine)))]


def switch_on(name: str) -> Packed | None:
    """Select a kernel.  -> what a model calls with the starts of documents; None is a bias instead"""
    if name == FLASH3:
        torch.nn.attention.activate_flash_attention_impl("FA3")
    elif getattr(torch.nn.attention, "current_flash_attention_impl", lambda: None)() is not None:
        torch.nn.attention.restore_flash_attention_impl()
    return {FUSED: None, FLASH4: attend_flash4}.get(name, attend_varlen)


def _knows_windows() -> bool:
    from torch.nn.attention import varlen

    return {"window_size", "scale"} <= inspect.signature(varlen.varlen_attn).parameters.keys()


def _has_flash3(device: torch.device) -> bool:
    """FlashAttention 3 is for Hopper, comes as a package of its own and is never fetched."""
    known: list[str] = getattr(torch.nn.attention, "list_flash_attention_impls", list)()
    hopper = torch.cuda.get_device_capability(device)[0] == 9
    return hopper and "FA3" in known and importlib.util.find_spec("flash_attn_interface") is not None


def _has_flash4(device: torch.device) -> bool:
    """FlashAttention 4 is a package of its own too."""
    return torch.cuda.get_device_capability(device)[0] in FLASH4_GENERATIONS and flash4.is_installed()


def _tensors(device: torch.device, dtype: torch.dtype, shape: Shape) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """q, k, v and documents of uneven lengths; the same on every call."""
    generator = torch.Generator().manual_seed(0)

    def of(heads: int) -> Tensor:
        made = torch.randn(shape.rows, shape.length, heads, shape.head_width, generator=generator)
        return made.to(device, dtype).requires_grad_()

    ends = torch.rand(shape.rows, shape.length, generator=generator) < 8 / shape.length
    return of(shape.heads), of(shape.key_heads), of(shape.key_heads), ends.long().cumsum(dim=1).to(device)


def _call(name: str, tensors: tuple[Tensor, Tensor, Tensor, Tensor], shape: Shape) -> Callable[[], Tensor]:
    q, k, v, documents = tensors
    scale = 1 / math.sqrt(shape.head_width)
    if name == FUSED:
        bias = causal_bias(documents, q.dtype, shape.window)
        return lambda: attend_fused(q, k, v, bias, scale)
    starts, attend = document_starts(documents), switch_on(name)
    assert attend is not None
    return lambda: attend(q, k, v, starts, shape.window, scale)


def _is_right(name: str, device: torch.device, dtype: torch.dtype, shape: Shape) -> bool:
    """Whether result and gradients agree with the materialised formula in float32."""
    try:
        tensors = _tensors(device, dtype, shape)
        found = _call(name, tensors, shape)()
        found.float().square().sum().backward()
    except (RuntimeError, ImportError, ValueError, TypeError, AssertionError, AttributeError):
        return False  # it does not run here: not built, another device, other arguments
    q, k, v = (tensor.detach().float().requires_grad_() for tensor in tensors[:3])
    bias = causal_bias(tensors[3], torch.float32, shape.window)
    expected = attend_materialised(q, k, v, bias, 1 / math.sqrt(shape.head_width))
    expected.square().sum().backward()
    pairs = [(found, expected), *((a.grad, b.grad) for a, b in zip(tensors[:3], (q, k, v), strict=True))]
    return all(a is not None and b is not None and _agree(a, b) for a, b in pairs)


def _agree(found: Tensor, expected: Tensor) -> bool:
    return bool(
        (found.detach().float() - expected.detach()).abs().max() <= _TOLERANCE * expected.detach().abs().max()
    )


def _seconds(name: str, device: torch.device, dtype: torch.dtype, shape: Shape) -> float:
    """Seconds of one forward and backward pass, in the fastest of a few rounds after a warm-up round."""
    if device.type != "cpu":
        shape = replace(shape, rows=max(1, _POSITIONS // shape.length))
    call, best = _call(name, _tensors(device, dtype, shape), shape), math.inf
    for number in range(_ROUNDS + 1):
        synchronise(device)
        began = time.perf_counter()
        for _ in range(_PASSES):
            made = call()
            made.backward(made.detach())
        synchronise(device)
        if number:
            best = min(best, (time.perf_counter() - began) / _PASSES)
    return best
