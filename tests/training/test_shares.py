import pytest
import torch

from nakochat.data.batches import Batch
from nakochat.models.nako import Nako, NakoConfig
from nakochat.training import shares
from nakochat.training.objective import weighted_loss
from nakochat.training.optimizer import Optimizer

CONFIG = NakoConfig(vocab_size=64, layers=3, width=32, heads=2, context=16)


@pytest.fixture(autouse=True)
def small_tables(monkeypatch):
    """Tables of a toy are divided too."""
    monkeypatch.setattr(shares, "_LEAST_TABLE", 1000)


def built() -> Nako:
    model = Nako(CONFIG)
    model.initialise(0)
    with torch.no_grad():  # a gradient of nearly zero has the direction of its rounding
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2 and ("out" in name or "down" in name or "head" in name):
                parameter.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
    return model


def optimizer_of(model, machine=None) -> Optimizer:
    return Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=0.02,
        weight_decay=0.0,
        width=32,
        tokens_per_step=128,
        machine=machine,
    )


def rows() -> torch.Tensor:
    return torch.randint(0, 64, (8, 17), generator=torch.Generator().manual_seed(2))


def learn(machine, steps: int, state=None, weights=None, first: int = 0):
    """Some steps of this rank's rows; -> (model, whole state, norms)."""
    model = built()
    optimizer = optimizer_of(model, machine)
    if state is not None:
        model.load_state_dict(weights)
        optimizer.load_state(state)
    ids = rows()[machine.rank :: machine.world] if machine is not None else rows()
    norms = []
    for number in range(first, first + steps):
        pieces = ids.split(1)
        for piece in pieces:
            if piece is pieces[-1]:
                optimizer.begin_reduction()
            inputs, targets = piece[:, :-1], piece[:, 1:]
            batch = Batch.of(inputs, targets, torch.ones(inputs.shape), torch.zeros_like(inputs))
            (weighted_loss(model, batch) / 128).backward()
        optimizer.finish_reduction()
        norms.append(optimizer.gradient_norm())
        optimizer.step(number, rate=1.0, momentum=0.9, decay=1.0)
        optimizer.zero_gradients()
    return model, optimizer.whole_state(), norms


def difference(one, other) -> float:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("world", [2, 3, 4])  # 3: neither tables nor rounds come out even
def test_ranks_learn_what_one_learns(on_ranks, world):
    alone, state, norms = learn(None, 1)
    together = on_ranks(world, lambda machine: learn(machine, 1))
    for model, found, others in together:
        assert others == pytest.approx(norms, rel=1e-5)
        assert difference(alone, model) < 2e-4  # the sums come in another order
        assert found.keys() == state.keys()
        for name, tensor in state.items():
            assert torch.allclose(found[name], tensor, rtol=1e-3, atol=1e-6), name
    for model, _, _ in together[1:]:
        assert difference(together[0][0], model) == 0  # of one another they are copies


@pytest.mark.soak  # a second or two each
@pytest.mark.parametrize("world", [2, 4, 8])
def test_twenty_steps_lose_what_one_process_loses(on_ranks, world):
    """Orthogonalised in float32, as everything here."""

    def losses(machine):
        model, found = built(), []
        optimizer = optimizer_of(model, machine)
        ids = rows()[machine.rank :: machine.world] if machine is not None else rows()
        for number in range(20):
            inputs, targets = ids[:, :-1], ids[:, 1:]
            batch = Batch.of(inputs, targets, torch.ones(inputs.shape), torch.zeros_like(inputs))
            optimizer.begin_reduction()
            loss = weighted_loss(model, batch) / 128
            loss.backward()
            optimizer.finish_reduction()
            found.append(float(loss.detach()) if machine is None else machine.sum(float(loss.detach())))
            optimizer.step(number, rate=1.0, momentum=0.9, decay=1.0)
            optimizer.zero_gradients()
        return found

    alone = losses(None)
    assert alone[-1] < 0.7 * alone[0]
    for found in on_ranks(world, losses):
        assert found[0] == pytest.approx(alone[0], rel=1e-6)
        assert found == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, 2), (2, 4), (4, 1), (2, 1), *(pytest.param(4, n, marks=pytest.mark.soak) for n in (2, 8))],
)
def test_a_state_goes_on_with_another_number_of_ranks(on_ranks, before, after):
    def run(world, work):
        return on_ranks(world, work)[0] if world > 1 else work(None)

    model, state, _ = run(before, lambda machine: learn(machine, 1))
    weights = model.state_dict()
    expected, _, _ = run(before, lambda machine: learn(machine, 1, state, weights, first=1))
    found, _, _ = run(after, lambda machine: learn(machine, 1, state, weights, first=1))
    assert difference(expected, found) < 2e-4
    fresh, _, _ = learn(None, 1)
    assert difference(fresh, found) > 1e-2  # it took a step


def test_each_rank_holds_its_share_of_the_state_only(on_ranks):
    def held(machine):
        return {name: t.numel() for name, t in optimizer_of(built(), machine).state.items()}

    alone = {name: tensor.numel() for name, tensor in optimizer_of(built()).state.items()}
    parts = on_ranks(4, held)
    matrices = [name for name in alone if name.startswith("layers.") and "gate" not in name]
    owners = [sum(name in part for part in parts) for name in matrices]
    assert owners == [1] * len(matrices)
    assert all(part["embedding.weight.momentum"] * 4 == alone["embedding.weight.momentum"] for part in parts)
    assert max(sum(part.values()) for part in parts) < 0.4 * sum(alone.values())


def test_gradients_leave_while_the_backward_pass_goes_on(on_ranks):
    """The head's are on their way before the first layer's are there."""

    def order(machine):
        model = built()
        optimizer = optimizer_of(model, machine)
        first = model.blocks()[0].query.weight
        first.register_post_accumulate_grad_hook(lambda p: machine.notes.append("first layer"))
        ids = rows()[machine.rank :: machine.world]
        batch = Batch.of(ids[:, :-1], ids[:, 1:], torch.ones(2, 16), torch.zeros(2, 16, dtype=torch.int64))
        optimizer.begin_reduction()
        weighted_loss(model, batch).backward()
        optimizer.finish_reduction()
        return machine.notes

    found = on_ranks(4, order)
    for notes in found:
        before = notes[: notes.index("first layer")]
        assert before[0] == ("share", (4, 16, 32))  # of the head, 64 x 32
        assert len(before) > 3
        sent = [note for note in notes if note != "first layer"]
        assert sent == [note for note in found[0] if note != "first layer"]  # in one order everywhere
        assert sent[-1][0] == "sum"  # scalars and gates, all in one


def test_a_rank_without_gradients_sends_the_same(on_ranks):
    """One whose backward pass broke off halfway still meets the others."""

    def half(machine):
        model = built()
        optimizer = optimizer_of(model, machine)
        optimizer.begin_reduction()
        if machine.rank == 0:
            model.embedding.weight.grad = torch.ones(64, 32)
        optimizer.finish_reduction()
        return optimizer.gradient_norm(), machine.notes

    (norm, notes), (other, others) = on_ranks(2, half)
    assert norm == other == pytest.approx((64 * 32) ** 0.5)
    assert notes == others
