"""A model for generation -> the same with its matrices in 16, 8 or 4 bits, which are read faster.

Weights only: activations stay as they are.  bf16 is rounding alone, and most published weights are so already; without
a C compiler it saves nothing.  int8 has one scale for every output (symmetric); int4 a scale and a middle for every 32
inputs of an output (as llama.cpp's Q4_1), and its head and whatever does not divide stay in int8, which costs little
and keeps most of what is lost.  Token tables are looked up, not multiplied, and stay whole; gates that read a dozen
channels too.

On a CPU in float32 the product is our own (native.py).  Without a C compiler, and in bfloat16, torch's kernels compute,
in bfloat16 whatever the model's dtype: for float32 they have none that uses a vector
(https://github.com/pytorch/pytorch/pull/146777).  Elsewhere weights are widened as they are multiplied.

What it costs: `nako eval RUN --bpb FILE --quant int8` beside the same without; benchmarks/quantisation_loss.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.models.bits import Quant
from nakochat.models.model import Model
from nakochat.models.native import GROUP
from nakochat.models.native_linear import NativeLinear, runs_natively
from nakochat.models.published import Published

FITS = 4  # turns of levels_of; more gain next to nothing
LEAST_INPUTS = 32  # matrices with fewer are left as they are
LEAST_SCALE = 1e-12
KERNEL_DTYPE = torch.bfloat16  # of torch's kernels


class Int8Linear(nn.Module):
    """y = x·Wᵀ (+ bias) with W in int8 and a scale for each output."""

    weight: Tensor  # (out, in) int8
    scales: Tensor  # (out,) bfloat16
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        levels, scales = rounded(weight.float())
        self.register_buffer("weight", levels)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if bias is None else bias.to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)"""
        if x.device.type == "cpu":
            y: Tensor = torch._weight_int8pack_mm(_rows(x), self.weight, self.scales)
            y = y.to(x.dtype).view(*x.shape[:-1], -1)
        else:
            y = F.linear(x, self.weight.to(x.dtype)) * self.scales.to(x.dtype)
        return y if self.bias is None else y + self.bias


class Int4Linear(nn.Module):
    """y = x·Wᵀ (+ bias) with W in int4, and a scale and a middle for every GROUP inputs.  On a CPU only."""

    packed: Tensor  # (out, in / 2) uint8, in the order of the kernel
    scales_and_middles: Tensor  # (in / GROUP, out, 2) bfloat16
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        levels, scales, middles = levels_of(weight.float())
        self.register_buffer("packed", torch._convert_weight_to_int4pack_for_cpu(levels, 1))
        both = torch.stack((scales, middles), dim=-1).transpose(0, 1).contiguous()
        self.register_buffer("scales_and_middles", both)
        self.register_buffer("bias", None if bias is None else bias.to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)"""
        y: Tensor = torch._weight_int4pack_mm_for_cpu(_rows(x), self.packed, GROUP, self.scales_and_middles)
        y = y.to(x.dtype).view(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias


LOOKED_AT = (NativeLinear, Int8Linear, Int4Linear)


def narrow_inputs(model: Model) -> dict[nn.Module, int]:
    """A matrix of ours or of torch's narrow kernels, of every kind and shape, and the inputs it takes."""
    parts = [part for part in model.modules() if isinstance(part, LOOKED_AT)]
    found = {(type(part), getattr(part, "kind", None), _shape(part)): part for part in parts}
    return {part: inputs for (_, _, (_, inputs)), part in found.items()}


def _shape(part: nn.Module) -> tuple[int, int]:
    """(out, in) of one of LOOKED_AT."""
    if isinstance(part, NativeLinear):
        return part.outputs, part.inputs
    if isinstance(part, Int4Linear):
        return part.packed.shape[0], 2 * part.packed.shape[1]
    assert isinstance(part, Int8Linear)
    return part.weight.shape[0], part.weight.shape[1]


def _rows(x: Tensor) -> Tensor:
    """(..., in) -> (rows, in) as the kernels take them."""
    return x.reshape(-1, x.shape[-1]).to(KERNEL_DTYPE).contiguous()


def rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    """w ≈ level·scale.  (out, in) float32 -> levels -127..127 (out, in) int8, scales (out,) bfloat16"""
    # rounded before the weights are divided by them, which takes the rounding back
    scales = (weight.abs().amax(dim=1) / 127).clamp_min(LEAST_SCALE).to(KERNEL_DTYPE)
    return (weight / scales.float()[:, None]).round().clamp(-127, 127).to(torch.int8), scales


def levels_of(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """w ≈ (level - 8)·scale + middle.  (out, in) -> levels 0..15 (out, in) int32, the others bfloat16

    Scales and middles are (out, in / GROUP).  It begins with the range of each group, as Q4_1 has it; then, in turns,
    the line that fits the levels best and the levels nearest to it.  No turn can add to the squared error, and these
    few take an eighth of it away (Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489).  Weights that came out of
    Q4_1 lie on a line already and stay there.
    """
    groups = weight.unflatten(1, (-1, GROUP))  # (out, in / GROUP, GROUP)
    low, high = groups.amin(dim=-1, keepdim=True), groups.amax(dim=-1, keepdim=True)
    scales = (high - low) / 15
    middles = low + 8 * scales
    for _ in range(FITS):
        scales, middles = _line(groups, _nearest(groups, scales, middles))
    scales, middles = scales.clamp_min(LEAST_SCALE).to(KERNEL_DTYPE), middles.to(KERNEL_DTYPE)
    # levels once more, for the rounded scales and middles
    levels = _nearest(groups, scales.float(), middles.float()) + 8
    return levels.to(torch.int32).flatten(1), scales[..., 0], middles[..., 0]


def _nearest(groups: Tensor, scales: Tensor, middles: Tensor) -> Tensor:
    """Levels from -8 to 7."""
    return ((groups - middles) / scales.clamp_min(LEAST_SCALE)).round().clamp(-8, 7)


def _line(groups: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
    """Scales and middles with the least squared error for these levels (linear regression)."""
    level, weight = levels.mean(dim=-1, keepdim=True), groups.mean(dim=-1, keepdim=True)
    away = levels - level
    scales = (away * (groups - weight)).sum(dim=-1, keepdim=True)
    scales = scales / away.square().sum(dim=-1, keepdim=True).clamp_min(1)  # 0 where all levels are alike
    return scales, weight - level * scales


def quantise(model: Model, quant: Quant) -> Model:
    """Replace the matrices of an inference copy, in place; the model itself.

    ConfigError for int4 where there is no kernel for it.
    """
    device = model.embedding.weight.device
    if quant == "int4" and device.type != "cpu":
        raise ConfigError(
            say(
                f"int4는 CPU에서만 씁니다 (지금은 {device.type}). --quant int8을 쓰세요.",
                f"int4 is for CPUs only (this is {device.type}). Use --quant int8.",
            )
        )
    of_head: Quant = "bf16" if quant == "bf16" else "int8"
    if isinstance(model, Published) and (made := narrowed(model.head.weight, None, of_head, model.dtype)):
        model.fast_head, model.own_head = made, None
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and child.in_features >= LEAST_INPUTS:
                own = of_head if child is getattr(model, "head", None) else quant
                made = narrowed(child.weight, child.bias, own, model.dtype)
                if made is None:
                    child.weight.data = child.weight.detach().to(torch.bfloat16).to(child.weight.dtype)
                else:
                    setattr(parent, name, made)
    return model


def narrowed(weight: Tensor, bias: Tensor | None, quant: Quant, dtype: torch.dtype) -> nn.Module | None:
    """What takes a matrix's place; None where bf16 has no kernel of ours, and is for rounding only."""
    weight, bias = weight.detach(), None if bias is None else bias.detach()
    natively = runs_natively(weight, dtype)
    if quant == "bf16":
        return NativeLinear(quant, weight.to(torch.bfloat16), bias) if natively else None
    if quant == "int4" and not natively and (weight.shape[1] % GROUP or weight.shape[0] % 32):
        quant = "int8"
    if not natively:
        return Int4Linear(weight, bias, dtype) if quant == "int4" else Int8Linear(weight, bias, dtype)
    if quant == "int8":
        levels, scales = rounded(weight.float())
        return NativeLinear(quant, levels, bias, scales.float())
    levels, scales, middles = levels_of(weight.float())
    least = middles.float() - 8 * scales.float()
    return NativeLinear(quant, levels, bias, torch.stack((scales.float(), least), dim=-1))
