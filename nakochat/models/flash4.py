"""FlashAttention 4 as a kernel that torch.compile can look past: packed queries, keys, values -> attention.

It comes as a package of its own (`pip install flash-attn-4`), for Hopper and Blackwell GPUs, and builds its kernels at
the first call.  Torch knows how to call it too, but in 2.11 not backwards through a window, and only certain of its
versions.  The functions called here are the ones that torch calls; kernels.py uses them only where their results and
gradients are right.
"""

import importlib.util
from typing import Any

import torch
from torch import Tensor


def is_installed() -> bool:
    """Whether the package is there; the older flash_attn shares its name and has no `cute`."""
    try:
        return importlib.util.find_spec("flash_attn.cute") is not None
    except (ImportError, OSError):  # a flash_attn that was built for another torch
        return False


@torch.library.custom_op("nakochat::flash4", mutates_args=())
def flash4(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, longest: int, window: int | None, scale: float
) -> tuple[Tensor, Tensor]:
    """Causal attention within documents.

    q (N, H, C), k and v (N, K, C) in bf16 or fp16; starts (documents + 1,) int32; longest: no document has more
    positions; window: positions looked at, itself among them.  -> (N, H, C) and the logarithms of the sums (H, N)
    """
    from flash_attn.cute import interface

    made = interface._flash_attn_fwd(q, k, v, return_lse=True, **_common(starts, longest, window, scale))
    return made[0], made[1]


@flash4.register_fake
def _(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, longest: int, window: int | None, scale: float
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(q), q.new_empty(q.shape[1], q.shape[0], dtype=torch.float32)


@torch.library.custom_op("nakochat::flash4_backward", mutates_args=())
def flash4_backward(
    gradient: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    out: Tensor,
    sums: Tensor,
    starts: Tensor,
    longest: int,
    window: int | None,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    from flash_attn.cute import interface

    told = _common(starts, longest, window, scale)
    made = interface._flash_attn_bwd(q, k, v, out, gradient.contiguous(), sums, **told)
    return made[0], made[1], made[2]


@flash4_backward.register_fake
def _(
    gradient: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, sums: Tensor, *rest: Any
) -> tuple[Tensor, Tensor, Tensor]:
    return torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)


def _common(starts: Tensor, longest: int, window: int | None, scale: float) -> dict[str, Any]:
    """What both directions are told in the same words."""
    return {
        "softmax_scale": scale,
        "causal": True,
        "window_size_left": None if window is None else window - 1,
        "window_size_right": None if window is None else 0,
        "cu_seqlens_q": starts,
        "cu_seqlens_k": starts,
        "max_seqlen_q": longest,
        "max_seqlen_k": longest,
    }


class Flash4(torch.autograd.Function):
    """`flash4` and its gradients; the sums stay inside."""

    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        starts: Tensor,
        longest: int,
        window: int | None,
        scale: float,
    ) -> Tensor:
        out: Tensor
        out, sums = flash4(q, k, v, starts, longest, window, scale)
        ctx.save_for_backward(q, k, v, out, sums, starts)
        ctx.rest = longest, window, scale
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return *flash4_backward(*gradients, *ctx.saved_tensors, *ctx.rest), None, None, None, None
