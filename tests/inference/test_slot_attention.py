"""The kernels beside the formula: on a GPU, or in Triton's interpreter (TRITON_INTERPRET=1, which knows no bf16)."""

import os

import pytest
import torch

from tests.inference.slot_formula import attend_formula

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if INTERPRETED else "cuda"
pytestmark = [
    *([] if INTERPRETED else [pytest.mark.gpu]),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
LENGTH = 576
DTYPES = [torch.float32, torch.float16, *([] if INTERPRETED else [torch.bfloat16])]
CLOSE = {torch.float32: 2e-5, torch.float16: 3e-3, torch.bfloat16: 2e-2}


def tensors(heads, key_heads, width, rows, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def of(*shape):
        return torch.randn(*shape, generator=generator).to(DEVICE, dtype)

    kept = (of(5, key_heads, LENGTH, width), of(5, key_heads, LENGTH, width))
    return of(rows, heads, width), of(rows, key_heads, width), of(rows, key_heads, width), *kept


def of_many():
    """Tokens by themselves, some of which are none: the first place, the last of a piece of the slot, the very last."""
    return torch.tensor([3, -1, 0, 4, 1, -1, 2]), torch.tensor([0, -1, 255, 575, 256, -1, 300])


def of_prompts():
    """Two pieces of prompts, one short of 64 tokens, and rows that are none."""
    slots, places = torch.full((192,), -1), torch.full((192,), -1)
    slots[:50], places[:50] = 2, torch.arange(256, 306)
    slots[128:], places[128:] = 1, torch.arange(64)
    return slots, places


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("window", [None, 40])
@pytest.mark.parametrize("shape", [(4, 2, 16), (6, 2, 8), (3, 1, 32), (8, 8, 64), (8, 1, 128)], ids=str)
@pytest.mark.parametrize("alone", [True, False])
def test_the_kernels_say_what_the_formula_says(dtype, window, shape, alone):
    from nakochat.inference.slot_attention import attend_slots

    slots, places = of_many() if alone else of_prompts()
    q, k, v, keys, values = tensors(*shape, len(slots), dtype)
    expected_keys, expected_values = keys.clone(), values.clone()
    where = (slots.to(DEVICE), places.to(DEVICE))
    options = {"scale": shape[2] ** -0.5, "window": window, "alone": alone}
    expected = attend_formula(q, k, v, expected_keys, expected_values, *where, **options)
    found = attend_slots(q, k, v, keys, values, *where, **options)
    assert torch.equal(keys, expected_keys)
    assert torch.equal(values, expected_values)
    assert not found[slots < 0].any()
    torch.testing.assert_close(found, expected, rtol=0, atol=CLOSE[dtype])


def test_a_row_does_not_depend_on_its_company():
    from nakochat.inference.slot_attention import attend_slots

    slots, places = of_many()
    q, k, v, keys, values = tensors(6, 2, 32, len(slots), DTYPES[-1])
    options = {"scale": 0.2, "window": None, "alone": True}
    together = attend_slots(q, k, v, keys, values, slots.to(DEVICE), places.to(DEVICE), **options)
    for row in (slots >= 0).nonzero()[:, 0].tolist():
        here = slice(row, row + 1)
        where = (slots[here].to(DEVICE), places[here].to(DEVICE))
        single = attend_slots(q[here], k[here], v[here], keys, values, *where, **options)
        assert torch.equal(single[0], together[row])
