import torch
from torch import nn

from nakochat.data.batches import IGNORE, Batch
from nakochat.training.objective import weighted_loss

LOGITS = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0))


class Fixed(nn.Module):
    def forward(self, ids, documents=None):
        assert documents is not None
        return LOGITS


def batch(targets, weights) -> Batch:
    ids = torch.zeros(2, 3, dtype=torch.int64)
    return Batch(ids, torch.tensor(targets), torch.tensor(weights), ids)


def test_it_is_the_sum_of_weighted_surprise():
    found = weighted_loss(
        Fixed(), batch([[1, 2, IGNORE], [IGNORE, 6, 0]], [[1.0, 2.0, 9.0], [9.0, -0.5, 1.0]])
    )
    p = LOGITS.log_softmax(-1)
    expected = -(p[0, 0, 1] + 2 * p[0, 1, 2] - 0.5 * p[1, 1, 6] + p[1, 2, 0])
    assert torch.allclose(found, expected)


def test_nothing_asked_for_is_no_loss():
    assert weighted_loss(Fixed(), batch([[IGNORE] * 3] * 2, [[1.0] * 3] * 2)) == 0
