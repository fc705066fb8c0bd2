"""What lies between a layer's matrices -> the same in one kernel instead of many, for generation on a GPU (Triton).

A step of one answer is as long as its number of kernels: each does nearly nothing.  The formulas stay where they are
read (attention.py, llama.py), and are what training, compilers and every other device use; these compute in float32
and round once.  Importing this file needs Triton, which comes with torch for CUDA.
"""

import triton
import triton.language as tl
from torch import Tensor, empty, empty_like

ELEMENTS = 1024  # that a program multiplies
COLUMNS = 16  # outputs of a program: few, so that small matrices keep the whole device busy


def rotate_both(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    """attention.rotate of queries (1, T, H, C) and keys (1, T, K, C) by angles (1, T, 1, C/2)."""
    rows, heads, width = q.shape[1:]
    key_heads = k.shape[2]
    turned = empty(q.shape, dtype=q.dtype, device=q.device), empty(k.shape, dtype=k.dtype, device=k.device)
    strides = (q.stride(1), q.stride(2), k.stride(1), k.stride(2))
    half = width // 2
    _rotate[(rows, heads + key_heads)](
        q, k, cos, sin, *turned, *strides, heads, key_heads, half, triton.next_power_of_2(half), num_warps=1
    )
    return turned


def silu_times(gate: Tensor, up: Tensor) -> Tensor:
    """silu(gate) * up, of one shape."""
    gate, up = gate.contiguous(), up.contiguous()
    out = empty_like(gate)
    count = gate.numel()
    _silu_times[(triton.cdiv(count, ELEMENTS),)](gate, up, out, count, ELEMENTS)
    return out


def int8_product(x: Tensor, weight: Tensor, scales: Tensor) -> Tensor:
    """x·Wᵀ with W in int8 and a scale for each output: read in 8 bits, widened where it is multiplied.

    x (rows, in), few; weight (out, in) int8; scales (out,) -> (rows, out)
    """
    x = x.contiguous()
    rows, inputs = x.shape
    outputs = len(weight)
    out = empty((rows, outputs), dtype=x.dtype, device=x.device)
    multiplied = max(16, triton.next_power_of_2(rows))
    depth = 256 if multiplied <= 16 else 128
    _int8_product[(triton.cdiv(outputs, COLUMNS),)](
        x, weight, scales, out, rows, inputs, outputs, multiplied, COLUMNS, depth, num_warps=4, num_stages=3
    )
    return out


@triton.jit
def _rotate(
    q, k, cos, sin, q_out, k_out, q_row, q_head, k_row, k_head, HEADS: tl.constexpr, KEY_HEADS: tl.constexpr,
    HALF: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """One head of one token."""
    row, head = tl.program_id(0), tl.program_id(1)
    channel = tl.arange(0, CHANNELS)
    real = channel < HALF
    c = tl.load(cos + row * HALF + channel, mask=real, other=0.0).to(tl.float32)
    s = tl.load(sin + row * HALF + channel, mask=real, other=0.0).to(tl.float32)
    if head < HEADS:
        source = q + row * q_row + head * q_head + channel
        target = q_out + (row * HEADS + head) * 2 * HALF + channel
    else:
        source = k + row * k_row + (head - HEADS) * k_head + channel
        target = k_out + (row * KEY_HEADS + head - HEADS) * 2 * HALF + channel
    first = tl.load(source, mask=real, other=0.0).to(tl.float32)
    second = tl.load(source + HALF, mask=real, other=0.0).to(tl.float32)
    tl.store(target, (first * c + second * s).to(q_out.dtype.element_ty), mask=real)
    tl.store(target + HALF, (second * c - first * s).to(q_out.dtype.element_ty), mask=real)


@triton.jit
def _silu_times(gate, up, out, count, ELEMENTS: tl.constexpr):
    at = tl.program_id(0) * ELEMENTS + tl.arange(0, ELEMENTS)
    real = at < count
    g = tl.load(gate + at, mask=real, other=0.0).to(tl.float32)
    u = tl.load(up + at, mask=real, other=0.0).to(tl.float32)
    tl.store(out + at, (g / (1.0 + tl.exp(-g)) * u).to(out.dtype.element_ty), mask=real)


@triton.jit(do_not_specialize=["rows"])
def _int8_product(
    x, weight, scales, out, rows, INPUTS: tl.constexpr, OUTPUTS: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
):  # fmt: skip
    """All rows x COLUMNS outputs."""
    column = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    row = tl.arange(0, ROWS)
    real, there = row < rows, column < OUTPUTS
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(0, INPUTS, DEPTH):
        at = start + tl.arange(0, DEPTH)
        inside = at < INPUTS
        a = tl.load(x + row[:, None] * INPUTS + at[None, :], mask=real[:, None] & inside[None, :], other=0.0)
        w = tl.load(
            weight + column[None, :] * INPUTS + at[:, None], mask=there[None, :] & inside[:, None], other=0
        )
        total += tl.dot(a, w.to(a.dtype), input_precision="ieee")
    total *= tl.load(scales + column, mask=there, other=0.0).to(tl.float32)[None, :]
    tl.store(
        out + row[:, None] * OUTPUTS + column[None, :],
        total.to(out.dtype.element_ty),
        mask=real[:, None] & there[None, :],
    )
