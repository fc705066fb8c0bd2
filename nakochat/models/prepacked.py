"""A model for generation on a CPU -> the same with its float32 matrices laid out as oneDNN reads them fastest.

F.linear lays a matrix out anew for every product of more than one row, which takes longer than the product itself while
rows are few.  Here it happens once.  And a row adds up in the same order whatever rows stand beside it: an engine has
nothing to fill up to be exact.  That is looked at, for every shape, on the machine itself; what fails stays as it was.

The operators are those of torch.compile for weights that are frozen (torch/_inductor/fx_passes/mkldnn_fusion.py).
"""

import functools
import platform

import torch
from torch import Tensor, nn

from nakochat.models.model import Model
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

    @functools.cache
    def alike(shape: torch.Size) -> bool:
        weight = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        return is_alike(PrepackedLinear(weight), shape[1])

    if isinstance(model, Published) and model.fast_head is None and alike(model.head.weight.shape):
        model.fast_head = PrepackedLinear(model.head.weight)
        model.own_head = None
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and alike(child.weight.shape):
                setattr(parent, name, PrepackedLinear(child.weight, child.bias))
    return model


@torch.inference_mode()
def is_alike(linear: nn.Module, inputs: int) -> bool:
    """Whether a row's product is the same to the bit by itself and beside others."""
    x = torch.randn(max(COMPANIES), inputs, generator=torch.Generator().manual_seed(1))
    alone = linear(x[:1])
    return all(torch.equal(linear(x[:rows])[:1], alone) for rows in COMPANIES)
