import math

import pytest
import torch

from nakochat.data.batches import document_starts
from nakochat.models.attention import (
    KVCache,
    Sight,
    attend,
    attend_fused,
    attend_materialised,
    attend_varlen,
    causal_bias,
    rotary_table,
    rotate,
)
from nakochat.models.nako import NakoConfig


def tensors(heads: int = 4, kv_heads: int = 4, length: int = 7, seen: int = 7):
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, length, heads, 8), (2, seen, kv_heads, 8), (2, seen, kv_heads, 8))
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
def test_both_ways_to_attend_agree_with_the_formula(kv_heads):
    q, k, v = tensors(kv_heads=kv_heads)
    bias = causal_bias(torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0] * 7]), torch.float32)
    found = attend_materialised(q, k, v, bias, 0.3)
    assert torch.allclose(found, attend_fused(q, k, v, bias, 0.3), atol=1e-5)
    for row, position, head in ((0, 4, 1), (1, 6, 3), (0, 0, 0)):
        there = bias[row, position] == 0
        key = head * kv_heads // 4  # neighbouring query heads share a key head
        shares = torch.softmax(0.3 * k[row, there, key] @ q[row, position, head], dim=0)
        assert torch.allclose(found[row, position, head], shares @ v[row, there, key], atol=1e-5)


def test_a_position_sees_its_own_document_until_itself():
    bias = causal_bias(torch.tensor([[0, 0, 1, 1, -1]]), torch.float32)[0]
    assert (bias == 0).tolist() == [
        [True, False, False, False, False],
        [True, True, False, False, False],
        [False, False, True, False, False],
        [False, False, True, True, False],
        [False, False, False, False, True],
    ]


def test_rotation_turns_by_the_position_and_products_depend_on_distance_only():
    cos, sin = rotary_table(32, 8, 1e4)
    generator = torch.Generator().manual_seed(1)
    q, k = (torch.randn(8, generator=generator).expand(1, 32, 1, 8) for _ in range(2))
    turned_q, turned_k = (rotate(x, cos[:, None], sin[:, None])[0, :, 0] for x in (q, k))
    products = turned_q @ turned_k.T
    for distance in (0, 1, 5):
        along = products.diagonal(distance)
        assert torch.allclose(along, along[:1].expand_as(along), atol=1e-4)
    assert not torch.allclose(products.diagonal(0)[0], products.diagonal(5)[0], atol=1e-3)
    assert torch.allclose(turned_q.norm(dim=-1), q[0, :, 0].norm(dim=-1), atol=1e-5)
    one = torch.tensor([1.0, 0.0]).expand(1, 3, 1, 2)  # the fastest pair turns by one radian per position
    cos, sin = rotary_table(3, 2, 1e4)
    turned = rotate(one, cos[:, None], sin[:, None])[0, 2, 0]
    assert torch.allclose(turned.abs(), torch.tensor([abs(math.cos(2)), math.sin(2)]), atol=1e-6)


ONE_HEAD = NakoConfig(vocab_size=8, layers=1, width=2, heads=1)


def test_a_cache_keeps_rows_of_their_own_length():
    cache = KVCache.empty(ONE_HEAD, rows=2, length=6, dtype=torch.float32, device=torch.device("cpu"))
    new = torch.arange(1.0, 13.0).view(2, 3, 1, 2)
    cache.store(0, new, -new)
    cache.advance(torch.tensor([3, 1]))  # the second row's last two were padding
    assert cache.positions(2).tolist() == [[3, 4], [1, 2]]
    assert (cache.bias(1) == 0)[:, 0].tolist() == [[True] * 4 + [False] * 2, [True] * 2 + [False] * 4]
    more = torch.full((2, 1, 1, 2), 50.0)
    keys, values = cache.store(0, more, -more)
    assert keys[1, :3, 0, 0].tolist() == [7.0, 50.0, 11.0]
    assert torch.equal(values, -keys)
    chosen = cache.select(torch.tensor([1, 1, 0]))
    assert chosen.lengths.tolist() == [1, 1, 3]
    assert torch.equal(chosen.keys[0, 2], cache.keys[0, 0])
    chosen.keys.zero_()
    assert cache.keys.any()  # a copy


DOCUMENTS = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 2, -1]])


def varlen_by_the_formula():
    """What torch.nn.attention.varlen computes on a GPU, one sequence after the other."""

    def varlen_attn(q, k, v, starts_q, starts_k, longest_q, longest_k, *, scale, window_size):
        assert q.shape == k.shape  # torch 2.11 takes no grouped heads
        assert starts_q.dtype == torch.int32
        assert int(starts_q.diff().max()) <= longest_q == longest_k
        left, right = window_size
        assert right == 0
        made = []
        for first, last in zip(starts_q[:-1].tolist(), starts_k[1:].tolist(), strict=True):
            part_q, part_k, part_v = (x[None, first:last] for x in (q, k, v))
            together = torch.zeros(1, last - first, dtype=torch.int64)
            bias = causal_bias(together, torch.float32, None if left < 0 else left + 1)
            made.append(attend_materialised(part_q, part_k, part_v, bias, scale)[0])
        return torch.cat(made)

    return varlen_attn


@pytest.mark.parametrize("window", [None, 1, 3])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_kernels_that_know_where_documents_begin_are_given_the_same(monkeypatch, window, kv_heads):
    q, k, v = tensors(kv_heads=kv_heads)
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", varlen_by_the_formula())
    expected = attend(q, k, v, Sight(causal_bias(DOCUMENTS, torch.float32, window)), 0.3)
    found = attend(q, k, v, Sight(None, document_starts(DOCUMENTS), window, attend_varlen), 0.3)
    assert torch.allclose(found, expected, atol=1e-5)


def test_a_window_counts_the_position_itself():
    near = (causal_bias(DOCUMENTS[1:, :4], torch.float32, 2)[0] == 0).int().tolist()
    assert near == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    assert document_starts(DOCUMENTS).tolist() == [0, 3, 7, 12, 13, 14]


def test_a_cache_looks_back_as_far_as_the_window():
    cache = KVCache.empty(ONE_HEAD, rows=1, length=6, dtype=torch.float32, device=torch.device("cpu"))
    cache.advance(torch.tensor([3]))
    assert (cache.bias(2, 2) == 0)[0].tolist() == [
        [False, False, True, True, False, False],
        [False, False, False, True, True, False],
    ]
