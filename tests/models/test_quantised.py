import copy

import pytest
import torch
import torch.nn.functional as F
from gguf import GGMLQuantizationType, quants

from nakochat.models import quantised
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import NakoConfig
from nakochat.models.native import KINDS, native
from nakochat.models.quantised import GROUP, Int4Linear, Int8Linear, levels_of, narrow_inputs, quantise

SHAPE = {"vocab_size": 320, "layers": 2, "width": 64, "heads": 4, "context": 32}


def weights(outputs, inputs):
    return 0.05 * torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(0))


def back(weight):
    """The weights that int4 makes of these."""
    levels, scales, middles = levels_of(weight)
    assert 0 <= levels.min() <= levels.max() <= 15
    groups = levels.unflatten(1, (-1, GROUP)) - 8
    return (groups * scales.float()[..., None] + middles.float()[..., None]).flatten(1)


def q4_1(weight):
    """Those that llama.cpp makes of them, with as many bits."""
    kind = GGMLQuantizationType.Q4_1
    return torch.from_numpy(quants.dequantize(quants.quantize(weight.numpy(), kind), kind))


@pytest.mark.parametrize("tails", [1, 3])
def test_int4_loses_less_than_q4_1(tails):
    weight = weights(64, 16 * GROUP)
    weight = weight * weight.abs() ** (tails - 1)
    ours, theirs = (found - weight for found in (back(weight), q4_1(weight)))
    assert ours.square().sum() < 0.9 * theirs.square().sum()


def test_what_came_out_of_q4_1_stays_as_it_is():
    weight = weights(64, 16 * GROUP)
    known = q4_1(weight)
    assert (back(known) - known).square().sum() < 0.002 * (known - weight).square().sum()


def test_a_group_of_one_value_keeps_it():
    for value in (0.0, -0.75, 2.0**-90):
        assert torch.equal(back(torch.full((32, GROUP), value)), torch.full((32, GROUP), value))


@pytest.mark.parametrize(("kind", "most"), [(Int8Linear, 0.01), (Int4Linear, 0.12)])
def test_a_product_is_close_to_that_of_the_whole_weights(kind, most):
    weight, bias = weights(96, 64), torch.ones(96)
    x = torch.randn(2, 5, 64, generator=torch.Generator().manual_seed(1))
    whole = F.linear(x, weight, bias)
    found = kind(weight, bias, torch.float32)(x)
    assert found.shape == whole.shape
    error = (found - whole).norm() / (whole - 1).norm()
    assert 0 < error < most


@pytest.mark.parametrize("kind", [Int8Linear, Int4Linear])
def test_a_row_is_the_same_in_every_batch(kind):
    linear = kind(weights(96, 64), None, torch.float32)
    x = torch.randn(64, 64, generator=torch.Generator().manual_seed(1))
    together = linear(x)
    for rows in (4, 8, 20, 40):
        assert torch.equal(linear(x[:rows]), together[:rows])


@pytest.fixture(params=["with a compiler", "without"])
def compiler(request, monkeypatch):
    """Whether products are our own (native_linear.py) or torch's."""
    if request.param == "without":
        monkeypatch.setattr(quantised, "runs_natively", lambda weight, dtype: False)
    elif native() is None:
        pytest.skip("needs a C compiler, and Linux")
    return request.param == "with a compiler"


@pytest.mark.parametrize("quant", ["bf16", "int8", "int4"])
@pytest.mark.parametrize(
    "config", [NakoConfig(**SHAPE), LlamaConfig(tied=True, **SHAPE), GPT2Config(**SHAPE)]
)
def test_a_model_says_nearly_the_same(config, quant, compiler):
    model = build_model(config)
    model.initialise(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.03 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    model = model.eval().requires_grad_(False)
    ids = torch.arange(32)[None]
    narrow = quantise(copy.deepcopy(model), quant)
    assert not any(type(m) is torch.nn.Linear for m in narrow.modules())
    whole, found = model(ids).log_softmax(-1), narrow(ids).log_softmax(-1)
    assert not torch.equal(found, whole)
    hidden = model.hidden(ids)
    if compiler or quant != "bf16":  # whose tied head is then left whole
        assert not torch.equal(model.logits(hidden), narrow.logits(hidden))
    assert (found - whole).abs().mean() < {"bf16": 0.005, "int8": 0.02, "int4": 0.25}[quant]


def test_every_kind_and_shape_of_matrix_is_named_once(compiler):
    model = quantise(build_model(LlamaConfig(tied=True, mlp_width=96, **SHAPE)), "int4")
    found = narrow_inputs(model)
    if compiler:
        named = [(KINDS[part.kind], part.outputs, count) for part, count in found.items()]
        assert sorted(named) == [("int4", 64, 64), ("int4", 64, 96), ("int4", 96, 64), ("int8", 320, 64)]
    else:
        named = {(type(part), count) for part, count in found.items()}
        assert named == {(Int8Linear, 64), (Int4Linear, 64), (Int4Linear, 96)}
    for part, count in narrow_inputs(model).items():
        assert part(torch.zeros(2, count)).shape[0] == 2
