"""A row's result is the same to the bit in any company, on several threads too, at widths that fill no vector."""

import pytest
import torch
import torch.nn.functional as F

from nakochat.models.alike import CHUNK, aligned, attend_one, gelu, sigmoid, silu
from nakochat.models.gpt2 import BiasedLinear
from nakochat.models.nako import Linear, norm

DTYPES = [torch.float32, torch.bfloat16]
THREADS = [1, 2, 3, 4]


@pytest.fixture(autouse=True)
def as_the_engine():
    """Without gradients; and with as many threads as before, afterwards."""
    before = torch.get_num_threads()
    with torch.inference_mode():
        yield
    torch.set_num_threads(before)


def rows_of(width, dtype, rows=140):
    return 3 * torch.randn(rows, width, generator=torch.Generator().manual_seed(width)).to(dtype)


def in_fours(function, x):
    """By four rows at a time, as an engine computes one token."""
    return torch.cat([function(four.clone()) for four in x.split(4)])


@pytest.mark.parametrize("function", [sigmoid, silu, gelu, torch.tanh, norm])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [48, 79, 316, 333])
def test_a_number_has_one_value_wherever_it_stands(function, dtype, width):
    x = rows_of(width, dtype)
    torch.set_num_threads(1)
    expected = in_fours(function, x)
    for threads in THREADS:
        torch.set_num_threads(threads)
        for first, end in ((0, 140), (3, 140), (5, 6), (0, 68)):
            assert torch.equal(function(x[first:end].clone()), expected[first:end]), (threads, first, end)


@pytest.mark.parametrize(("own", "theirs"), [(silu, F.silu), (gelu, lambda x: F.gelu(x, approximate="tanh"))])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_training_computes_is_nearly_the_same(own, theirs, dtype):
    x = torch.linspace(-30, 30, 1001).to(dtype)
    torch.testing.assert_close(own(x), theirs(x))
    slopes = []
    with torch.inference_mode(False), torch.enable_grad():
        for function in (own, theirs):
            again = x.clone().requires_grad_()
            made = function(again)
            torch.testing.assert_close(made, theirs(again))
            slopes += torch.autograd.grad(made, again, torch.linspace(-2, 2, 1001).to(dtype))
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize("kind", [Linear, BiasedLinear])
@pytest.mark.parametrize(("inputs", "outputs"), [(48, 192), (66, 100), (79, 66), (130, 20), (316, 64)])
def test_a_product_does_not_depend_on_the_rows_beside_it(kind, inputs, outputs):
    torch.manual_seed(0)
    linear = kind(inputs, outputs)
    x = rows_of(inputs, torch.float32)
    for threads in THREADS:
        torch.set_num_threads(threads)
        expected = in_fours(linear, x)  # of narrow products not the same on one thread and on four
        assert torch.equal(linear(x), expected)
        for row in (1, 2, 7):
            alone = torch.zeros(1, 4, inputs)
            alone[0, 0] = x[row]
            assert torch.equal(linear(alone)[0, 0], expected[row]), (threads, row)


def test_aligned_rows_are_the_same_numbers_and_usual_widths_stay_where_they_are():
    odd, usual = rows_of(79, torch.float32), rows_of(64, torch.float32)
    moved = aligned(odd)
    assert torch.equal(moved, odd)
    assert moved.stride(0) * 4 % 64 == 0
    assert aligned(usual) is usual


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("heads", "group", "width"), [(2, 3, 8), (1, 4, 64), (3, 3, 64), (6, 1, 64), (2, 2, 33)]
)
def test_attention_of_one_position_does_not_depend_on_the_others(dtype, heads, group, width):
    generator = torch.Generator().manual_seed(0)
    ends = torch.tensor([1, 64, 65, 130, 300, 500])
    count, room = len(ends), 4 * CHUNK
    q = torch.randn(count, heads, group, width, generator=generator).to(dtype)
    k, v = (torch.randn(count, heads, room, width, generator=generator).to(dtype) for _ in range(2))
    seen = torch.arange(room) < ends[:, None]
    bias = torch.where(seen, 0.0, torch.finfo(dtype).min / 2).to(dtype)[:, None, None]  # (b, 1, 1, S)

    def attend(first, end, span):
        part = slice(first, end)
        return attend_one(q[part], k[part, :, :span], v[part, :, :span], bias[part, ..., :span], 0.3)

    torch.set_num_threads(1)
    spans = [-(-end // CHUNK) * CHUNK for end in ends.tolist()]
    expected = torch.cat([attend(row, row + 1, span) for row, span in enumerate(spans)])
    whole = F.scaled_dot_product_attention(
        q.float().flatten(1, 2)[:, :, None],
        *(x.float().repeat_interleave(group, dim=1) for x in (k, v)),
        attn_mask=bias.float(),
        scale=0.3,
    )
    close = {"atol": 1e-5, "rtol": 1e-5} if dtype == torch.float32 else {"atol": 1e-2, "rtol": 1e-2}
    torch.testing.assert_close(expected.float(), whole[:, :, 0].unflatten(1, (heads, group)), **close)
    for threads in THREADS:
        torch.set_num_threads(threads)
        for first, end in ((0, 6), (1, 4), (3, 6), (2, 3)):
            assert torch.equal(attend(first, end, spans[end - 1]), expected[first:end]), (threads, first, end)
        assert torch.equal(attend(0, 2, room), expected[:2])
