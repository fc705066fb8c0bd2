"""A device without float64, as Apple's GPUs are: torch's `meta`, which follows shapes and computes nothing."""

import contextlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

DEVICE = torch.device("meta")


class WithoutFloat64(TorchDispatchMode):
    """Fails where a float64 tensor is made there.  What comes from there to the CPU is zeros."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.ops.aten._to_copy.default and kwargs.get("device") == torch.device("cpu"):
            return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        out = function(*args, **kwargs)
        for made in tree_leaves(out):
            if isinstance(made, torch.Tensor) and made.device.type == DEVICE.type:
                assert made.dtype != torch.float64, f"{function} makes float64"
        return out


@contextlib.contextmanager
def without_float64():
    with WithoutFloat64():
        yield DEVICE
