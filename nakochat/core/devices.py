"""A device's name -> what its maker says it can do at most, and how fast it really multiplies matrices.

Datasheets give dense bf16 products with float32 sums; figures "with sparsity" are halved.  No program reaches them:
the measured ceiling is what a training run can be held against.
"""

import math
import time
from dataclasses import dataclass

import torch

from nakochat.core.machine import synchronise


@dataclass(frozen=True, kw_only=True)
class Datasheet:
    """What a maker states of a device."""

    kind: str
    """How the command line calls it."""
    match: tuple[str, ...]
    """Words that are all in the name that the driver gives it."""
    bf16_tflops: float
    memory_gb: float
    link: str


# the more particular name first: an "H100 PCIe" is an H100 too
DATASHEETS = (
    Datasheet(
        kind="b200",
        match=("B200",),
        bf16_tflops=2250,
        memory_gb=180,
        link="https://resources.nvidia.com/en-us-dgx-systems/dgx-b200-datasheet",
    ),
    Datasheet(
        kind="h200",
        match=("H200",),
        bf16_tflops=989.4,
        memory_gb=141,
        link="https://www.nvidia.com/en-us/data-center/h200/",
    ),
    Datasheet(
        kind="h100-pcie",
        match=("H100", "PCIe"),
        bf16_tflops=756,
        memory_gb=80,
        link="https://www.nvidia.com/en-us/data-center/h100/",
    ),
    Datasheet(
        kind="h100",
        match=("H100",),
        bf16_tflops=989.4,
        memory_gb=80,
        link="https://www.nvidia.com/en-us/data-center/h100/",
    ),
    Datasheet(
        kind="a100",
        match=("A100",),
        bf16_tflops=312,
        memory_gb=80,
        link="https://www.nvidia.com/en-us/data-center/a100/",
    ),
    Datasheet(
        kind="l40s",
        match=("L40S",),
        bf16_tflops=362,
        memory_gb=48,
        link="https://www.nvidia.com/en-us/data-center/l40s/",
    ),
    Datasheet(
        kind="l4",
        match=("L4",),
        bf16_tflops=121,
        memory_gb=24,
        link="https://www.nvidia.com/en-us/data-center/l4/",
    ),
    Datasheet(
        kind="a10",
        match=("A10",),
        bf16_tflops=125,
        memory_gb=24,
        link="https://www.nvidia.com/en-us/data-center/products/a10-gpu/",
    ),
    Datasheet(
        kind="rtx4090",
        match=("RTX", "4090"),
        bf16_tflops=165.2,
        memory_gb=24,
        link="https://images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf",
    ),
    Datasheet(
        kind="rtx3090",
        match=("RTX", "3090"),
        bf16_tflops=71,
        memory_gb=24,
        link="https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.pdf",
    ),
)


def datasheet_of(name: str) -> Datasheet | None:
    """The datasheet of a device by the name that its driver gives; None for one that is not in the table."""
    words = name.replace("-", " ").split()
    return next((sheet for sheet in DATASHEETS if all(word in words for word in sheet.match)), None)


def matmul_tflops(
    device: torch.device, dtype: torch.dtype, *, size: int | None = None, repeats: int = 12
) -> float:
    """Teraflops of the fastest of several large square products: the ceiling for whatever trains here.

    Random numbers: on a GPU zeros need less power and so look faster than work is.
    """
    side = size or (8192 if device.type == "cuda" else 1024)
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = math.inf
    for _ in range(repeats):
        synchronise(device)
        began = time.perf_counter()
        torch.mm(left, right)
        synchronise(device)
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best / 1e12
