import pytest
import torch

from nakochat.core.errors import ConfigError
from nakochat.models.float8 import float8_linear, quantise, require_float8
from nakochat.models.nako import Nako, NakoConfig


def test_the_largest_number_becomes_the_largest_there_is():
    x = torch.tensor([[0.5, -7.0, 0.0]])
    small, scale = quantise(x, torch.float8_e4m3fn)
    assert float(small.float().abs().max()) == 448
    assert torch.allclose(small.float() * scale, x, rtol=0.07)
    zeros, scale = quantise(torch.zeros(2, 2), torch.float8_e5m2)
    assert not zeros.float().any()
    assert torch.isfinite(scale)


def test_a_product_and_its_gradients_are_nearly_those_of_bf16():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 32, 64, generator=generator).bfloat16().requires_grad_()
    weight = torch.randn(48, 64, generator=generator).requires_grad_()
    found = float8_linear(x, weight)
    slope = torch.randn(found.shape, generator=generator).bfloat16()
    try:
        of_x, of_weight = torch.autograd.grad(found, (x, weight), slope)
    except RuntimeError as error:
        pytest.skip(f"this torch multiplies no two kinds of 8 bits on a CPU: {error}")
    expected = torch.nn.functional.linear(x, weight.bfloat16())
    pairs = zip(torch.autograd.grad(expected, (x, weight), slope), (of_x, of_weight), strict=True)
    for exact, made in ((expected, found), *pairs):
        assert made.shape == exact.shape
        made, exact = made.detach().float(), exact.detach().float()
        error = (made - exact).norm() / exact.norm()
        assert 0 < float(error) < 0.12


def test_only_the_layers_matrices_in_training_are_multiplied_so(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "nakochat.models.nako.float8_linear", lambda x, w: calls.append(w.shape) or x @ w.to(x.dtype).T
    )
    model = Nako(NakoConfig(vocab_size=64, layers=2, width=32, heads=2, context=16))
    model.initialise(0)
    ids = torch.zeros(1, 16, dtype=torch.int64)
    model(ids)
    assert not calls
    model.use_float8()
    model(ids)
    assert len(calls) == 12
    model.eval()
    model(ids)
    assert len(calls) == 12


def test_it_is_refused_where_it_cannot_be(monkeypatch):
    with pytest.raises(ConfigError, match="--fp8"):
        require_float8(torch.device("cpu"), 64)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    with pytest.raises(ConfigError, match="Hopper"):
        require_float8(torch.device("cuda"), 64)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    require_float8(torch.device("cuda"), 64, 2048)
    with pytest.raises(ConfigError, match="24"):
        require_float8(torch.device("cuda"), 64, 24)
