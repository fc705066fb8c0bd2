"""Activations and a weight -> their product in 8 bits, with one scale per tensor, computed at every step.

E4M3 for what goes forward, E5M2 for gradients, sums in float32 (https://arxiv.org/abs/2209.05433).  Others report
that it is faster than bf16 from about d20 on; here it is not measured yet.  Left out: scales per row (slower than bf16
without a kernel of their own), scales delayed by a step, and the head, whose logits need the precision.
"""

from typing import Any

import torch
from torch import Tensor

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say

_FORWARD, _BACKWARD = torch.float8_e4m3fn, torch.float8_e5m2
ALIGNED = 16  # sides of the matrices are multiples of this


def float8_linear(x: Tensor, weight: Tensor) -> Tensor:
    """x (..., inputs), weight (outputs, inputs) -> (..., outputs) in x's dtype"""
    made: Tensor = _Product.apply(x.flatten(0, -2), weight)  # type: ignore[no-untyped-call]
    return made.view(*x.shape[:-1], weight.shape[0])


def quantise(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """x in 8 bits, and the float32 scale () to multiply it by: the largest magnitude becomes the dtype's largest."""
    scale = x.abs().amax().float().clamp_min(1e-12) / torch.finfo(dtype).max
    return (x.float() / scale).to(dtype), scale


def require_float8(device: torch.device, *sides: int) -> None:
    """ConfigError where this device, or a matrix of these sides, cannot be multiplied in 8 bits."""
    able = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 9)
    if not able:
        raise ConfigError(
            say(
                "--fp8은 8비트 곱셈이 있는 NVIDIA GPU(Ada, Hopper와 그 뒤)에서만 됩니다. --fp8을 빼세요.",
                "--fp8 needs an NVIDIA GPU that multiplies in 8 bits (Ada, Hopper or later). Leave --fp8 out.",
            )
        )
    odd = [side for side in sides if side % ALIGNED]
    if odd:
        raise ConfigError(
            say(
                f"--fp8은 너비와 문맥이 {ALIGNED}의 배수여야 합니다: {odd[0]}.",
                f"--fp8 wants widths and contexts that are multiples of {ALIGNED}: {odd[0]}.",
            )
        )


class _Product(torch.autograd.Function):
    """x (N, inputs) by weight (outputs, inputs), transposed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        x8, x_scale = quantise(x, _FORWARD)
        weight8, weight_scale = quantise(weight, _FORWARD)
        ctx.save_for_backward(x8, x_scale, weight8, weight_scale)
        return _multiply(x8, weight8.t(), x_scale, weight_scale, x.dtype, fast=True)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        x8, x_scale, weight8, weight_scale = ctx.saved_tensors
        gradient8, scale = quantise(gradient, _BACKWARD)
        dtype = gradient.dtype
        of_x = _multiply(gradient8, _columns(weight8), scale, weight_scale, dtype, fast=False)
        of_weight = _multiply(gradient8.t().contiguous(), _columns(x8), scale, x_scale, dtype, fast=False)
        return of_x, of_weight.float()


def _columns(matrix: Tensor) -> Tensor:
    """The same matrix in column-major order, which the kernel needs on its right side."""
    return matrix.t().contiguous().t()


def _multiply(
    left: Tensor, right: Tensor, left_scale: Tensor, right_scale: Tensor, dtype: torch.dtype, *, fast: bool
) -> Tensor:
    """fast: accumulate in the tensor cores, which keep about 14 bits; gradients need more."""
    made: Tensor = torch._scaled_mm(
        left, right, scale_a=left_scale, scale_b=right_scale, out_dtype=dtype, use_fast_accum=fast
    )
    return made
