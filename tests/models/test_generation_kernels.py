"""Kernels that stand for formulas in generation: on a GPU, or in Triton's interpreter (TRITON_INTERPRET=1)."""

import os

import pytest
import torch

from nakochat.inference.engine import inference_copy, join_maps
from nakochat.models.attention import rotary_table, rotate
from nakochat.models.llama import LlamaConfig, gated
from nakochat.models.model import build_model
from nakochat.models.nako import products
from nakochat.models.quantised import Int8Linear

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if INTERPRETED else "cuda"
CONFIG = LlamaConfig(vocab_size=320, layers=2, width=48, heads=6, kv_heads=2, head_size=24, context=64)


def compiled(test):
    """Needs Triton, and a GPU or its interpreter."""
    test = test if INTERPRETED else pytest.mark.gpu(test)
    return pytest.mark.filterwarnings("ignore::DeprecationWarning")(test)


@compiled
def test_heads_are_turned_as_by_the_formula():
    """Also those that lie side by side in one product's output."""
    from nakochat.models.generation_kernels import rotate_both

    both = torch.randn(1, 5, (6 + 2) * 24, device=DEVICE)
    q, k = (part.unflatten(2, (-1, 24)) for part in both.split([6 * 24, 2 * 24], dim=-1))
    cos, sin = (table[3:8, None][None].to(DEVICE) for table in rotary_table(16, 24, 1e4))
    for found, x in zip(rotate_both(q, k, cos, sin), (q, k), strict=True):
        torch.testing.assert_close(found, rotate(x, cos, sin))


@compiled
def test_a_gate_is_that_of_the_formula():
    from nakochat.models.generation_kernels import silu_times

    gate, up = torch.randn(2, 1, 7, 300, device=DEVICE)
    torch.testing.assert_close(silu_times(gate, up), gated(gate, up))


@compiled
@pytest.mark.parametrize("rows", [1, 5, 64])
def test_a_product_in_int8_is_that_of_the_widened_weights(rows):
    from nakochat.models.generation_kernels import int8_product

    x = torch.randn(rows, 300, device=DEVICE)
    narrow = Int8Linear(torch.randn(50, 300), None, torch.float32).to(DEVICE)
    expected = x @ narrow.weight.float().T * narrow.scales
    found = int8_product(x, narrow.weight, narrow.scales)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)
    assert torch.equal(int8_product(x[-1:], narrow.weight, narrow.scales)[0], found[-1]) or rows > 16


def test_one_row_is_multiplied_at_once_and_weights_are_kept_once():
    model = inference_copy(build_model(CONFIG))
    layer = model.layers[0]
    h = torch.randn(1, 3, 48)
    before = [one(h[:, :1]) for one in (layer.query, layer.key, layer.value)]
    names = list(model.state_dict())
    join_maps(model)
    assert list(model.state_dict()) == names
    assert layer.query.weight.untyped_storage().data_ptr() == layer.value.weight.untyped_storage().data_ptr()
    one_row = products(h[:, :1], layer.query, layer.key, layer.value)
    assert len({part.untyped_storage().data_ptr() for part in one_row}) == 1
    torch.testing.assert_close(list(one_row), before)
    rows = products(h, layer.query, layer.key, layer.value)
    assert len({part.untyped_storage().data_ptr() for part in rows}) == 3
    torch.testing.assert_close(rows[1], layer.key(h))


@pytest.mark.gpu
def test_a_copy_for_a_gpu_says_what_the_model_says():
    model = build_model(CONFIG)
    model.initialise(0)
    model = model.to("cuda")
    ids = torch.arange(20, device="cuda")[None]
    with torch.inference_mode():
        found = inference_copy(model)(ids)
        expected = model.cpu()(ids.cpu())
    torch.testing.assert_close(found.cpu(), expected, rtol=0, atol=1e-4)
