from dataclasses import replace

import pytest
import torch
from torch import nn

from nakochat.data.batches import IGNORE, Batch
from nakochat.models.nako import Nako, NakoConfig
from nakochat.training.objective import weighted_loss

LOGITS = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0))


class Fixed(nn.Module):
    def hidden(self, ids, documents=None):
        assert documents is not None
        return LOGITS

    def logits(self, hidden):
        return hidden


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
