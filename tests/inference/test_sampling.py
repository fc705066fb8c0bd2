import pytest
import torch

from nakochat.inference.sampling import Knobs, Sampling, Written, choose, penalise, uniform
from tests.core.without_float64 import without_float64

CPU = torch.device("cpu")


def draw(logits, samplings, positions=None):
    positions = torch.zeros(len(samplings), dtype=torch.int64) if positions is None else positions
    return choose(logits, Knobs(samplings, CPU), positions)


def test_draws_follow_the_probabilities():
    shares = torch.tensor([0.5, 0.25, 0.15, 0.1])
    rows = 20_000
    logits = shares.log().repeat(rows, 1)
    samplings = [Sampling(temperature=1.0, top_k=None, seed=row // 100) for row in range(rows)]
    chosen = draw(logits, samplings, torch.arange(rows) % 100)
    assert torch.allclose(chosen.bincount(minlength=4) / rows, shares, atol=0.015)
    drawn = uniform(torch.arange(rows), torch.zeros(rows, dtype=torch.int64))
    assert 0 <= float(drawn.min()) < 0.001
    assert 0.999 < float(drawn.max()) < 1


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"top_k": 2}, {0, 1}),
        ({"top_p": 0.6}, {0, 1}),
        ({"top_p": 0.0}, {0}),
        ({"top_p": 1e-50}, {0}),  # which is 0 in float32
        ({"top_k": 3, "top_p": 0.0}, {0}),
        ({"min_p": 0.5}, {0, 1}),
        ({"temperature": 0.0}, {0}),
        ({"top_k": 3, "top_p": 0.6}, {0, 1}),
        ({"top_k": 50}, {0, 1, 2, 3}),
    ],
)
def test_only_allowed_tokens_are_chosen(options, allowed):
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(2000, 1)
    samplings = [
        Sampling(**{"temperature": 1.0, "top_k": None, "seed": seed, **options}) for seed in range(2000)
    ]
    assert set(draw(logits, samplings).tolist()) == allowed


def test_a_row_draws_the_same_whatever_the_others_ask_for():
    generator = torch.Generator().manual_seed(0)
    kinds = [
        {"temperature": 0.0},
        {"temperature": 1.3, "top_k": None},
        {"top_k": 5},
        {"top_k": 40, "top_p": 0.9},
        {"top_k": None, "top_p": 0.8},
        {"top_k": None, "min_p": 0.1},
        {"top_k": 40, "temperature": 2.0},
    ]
    samplings = [Sampling(**kinds[row % 7], seed=row) for row in range(63)]
    logits = (3 * torch.randn(63, 300, generator=generator)).round(decimals=1)  # with ties
    positions = torch.arange(63)
    together = draw(logits, samplings, positions)
    for row in range(63):
        alone = draw(logits[row : row + 1], samplings[row : row + 1], positions[row : row + 1])
        assert alone.item() == together[row]
    shuffled = torch.randperm(63, generator=generator)
    again = draw(logits[shuffled], [samplings[row] for row in shuffled.tolist()], positions[shuffled])
    assert torch.equal(again, together[shuffled])


def test_what_is_no_number_is_told_of_that_row_alone():
    logits = torch.zeros(3, 8)
    logits[1, 4] = float("nan")
    chosen = draw(logits, [Sampling(seed=row) for row in range(3)])
    assert chosen[1] == -1
    assert min(chosen[0], chosen[2]) >= 0


def test_penalties_and_biases_change_single_tokens():
    logits = torch.tensor([2.0, 1.0, -1.0, 0.5])
    written = Written([0, 2], 4, CPU)
    written.add(0)
    written.add(1)
    written.add(1)
    sampling = Sampling(repetition_penalty=2.0, presence_penalty=0.25, frequency_penalty=0.5)
    found = penalise(logits, sampling, written, {3: 4.0})
    assert found.tolist() == [1 - 0.25 - 0.5, 0.5 - 0.25 - 1.0, -2.0, 4.5]
    assert penalise(logits, Sampling(), None, {}).tolist() == logits.tolist()


def test_a_device_without_float64_is_never_asked_for_it():
    options = [{}, {"top_p": 0.5}, {"top_k": None}, {"top_k": None, "top_p": 0.5, "min_p": 0.1}]
    samplings = [Sampling(**each) for each in options]
    with without_float64() as device:
        positions = torch.zeros(4, dtype=torch.int64, device=device)
        chosen = choose(torch.zeros(4, 90, device=device), Knobs(samplings, device), positions)
        assert (chosen.device, chosen.dtype, chosen.shape) == (device, torch.int64, (4,))
        with pytest.raises(AssertionError, match="float64"):
            uniform(positions, positions)


@pytest.mark.parametrize("temperature", [1e-40, 5e-324, 1e-6, 0.0])
def test_a_temperature_next_to_zero_is_zero(temperature):
    """Divided by it, logits would be infinite: no number, and the first token whatever it is."""
    logits = torch.tensor([float("-inf"), 1.0, 9.0, 8.0])
    for options in ({"top_k": None}, {"top_k": 3}, {"top_k": None, "top_p": 0.9}, {"min_p": 0.5}):
        (chosen,) = draw(logits[None], [Sampling(temperature=temperature, **options)]).tolist()
        assert chosen == 2
    coldest = [Sampling(temperature=1e-5, top_k=None, seed=seed) for seed in range(9)]
    large = torch.tensor([[float("-inf"), -1e4, 1e4, 1e4 - 1]]).repeat(9, 1)
    assert draw(large, coldest).tolist() == [2] * 9
