"""A model for generation on a CPU -> the same with its float32 matrices laid out as they are read fastest.

With a C compiler that is for our own products (native_linear.py), which read a matrix from one end to the other.
Without one it is for oneDNN's: F.linear lays a matrix out anew for every product of more than one row, which takes
longer than the product itself while rows are few; here it happens once.  Either way a row adds up in the same order
whatever rows stand beside it: an engine has nothing to fill up to be exact.  oneDNN's is looked at, for every shape, on
the machine itself; what fails stays as it was.

oneDNN's operators are those of torch.compile for weights that are frozen
(torch/_inductor/fx_passes/mkldnn_fusion.py).
"""

import functools
import platform

import torch
from torch import Tensor, nn

from nakochat.models.model import Model
from nakochat.models.native_linear import NativeLinear, runs_natively
from nakochat.models.published import Published

COMPANIES = (2, 5, 16, 64)  # rows beside which a row is looked at


class PrepackedLinear(nn.Module):
    """y = x·Wᵀ (+ bias) in float32.  Its weight can be read by nothing else, nor copied."""

    weight: Tensor  # (out, in), opaque
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        with torch.inference_mode(False):
            weight = weight.detach()
            plain = weight.clone() if weight.is_inference() else weight
            self.register_buffer("weight", torch.ops.mkldnn._reorder_linear_weight(plain, None))
        self.register_buffer("bias", None if bias is None else bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)"""
        y: Tensor = torch.ops.mkldnn._linear_pointwise(x.contiguous(), self.weight, self.bias, "none", [], "")
        return y


def can_prepack(device: torch.device) -> bool:
    """Whether torch has these operators here: on x86."""
    x86 = platform.machine() in ("x86_64", "AMD64")
    return x86 and device.type == "cpu" and torch.backends.mkldnn.is_available()


def prepack(model: Model) -> Model:
    """Replace the matrices of a float32 inference copy, in place; the model itself."""
    able = can_prepack(model.embedding.weight.device)

    @functools.cache
    def alike(shape: torch.Size) -> bool:
        weight = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        return is_alike(PrepackedLinear(weight), shape[1])

    def laid_out(weight: Tensor, bias: Tensor | None) -> nn.Module | None:
        """What takes a matrix's place, if anything."""
        if runs_natively(weight, model.dtype):
            return NativeLinear("float32", weight.detach(), None if bias is None else bias.detach())
        return PrepackedLinear(weight, bias) if able and alike(weight.shape) else None

    if isinstance(model, Published) and model.fast_head is None:
        model.fast_head = laid_out(model.head.weight, None)
        if model.fast_head is not None:
            model.own_head = None
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and (made := laid_out(child.weight, child.bias)) is not None:
                setattr(parent, name, made)
    return model


@torch.inference_mode()
def is_alike(linear: nn.Module, inputs: int) -> bool:
    """Whether a row's product is the same to the bit by itself and beside others."""
    x = torch.randn(max(COMPANIES), inputs, generator=torch.Generator().manual_seed(1))
    alone = linear(x[:1])
    return all(torch.equal(linear(x[:rows])[:1], alone) for rows in COMPANIES)
