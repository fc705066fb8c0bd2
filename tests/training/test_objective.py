from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from nakochat.data import batches
from nakochat.data.batches import IGNORE, Batch
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import Nako, NakoConfig
from nakochat.training import objective
from nakochat.training.objective import compiled_loss, weighted_loss

LOGITS = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0))


class Fixed(nn.Module):
    """Whose head hands on what it reads."""

    logit_cap = None

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(7, 7)
        nn.init.eye_(self.head.weight)

    def hidden(self, ids, documents=None, starts=None, apply=None):
        assert documents is not None
        assert starts is not None
        return LOGITS


def batch(targets, weights) -> Batch:
    ids = torch.zeros(2, 3, dtype=torch.int64)
    return Batch.of(ids, torch.tensor(targets), torch.tensor(weights), ids)


def test_it_is_the_sum_of_weighted_surprise():
    found = weighted_loss(
        Fixed(), batch([[1, 2, IGNORE], [IGNORE, 6, 0]], [[1.0, 2.0, 9.0], [9.0, -0.5, 1.0]])
    )
    p = LOGITS.log_softmax(-1)
    expected = -(p[0, 0, 1] + 2 * p[0, 1, 2] - 0.5 * p[1, 1, 6] + p[1, 2, 0])
    assert torch.allclose(found, expected)


def test_a_temperature_divides_the_logits():
    found = weighted_loss(Fixed(), batch([[1, 2, IGNORE]] * 2, [[1.0, 2.0, 9.0]] * 2), temperature=0.5)
    p = (2 * LOGITS).log_softmax(-1)
    assert torch.allclose(found, -(p[0, 0, 1] + 2 * p[0, 1, 2] + p[1, 0, 1] + 2 * p[1, 1, 2]))


def test_nothing_asked_for_is_no_loss():
    assert weighted_loss(Fixed(), batch([[IGNORE] * 3] * 2, [[1.0] * 3] * 2)) == 0


def random_batch(asked: float) -> Batch:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 90, (8, 64), generator=generator)
    targets = torch.where(torch.rand(8, 64, generator=generator) < asked, ids.roll(-1, 1), IGNORE)
    return Batch.of(ids, targets, torch.rand(8, 64, generator=generator), torch.zeros_like(ids))


@pytest.mark.parametrize("asked", [0.0, 0.1, 0.45, 1.0])
def test_leaving_out_what_is_not_asked_changes_nothing(asked):
    model = Nako(NakoConfig(vocab_size=90, layers=2, width=32, heads=2, context=64))
    model.initialise(0)
    with torch.no_grad():
        model.head.weight.normal_(0, 0.3)
    batch = random_batch(asked)
    assert (batch.asked is None) == (asked == 1.0)
    found = weighted_loss(model, batch)
    found.backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    expected = weighted_loss(model, replace(batch, asked=None))
    expected.backward()
    assert torch.allclose(found, expected, rtol=1e-5)
    for ours, parameter in zip(gradients, model.parameters(), strict=True):
        assert torch.allclose(ours, parameter.grad, atol=1e-5)


