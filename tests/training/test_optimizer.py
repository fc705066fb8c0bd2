import pytest
import torch
from torch import nn

from nakochat.training.optimizer import ADAM_RATES, Optimizer, adamw_rates, muon, orthogonalise

REFERENCE = 2**19  # tokens per step at which no rate is scaled


class Toy(nn.Module):
    """A linear map with a matrix for Muon and a head for AdamW."""

    def __init__(self, seed: int = 0, width: int = 24) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.matrix = nn.Parameter(torch.randn(width, width, generator=generator) * 0.2)
        self.wide = nn.Parameter(torch.randn(width // 2, width, generator=generator) * 0.2)
        self.head = nn.Parameter(torch.randn(5, width // 2, generator=generator) * 0.2)

    def forward(self, x):
        return (x @ self.matrix.T).relu() @ self.wide.T @ self.head.T


def optimizer_of(toy: Toy, **changes) -> Optimizer:
    options = {
        "matrix_rate": 0.02,
        "weight_decay": 0.1,
        "width": 768,
        "tokens_per_step": REFERENCE,
        **changes,
    }
    return Optimizer(toy, {"matrices": [toy.matrix, toy.wide], "head": [toy.head]}, **options)


def data():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(64, 24, generator=generator)
    return x, torch.randn(64, 5, generator=generator)


def run(toy: Toy, optimizer: Optimizer, steps: range) -> list[float]:
    x, y = data()
    losses = []
    for number in steps:
        loss = (toy(x) - y).square().mean()
        loss.backward()
        optimizer.step(number, rate=1.0, momentum=0.9, decay=1.0)
        optimizer.zero_gradients()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("shape", [(3, 64, 16), (2, 16, 64), (1, 32, 48)])
def test_singular_values_become_one_and_directions_stay(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 7
    found = orthogonalise(matrices, torch.float32)
    values = torch.linalg.svdvals(found)
    assert 0.8 < float(values.min()) <= float(values.max()) < 1.2
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    assert torch.allclose(found, u @ vh, atol=0.15)
    assert not orthogonalise(torch.zeros(1, 4, 4), torch.float32).any()


@pytest.mark.parametrize("shape", [(3, 64, 16), (2, 16, 64), (2, 32, 64)])
@pytest.mark.parametrize("rank", [3, 64])
def test_a_long_matrix_comes_out_as_if_it_had_been_iterated_itself(shape, rank):
    generator = torch.Generator().manual_seed(0)
    count, rows, columns = shape
    left, right = (torch.randn(count, side, rank, generator=generator) for side in (rows, columns))
    matrices = left @ right.mT
    assert torch.allclose(
        orthogonalise(matrices, torch.float32), orthogonalise(matrices, torch.float64), atol=1e-4
    )


def test_a_scale_changes_nothing_about_the_direction():
    matrices = torch.randn(1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        orthogonalise(matrices, torch.float32), orthogonalise(matrices * 1000, torch.float32), atol=1e-3
    )


def test_the_adam_half_is_torch_adamw():
    ours, theirs = Toy(), Toy()
    optimizer = optimizer_of(ours)
    rates = ADAM_RATES["head"]
    reference = torch.optim.AdamW(
        [theirs.head], lr=rates.learning_rate, betas=rates.betas, eps=1e-10, weight_decay=rates.weight_decay
    )
    x, y = data()
    for number in range(12):
        for toy in (ours, theirs):
            with torch.no_grad():  # only the heads differ between the two
                theirs.matrix.copy_(ours.matrix)
                theirs.wide.copy_(ours.wide)
            (toy(x) - y).square().mean().backward()
        share = 1.0 - number / 20
        optimizer.step(number, rate=share, momentum=0.9, decay=1.0)
        reference.param_groups[0]["lr"] = rates.learning_rate * share
        reference.step()
        optimizer.zero_gradients()
        theirs.zero_grad()
    assert not torch.allclose(ours.head, Toy().head, atol=1e-2)
    assert torch.allclose(ours.head, theirs.head, atol=1e-6)


def test_rates_follow_width_and_batch():
    large = optimizer_of(Toy(), width=192, tokens_per_step=REFERENCE * 2)
    (_, rates, peak), *_ = large._adam
    assert peak == pytest.approx(rates.learning_rate * 2 * 2**0.5)  # (192/768)^-1/2, sqrt(2)
    (_, _, peak), *_ = optimizer_of(Toy(), width=192, tokens_per_step=REFERENCE // 64)._adam
    assert peak == pytest.approx(rates.learning_rate * 2)  # a smaller batch does not lower it


def test_it_learns_and_muon_alone_does_too():
    toy = Toy()
    optimizer = optimizer_of(toy)
    losses = run(toy, optimizer, range(60))
    assert losses[-1] < 0.5 * losses[0]
    toy = Toy()
    toy.head.requires_grad_(False)
    losses = run(toy, optimizer_of(toy), range(60))
    assert losses[-1] < 0.7 * losses[0]


def test_an_update_has_the_size_that_the_rate_says():
    toy = Toy()
    before = toy.matrix.detach().clone()
    run(toy, optimizer_of(toy, weight_decay=0.0), range(1))
    update = (toy.matrix.detach() - before) / 0.02
    assert float(update.norm()) == pytest.approx(24**0.5, rel=0.15)  # that of an orthogonal matrix
    rows = update.norm(dim=-1)
    assert float(rows.std() / rows.mean()) < 0.05  # NorMuon: every row moves as far


@pytest.mark.parametrize(("shape", "larger"), [((24, 12), 2**0.5), ((12, 24), 1.0), ((12, 12), 1.0)])
def test_a_matrix_with_more_rows_than_columns_takes_larger_steps(shape, larger):
    layer = nn.Linear(shape[1], shape[0], bias=False)
    before = layer.weight.detach().clone()
    optimizer = Optimizer(
        layer, {"matrices": [layer.weight]}, matrix_rate=0.02, weight_decay=0.0, width=768, tokens_per_step=1
    )
    layer.weight.grad = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    optimizer.step(0, rate=1.0, momentum=0.9, decay=1.0)
    update = (before - layer.weight.detach()) / 0.02
    assert float(update.norm()) == pytest.approx(larger * 12**0.5, rel=0.15)


def test_muon_is_what_its_papers_say():
    """Nesterov's momentum, rows divided by their running size, and decay where it agrees: written out."""
    draw = torch.Generator().manual_seed(0)
    weights = torch.randn(2, 6, 8, generator=draw)
    ours = weights.clone()
    moments, variances = torch.zeros(2, 6, 8), torch.zeros(2, 6, 1)
    moment, variance = torch.zeros(2, 6, 8), torch.zeros(2, 6, 1)
    for _ in range(4):
        gradient = torch.randn(2, 6, 8, generator=draw)
        muon(
            *(gradient, moments, variances, ours),
            rate=0.1,
            momentum=0.9,
            decay=0.5,
            dtype=torch.float32,
        )
        moment = 0.9 * moment + 0.1 * gradient
        update = orthogonalise(0.9 * moment + 0.1 * gradient, torch.float32)
        variance = 0.9 * variance + 0.1 * (update**2).mean(dim=-1, keepdim=True)
        even = update / variance.sqrt()
        even *= update.norm(dim=(-2, -1), keepdim=True) / even.norm(dim=(-2, -1), keepdim=True)
        decayed = torch.where(even * weights >= 0, 0.5 * weights, 0.0)
        weights = weights - 0.1 * (even + decayed)
        assert torch.allclose(ours, weights, atol=1e-5)
    assert torch.allclose(moments, moment, atol=1e-6)


def test_rate_and_decay_are_shares_of_the_peaks():
    def stepped(rate: float, decay: float, peak: float):
        toy = Toy()
        x, y = data()
        (toy(x) - y).square().mean().backward()
        optimizer_of(toy, weight_decay=peak).step(0, rate=rate, momentum=0.9, decay=decay)
        return [(p - q).detach() for p, q in zip(toy.parameters(), Toy().parameters(), strict=True)]

    for half, whole in zip(stepped(0.5, 1.0, 0.1), stepped(1.0, 1.0, 0.1), strict=True):
        assert torch.allclose(2 * half, whole, atol=1e-6)
    for share, peak in zip(stepped(1.0, 0.25, 8.0), stepped(1.0, 1.0, 2.0), strict=True):
        assert torch.equal(share, peak)
    assert not torch.equal(stepped(1.0, 0.25, 8.0)[0], stepped(1.0, 1.0, 8.0)[0])


@pytest.mark.parametrize("alone", [None, adamw_rates(1e-2, 0.99, 0.1)])
def test_a_scale_is_that_of_every_rate(alone):
    whole, half = optimizer_of(Toy(), alone=alone), optimizer_of(Toy(), alone=alone, scale=0.5)
    assert half.peaks == pytest.approx({name: peak / 2 for name, peak in whole.peaks.items()})


def test_cautious_decay_acts_only_where_it_agrees_with_the_update():
    plain, decayed = Toy(), Toy()
    before = plain.matrix.detach().clone()
    run(plain, optimizer_of(plain, weight_decay=0.0), range(1))
    run(decayed, optimizer_of(decayed, weight_decay=5.0), range(1))
    update = before - plain.matrix.detach()
    more = plain.matrix.detach() - decayed.matrix.detach()
    agrees = update * before > 0
    assert torch.allclose(more[agrees], 0.02 * 5.0 * before[agrees], atol=1e-6)
    assert not more[~agrees].any()


def test_a_stopped_run_goes_on_exactly():
    whole, half = Toy(), Toy()
    run(whole, optimizer_of(whole), range(10))
    first = optimizer_of(half)
    run(half, first, range(5))
    saved = {name: tensor.clone() for name, tensor in first.state.items()}
    second = optimizer_of(half)
    second.load_state(saved)
    run(half, second, range(5, 10))
    for ours, theirs in zip(whole.parameters(), half.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert any(name.startswith("head.") for name in saved)


def test_the_norm_is_that_of_all_gradients():
    toy = Toy()
    optimizer = optimizer_of(toy)
    x, y = data()
    (toy(x) - y).square().mean().backward()
    every = torch.cat([parameter.grad.flatten() for parameter in toy.parameters()])
    assert float(optimizer.gradient_norm()) == pytest.approx(float(every.norm()), rel=1e-5)


def test_adamw_alone_is_torch_s_and_matrices_decay_only():
    ours, theirs = Toy(), Toy()
    rates = adamw_rates(1e-2, 0.99, 0.1)
    optimizer = optimizer_of(ours, alone=rates)
    assert set(optimizer.peaks.values()) == {1e-2}
    reference = torch.optim.AdamW(
        theirs.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.1, eps=1e-10
    )
    x, y = data()
    for number in range(5):
        for toy in (ours, theirs):
            (toy(x) - y).square().mean().backward()
        optimizer.step(number, rate=1.0, momentum=0.9, decay=1.0, shrink=0.5)
        optimizer.zero_gradients()
        for parameter in theirs.parameters():
            parameter.grad *= 0.5
        reference.step()
        reference.zero_grad()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    flat = nn.Linear(4, 4)
    still = Optimizer(
        flat,
        {"matrices": [flat.weight], "gates": [flat.bias]},
        matrix_rate=0,
        weight_decay=0,
        width=4,
        tokens_per_step=1,
        alone=rates,
    )
    before = flat.weight.detach().clone(), flat.bias.detach().clone()
    flat.weight.grad, flat.bias.grad = torch.zeros(4, 4), torch.zeros(4)
    still.step(0, rate=1.0, momentum=0, decay=1)
    assert torch.allclose(flat.weight, before[0] * (1 - 1e-3))
    assert torch.equal(flat.bias, before[1])


def test_a_shrunken_gradient_is_what_adamw_and_muon_take():
    small, large = Toy(), Toy()
    x, y = data()
    for toy, times in ((small, 1.0), (large, 8.0)):
        (times * (toy(x) - y).square().mean()).backward()
        optimizer_of(toy).step(0, rate=1.0, momentum=0.9, decay=1.0, shrink=1 / times)
    for a, b in zip(small.parameters(), large.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
