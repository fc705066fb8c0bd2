"""Queries of many sequences -> what each takes from its own slot, on a GPU, in kernels of our own (Triton).

A slot is cut into pieces of SPLIT positions, which are looked at side by side (flash decoding,
https://crfm.stanford.edu/2023/10/12/flashdecoding.html), and what they found is put together in order.  Where the cuts
are and in which order numbers are added depends on a token's place alone: not on how many other tokens are computed,
nor on where in the step it stands.  So an answer's bits do not depend on its company.

Which slot and which place are tensors: a captured graph serves every step (passes.py).  Importing this file needs
Triton, which comes with torch for CUDA.
"""

import triton
import triton.language as tl
from torch import Tensor, empty, empty_like, float32

SPLIT = 256  # positions that one program looks at
MOST_SPLITS = 32  # of the longest slots: beyond it a program looks at more
QUERIES = 64  # heads x tokens that one program multiplies where a prompt is read
EVERYWHERE = 2**30  # a window that hides nothing


def attend_slots(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    keys: Tensor,
    values: Tensor,
    slots: Tensor,
    places: Tensor,
    *,
    scale: float,
    window: int | None,
    alone: bool,
) -> Tensor:
    """Write k and v (N, K, C) of N tokens to their slots and attend with q (N, H, C).  -> (N, H, C)

    keys, values (slots, K, S, C), S a multiple of 64; slots, places (N,) int64, -1 for rows that are no tokens.  alone:
    every row is of another sequence; otherwise QUERIES rows, counted from the first, are one sequence's, in order.
    """
    q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
    rows, heads, width = q.shape
    key_heads, length = keys.shape[1:3]
    group = heads // key_heads
    wide = triton.next_power_of_2(group)
    tile = 1 if alone else max(1, QUERIES // wide)
    block = 64 if keys.element_size() == 2 else 32
    split = max(SPLIT, triton.cdiv(triton.cdiv(length, MOST_SPLITS), 64) * 64)
    splits = triton.cdiv(length, split)
    channels = max(16, triton.next_power_of_2(width))
    near = EVERYWHERE if window is None else window
    _store[(rows, key_heads)](
        k, v, keys, values, slots, places, keys.stride(0), keys.stride(1), key_heads, width, channels
    )
    found = empty((rows, heads, splits, width), dtype=float32, device=q.device)
    scores = empty((2, rows, heads, splits), dtype=float32, device=q.device)  # the largest, and their sum
    queries = max(16, tile * wide)
    _attend[(rows // tile, key_heads, splits)](
        q,
        keys,
        values,
        slots,
        places,
        found,
        scores[0],
        scores[1],
        keys.stride(0),
        keys.stride(1),
        scale * 1.4426950408889634,  # powers of 2 are faster than of e
        near,
        heads,
        width,
        group,
        wide,
        tile,
        queries,
        channels,
        block,
        split,
        splits,
        num_warps=8 if queries * channels > 8192 else 4,
        num_stages=2,
    )
    out = empty_like(q)
    _combine[(rows, heads)](
        found, scores[0], scores[1], places, out, near, heads, width, channels, split, splits, num_warps=1
    )
    return out


@triton.jit
def _store(
    k, v, keys, values, slots, places, of_slot, of_head, KEY_HEADS: tl.constexpr, WIDTH: tl.constexpr,
    CHANNELS: tl.constexpr,
):  # fmt: skip
    """One head's key and value of one token into its slot."""
    row, head = tl.program_id(0), tl.program_id(1)
    slot = tl.load(slots + row)
    if slot >= 0:
        channel = tl.arange(0, CHANNELS)
        real = channel < WIDTH
        source = (row * KEY_HEADS + head) * WIDTH + channel
        target = slot * of_slot + head * of_head + tl.load(places + row) * WIDTH + channel
        tl.store(keys + target, tl.load(k + source, mask=real), mask=real)
        tl.store(values + target, tl.load(v + source, mask=real), mask=real)


@triton.jit(do_not_specialize=["window"])
def _attend(
    q, keys, values, slots, places, found, most, sums, of_slot, of_head, scale, window, HEADS: tl.constexpr,
    WIDTH: tl.constexpr, GROUP: tl.constexpr, WIDE: tl.constexpr, TILE: tl.constexpr, QUERIES: tl.constexpr,
    CHANNELS: tl.constexpr, BLOCK: tl.constexpr, SPLIT: tl.constexpr, SPLITS: tl.constexpr,
):  # fmt: skip
    """TILE tokens x the query heads of one key head, over one piece of their slot."""
    tile, head, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    slot = tl.load(slots + tile * TILE)
    query = tl.arange(0, QUERIES)
    token, member = query // WIDE, query % WIDE
    row = tile * TILE + token
    real = (token < TILE) & (member < GROUP)
    place = tl.load(places + row, mask=token < TILE, other=-1).to(tl.int32)
    nearest = tl.maximum(place - window + 1, 0)  # the first position that a token sees
    first = tl.min(tl.where(place >= 0, nearest, 2147483647), axis=0)
    begin = tl.maximum(split * SPLIT, first // BLOCK * BLOCK)
    end = tl.minimum((split + 1) * SPLIT, tl.max(place, axis=0) + 1)
    if (slot >= 0) & (begin < end):
        channel = tl.arange(0, CHANNELS)
        inside = channel < WIDTH
        head_of_query = row * HEADS + head * GROUP + member
        asked = tl.load(
            q + head_of_query[:, None] * WIDTH + channel[None, :],
            mask=real[:, None] & inside[None, :],
            other=0.0,
        )
        largest = tl.full([QUERIES], float("-inf"), tl.float32)
        total = tl.zeros([QUERIES], tl.float32)
        taken = tl.zeros([QUERIES, CHANNELS], tl.float32)
        base = slot * of_slot + head * of_head
        for start in range(begin, end, BLOCK):
            at = start + tl.arange(0, BLOCK)
            held = at < end
            key = tl.load(
                keys + base + at[None, :] * WIDTH + channel[:, None],
                mask=held[None, :] & inside[:, None],
                other=0.0,
            )
            score = tl.dot(asked, key, input_precision="ieee") * scale
            seen = (at[None, :] <= place[:, None]) & (at[None, :] >= nearest[:, None])
            score = tl.where(seen, score, float("-inf"))
            higher = tl.maximum(largest, tl.max(score, axis=1))
            level = tl.where(higher == float("-inf"), 0.0, higher)  # of a token that has seen nothing yet
            share = tl.exp2(score - level[:, None])
            fade = tl.exp2(largest - level)
            value = tl.load(
                values + base + at[:, None] * WIDTH + channel[None, :],
                mask=held[:, None] & inside[None, :],
                other=0.0,
            )
            taken = taken * fade[:, None] + tl.dot(share.to(value.dtype), value, input_precision="ieee")
            total = total * fade + tl.sum(share, axis=1)
            largest = higher
        piece = head_of_query * SPLITS + split
        tl.store(
            found + piece[:, None] * WIDTH + channel[None, :], taken, mask=real[:, None] & inside[None, :]
        )
        tl.store(most + piece, largest, mask=real)
        tl.store(sums + piece, total, mask=real)


@triton.jit(do_not_specialize=["window"])
def _combine(
    found, most, sums, places, out, window, HEADS: tl.constexpr, WIDTH: tl.constexpr, CHANNELS: tl.constexpr,
    SPLIT: tl.constexpr, SPLITS: tl.constexpr,
):  # fmt: skip
    """What a token's head found in the pieces of its slot, in order; zeros for a row that is no token."""
    row, head = tl.program_id(0), tl.program_id(1)
    place = tl.load(places + row).to(tl.int32)
    channel = tl.arange(0, CHANNELS)
    inside = channel < WIDTH
    query = row * HEADS + head
    largest = float("-inf")
    total = 0.0
    taken = tl.zeros([CHANNELS], tl.float32)
    for split in range(tl.maximum(place - window + 1, 0) // SPLIT, (place + SPLIT) // SPLIT):
        piece = query * SPLITS + split
        own = tl.load(most + piece)
        higher = tl.maximum(largest, own)
        fade, weight = tl.exp2(largest - higher), tl.exp2(own - higher)
        taken = taken * fade + weight * tl.load(found + piece * WIDTH + channel, mask=inside, other=0.0)
        total = total * fade + weight * tl.load(sums + piece)
        largest = higher
    taken = taken / tl.where(total > 0.0, total, 1.0)
    tl.store(out + query * WIDTH + channel, taken.to(out.dtype.element_ty), mask=inside)