@pytest.mark.parametrize(("asked", "temperature"), [(0.1, 1.0), (1.0, 1.0), (1.0, 0.7)])
def test_a_loss_in_chunks_is_the_loss(asked, temperature, monkeypatch):
    model = Nako(NakoConfig(vocab_size=90, layers=2, width=32, heads=2, context=64))
    model.initialise(0)
    with torch.no_grad():
        model.head.weight.normal_(0, 2.0)  # logits that the cap bends
    batch = random_batch(asked)
    found = []
    for at_once in (2**27, 128 * 100):  # 128 padded tokens: 512 places in 6 chunks, the last of another size
        monkeypatch.setattr(objective, "AT_ONCE", at_once)
        loss = weighted_loss(model, batch, temperature) / 7
        loss.backward()
        found.append((loss.detach(), [parameter.grad.clone() for parameter in model.parameters()]))
        model.zero_grad()
    (whole, expected), (parts, gradients) = found
    assert torch.allclose(whole, parts, rtol=1e-5)
    for ours, theirs in zip(gradients, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_chunks_stand_in_memory_one_at_a_time(monkeypatch):
    """Every product with the head has the rows of one chunk."""
    monkeypatch.setattr(objective, "AT_ONCE", 128 * 100)
    seen = []
    real = objective._chunk

    def chunk(part, *others):
        seen.append(len(part))
        return real(part, *others)

    monkeypatch.setattr(objective, "_chunk", chunk)
    model = Nako(NakoConfig(vocab_size=90, layers=2, width=32, heads=2, context=64))
    weighted_loss(model, random_batch(1.0))
    assert len(seen) == 6
    assert max(seen) * 128 <= 128 * 100


@pytest.mark.parametrize(("cap", "temperature"), [(None, 1.0), (None, 0.7), (15.0, 1.0), (15.0, 0.3)])
def test_of_a_sharp_or_impossible_answer_loss_and_slope_are_finite_and_true(cap, temperature):
    """The gradient is put together by hand: against autograd in float64, where probabilities are next to 0 and 1."""
    part = torch.tensor([[400.0, 0.0], [0.0, 400.0], [3.0, 1.0]])
    matrix, targets = torch.eye(2), torch.tensor([0, 0, 1])
    weights = torch.tensor([1.0, -0.5, 2.0])
    loss, *slopes = objective._chunk(part, matrix, cap, targets, weights, temperature)
    inputs = [tensor.double().requires_grad_() for tensor in (part, matrix)]
    logits = inputs[0] @ inputs[1].T
    capped = (logits if cap is None else cap * torch.tanh(logits / cap)) / temperature
    expected = (nn.functional.cross_entropy(capped, targets, reduction="none") * weights).sum()
    assert torch.allclose(loss.double(), expected, rtol=1e-5)
    for ours, theirs in zip(slopes, torch.autograd.grad(expected, inputs), strict=True):
        assert torch.allclose(ours.double(), theirs, rtol=1e-4, atol=1e-6)


@pytest.fixture
def graphs(monkeypatch):
    """How many graphs were compiled since."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    return lambda: torch._dynamo.utils.counters["stats"]["unique_graphs"]


def test_of_many_chunks_one_is_compiled(graphs, monkeypatch):
    monkeypatch.setattr(objective, "AT_ONCE", 128 * 100)
    model = Nako(NakoConfig(vocab_size=90, layers=1, width=8, heads=1, context=64))
    model.initialise(0)
    batch = random_batch(1.0)
    found = compiled_loss()(model, batch)
    # beginning, bias, layer, last norm and what is asked; and a chunk of either size, though there are six of them
    assert graphs() == 5 + 2
    assert torch.allclose(found, weighted_loss(model, batch), rtol=1e-4)


@pytest.mark.parametrize("layers", [2, 7])
def test_a_deep_model_compiles_no_more_than_a_shallow_one(layers, graphs):
    shapes = {
        "nako": (NakoConfig(vocab_size=90, layers=layers, width=16, heads=2, context=64), 2),
        "llama": (LlamaConfig(vocab_size=90, layers=layers, width=16, heads=2, context=64), 1),
        "gpt2": (GPT2Config(vocab_size=90, layers=layers, width=16, heads=2, context=64), 1),
    }
    for config, kinds in shapes.values():
        torch.compiler.reset()
        model, before = build_model(config), graphs()
        model.initialise(0)
        batch = random_batch(0.5)
        found = compiled_loss()(model, batch)
        assert graphs() - before == kinds + 5  # beginning, bias, last norm, what is asked, loss
        assert torch.allclose(found, weighted_loss(model, batch), rtol=1e-4)


def test_another_number_of_targets_compiles_nothing(graphs, monkeypatch):
    monkeypatch.setattr(batches, "ASKED", 16)
    model = Nako(NakoConfig(vocab_size=90, layers=2, width=16, heads=2, context=64))
    model.initialise(0)
    loss, made = compiled_loss(), []
    for asked in (0.4, 0.1, 0.3):
        batch = random_batch(asked)
        assert torch.allclose(loss(model, batch), weighted_loss(model, batch), rtol=1e-4)
        made.append((len(batch.asked), graphs()))
    assert len({length for length, _ in made}) == 3
    assert len({number for _, number in made}) == 1


def test_a_compiled_backward_pass_has_a_part_for_every_layer(monkeypatch):
    """So that several ranks send a layer's gradients while those of the layers before it are computed."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    torch.compiler.reset()
    model = Nako(NakoConfig(vocab_size=90, layers=5, width=16, heads=2, context=64))
    model.initialise(0)
    loss = compiled_loss()(model, random_batch(0.5))
    parts, seen, left = 0, set(), [loss.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            parts += "CompiledFunction" in node.name()
            left += [before for before, _ in node.next_functions]
    assert parts == 5 + 2  # beginning and last norm
