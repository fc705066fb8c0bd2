"""A matrix in float32, bf16, int8 or int4 -> a layer that multiplies by it in float32, by native.py.  On a CPU only.

A row's product is the same to the bit whatever rows stand beside it, on any number of threads.
"""

import functools

import torch
from torch import Tensor, nn

from nakochat.models.native import GROUP, KINDS, OUTPUTS, native


def runs_natively(weight: Tensor, dtype: torch.dtype) -> bool:
    """Whether a matrix (out, in) can be one of these, in a model that computes in dtype."""
    outputs, inputs = weight.shape
    fits = outputs % OUTPUTS == 0 and inputs % GROUP == 0
    return fits and dtype == torch.float32 and weight.device.type == "cpu" and native() is not None


class NativeLinear(nn.Module):
    """y = x·Wᵀ (+ bias)"""

    weight: Tensor  # (out / OUTPUTS, in, OUTPUTS) float32, bfloat16 or int8; int4: native.c's words, as bytes
    scales: Tensor | None  # int8: (out,); int4: (out / OUTPUTS, in / GROUP, 2, OUTPUTS), see native.c
    bias: Tensor | None

    def __init__(self, kind: str, weight: Tensor, bias: Tensor | None, scales: Tensor | None = None) -> None:
        """weight (out, in), in float32 or bf16, or levels.  int8: a weight is level·scale, scales (out,).  int4: levels
        are 0 to 15, and a weight is level·scale + least, scales (out, in / GROUP, 2)."""
        super().__init__()
        self.kind, (self.outputs, self.inputs) = KINDS.index(kind), weight.shape
        blocks = weight.reshape(-1, OUTPUTS, self.inputs).transpose(1, 2)
        if kind == "int4":
            assert scales is not None
            eighths = blocks.to(torch.int32).unflatten(1, (-1, 8)).unbind(dim=2)
            words = functools.reduce(torch.bitwise_or, (part << 4 * j for j, part in enumerate(eighths)))
            blocks = words.contiguous().view(torch.uint8).view(-1, self.inputs, OUTPUTS // 2)
            scale, least = scales.unbind(dim=-1)  # to be those of 1 + level / 16, see native.c
            scales = torch.stack((16 * scale, least - 16 * scale), dim=-1)
            scales = scales.reshape(-1, OUTPUTS, self.inputs // GROUP, 2).permute(0, 2, 3, 1).contiguous()
        self.register_buffer("weight", blocks.contiguous())
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if bias is None else bias.float())
        # beside the buffers, which are counted, but which a conversion of the model would change; and quicker to reach
        self._laid_out = self.weight, self.scales, self.bias

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)"""
        functions = native()
        assert functions is not None  # else this would not have been made
        weight, scales, bias = self._laid_out
        y = functions.product(self.kind, x, weight, scales, self.outputs)
        return y if bias is None else y + bias
