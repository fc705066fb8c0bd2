import pytest
import torch

from nakochat.evals import likelihood
from nakochat.evals.likelihood import ROWS, log_likelihoods
from nakochat.models.nako import Nako, NakoConfig

CPU = torch.device("cpu")


def model() -> Nako:
    built = Nako(NakoConfig(vocab_size=64, layers=2, width=32, heads=2, context=32))
    built.initialise(0)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    return built.eval()


def test_a_padded_batch_gives_what_each_gives_alone():
    built, generator = model(), torch.Generator().manual_seed(3)
    lengths = [5, 2, 33, 9, 1, 20] + [4] * ROWS
    sequences = [torch.randint(0, 64, (n,), generator=generator).tolist() for n in lengths]
    together = log_likelihoods(built, sequences, CPU)
    for sequence, found in zip(sequences[:8], together, strict=False):
        assert found.shape == (len(sequence) - 1,)
        if len(sequence) > 1:
            (alone,) = log_likelihoods(built, [sequence], CPU)
            assert torch.allclose(found, alone, atol=1e-5)
            with torch.no_grad():
                logits = built(torch.tensor([sequence[:-1]]))[0].log_softmax(-1)
            assert torch.allclose(found, logits[torch.arange(len(alone)), sequence[1:]], atol=1e-5)


def test_nothing_in_nothing_out():
    assert log_likelihoods(model(), [], CPU) == []


@pytest.mark.parametrize(("limit", "most_rows"), [(64 * 40, 40), (64 * 32, 32), (1, 1)])
def test_no_more_logits_at_once_than_the_limit(monkeypatch, limit, most_rows):
    built, generator = model(), torch.Generator().manual_seed(5)
    lengths = [33, 20, 20, 9, 9, 9, 3, 2, 1] + [2] * 50
    sequences = [torch.randint(0, 64, (n,), generator=generator).tolist() for n in lengths]
    whole = log_likelihoods(built, sequences, CPU)
    shapes = []
    built.register_forward_hook(lambda _, ids, logits: shapes.append(logits.shape))
    monkeypatch.setattr(likelihood, "LOGITS_ON_CPU", limit)
    for found, before in zip(log_likelihoods(built, sequences, CPU), whole, strict=True):
        assert torch.allclose(found, before, atol=1e-6, rtol=0)
    assert all(shape.numel() <= limit or (len(shape) == 3 and shape[0] == 1) for shape in shapes)
    assert max(shape[0] for shape in shapes) == most_rows
