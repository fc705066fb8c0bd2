"""A device -> the dtype in which it computes fastest, and where float64 is computed for it."""

import math
import time

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
HOPELESS = 5.0  # times slower: a dtype that is not measured any further


def probe_dtype(device: torch.device) -> torch.dtype:
    """bf16 where it is really faster.  Some CPUs emulate it, slowly: 50 ms of matrix products show which."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type != "cpu":
        return torch.float32  # MPS and XPU: not measured yet
    seconds = _matmul_seconds((torch.float32, torch.bfloat16))
    return torch.bfloat16 if seconds[torch.bfloat16] < 0.8 * seconds[torch.float32] else torch.float32


def float64_device(device: torch.device) -> torch.device:
    """Where float64 is computed: on a CPU or CUDA GPU itself.  Apple's GPUs have none, of Intel's not all: the CPU."""
    return device if device.type in ("cpu", "cuda") else torch.device("cpu")


def _matmul_seconds(dtypes: tuple[torch.dtype, ...]) -> dict[torch.dtype, float]:
    """The fastest of several products in each dtype, taken in turn: a busy neighbour slows both.

    Small ones first: where a dtype is emulated a large product takes seconds, and a small one has told already.
    """
    for rows, inner, columns in ((256, 128, 256), (2048, 512, 1024)):
        best = dict.fromkeys(dtypes, math.inf)
        for taken in range(8):
            for dtype in dtypes:
                left, right = torch.ones(rows, inner, dtype=dtype), torch.ones(inner, columns, dtype=dtype)
                start = time.perf_counter()
                torch.mm(left, right)
                best[dtype] = min(best[dtype], time.perf_counter() - start)
            # the first products of a dtype may be slow once
            if taken > 1 and max(best.values()) > HOPELESS * min(best.values()):
                return best
    return best
