import errno
import itertools
import random
import shutil
import signal
import threading
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace as Namespace

import pytest
import torch

from nakochat.core.errors import CheckpointError, TrainingError
from nakochat.core.interrupts import Interrupted, Unwanted
from nakochat.core.machine import Machine
from nakochat.core.run import Run, is_closed, read_metrics
from nakochat.data.batches import IGNORE, Batch, PackedBatches, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.models.checkpoint import Keep, newest_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.training import checkpoints, loop
from nakochat.training.gradients import Gradients
from nakochat.training.guard import Guard
from nakochat.training.loop import Check, Training
from nakochat.training.objective import weighted_loss
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule

CPU = torch.device("cpu")
CONFIG = NakoConfig(vocab_size=64, layers=2, width=32, heads=2, context=16)


def model() -> Nako:
    built = Nako(CONFIG)
    built.initialise(0)
    with (
        torch.no_grad()
    ):  # fresh outputs are zero, and the direction of a gradient of nearly zero is rounding
        for matrix in (
            *(m.weight for layer in built.layers for m in (layer.out, layer.down)),
            built.head.weight,
        ):
            matrix.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
    return built


def stream(**changes) -> PackedBatches:
    """Conversations of very different numbers of scored tokens, so that pieces do not weigh alike."""
    rng, documents = random.Random(0), []
    for _ in range(36):
        words, share = range(rng.randint(3, 15)), rng.random()
        documents.append(
            ([60, *(7 * i % 59 for i in words)], [False, *(rng.random() < share for _ in words)])
        )
    shard = TokenShard.from_documents(documents, 64)
    return PackedBatches([Source(shard)], **{"rows": 8, "length": 16, "pad": 63, "seed": 1, **changes})


def training(
    folder: Path, run: Run, *, steps: int = 6, batches=None, decay: float = 0.1, machine=None, **changes
) -> Training:
    built = model()
    optimizer = Optimizer(
        built,
        built.parameter_groups(),
        matrix_rate=0.02,
        weight_decay=decay,
        width=32,
        tokens_per_step=128,
        machine=machine,
    )
    schedule = Schedule(steps=steps, warmup=2)
    options = {"save_every": 2, "log_every": 100, **changes}
    return Training(
        built, batches or stream(), optimizer, schedule, machine or Machine(CPU), run, "hash", **options
    )


def train(folder: Path, **changes) -> Training:
    with Run(folder) as run:
        made = training(folder, run, **changes)
        made.train()
    return made


def losses(folder: Path) -> list[float]:
    return [row["loss"] for row in read_metrics(folder) if row["kind"] == "step"]


def difference(one: Nako, other: Nako) -> float:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


def test_it_learns(tmp_path):
    train(tmp_path, steps=40, save_every=100)
    found = losses(tmp_path)
    assert len(found) == 40
    assert found[-1] < 0.9 * found[0]


def test_pieces_do_not_change_what_is_learned(tmp_path):
    # no decay: which weights cautious decay spares may hang on the last bit of an update near zero
    train(tmp_path / "whole", steps=2, decay=0.0)
    train(tmp_path / "pieces", steps=2, decay=0.0, batches=stream(rows_per_piece=2))
    counts = [piece.scored for piece in stream(rows_per_piece=2).step()]
    assert len(counts) == 4
    assert len(set(counts)) > 1  # else a mean of means would pass
    assert losses(tmp_path / "pieces") == pytest.approx(losses(tmp_path / "whole"), abs=1e-5)
    # weights after the first step: later ones multiply the rounding of additions in another order
    first = train(tmp_path / "first", steps=1, decay=0.0)
    first_pieces = train(tmp_path / "first-pieces", steps=1, decay=0.0, batches=stream(rows_per_piece=2))
    assert difference(first.model, first_pieces.model) < 1e-5


def test_the_loss_is_the_mean_over_all_that_is_asked_for(tmp_path):
    train(tmp_path, steps=1, batches=stream(rows_per_piece=2))
    (batch,) = stream().step()
    with torch.no_grad():
        logits = model()(batch.inputs, documents=batch.documents)
    mean = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())  # ignores -100
    assert losses(tmp_path)[0] == pytest.approx(float(mean), abs=1e-5)


def updates(folder: Path, monkeypatch, **changes) -> tuple[Schedule, list[tuple[int, dict[str, float]]]]:
    """Of each update of a training, its number and what it was told besides."""
    told = []
    with Run(folder) as run:
        made = training(folder, run, **changes)
        step = made.optimizer.step

        def noted(number, **how):
            told.append((number, how))
            step(number, **how)

        monkeypatch.setattr(made.optimizer, "step", noted)
        made.train()
    return made.schedule, told


def test_every_update_is_made_as_the_schedule_says_of_its_number(tmp_path, monkeypatch):
    schedule, told = updates(tmp_path, monkeypatch)
    assert told == [
        (
            n,
            {
                "rate": schedule.rate(n),
                "momentum": schedule.momentum(n),
                "decay": schedule.decay(n),
                "shrink": 1.0,
            },
        )
        for n in range(6)
    ]
    for name in ("rate", "momentum", "decay"):
        assert len({how[name] for _, how in told}) > 2  # else a constant would pass
    assert [row["learning_rate"] for row in rows(tmp_path, "step")] == [how["rate"] for _, how in told]


def test_a_gradient_is_cut_to_the_norm_that_is_allowed_and_never_made_larger(tmp_path, monkeypatch):
    _, told = updates(tmp_path / "loose", monkeypatch, clip=1e6)
    norms = [row["gradient_norm"] for row in rows(tmp_path / "loose", "step")]
    assert [how["shrink"] for _, how in told] == [1.0] * 6
    _, told = updates(tmp_path / "tight", monkeypatch, clip=norms[0] / 4)
    assert told[0][1]["shrink"] == pytest.approx(1 / 4, rel=1e-4)
    assert rows(tmp_path / "tight", "step")[0]["gradient_norm"] == norms[0]  # as it was before


def test_what_dropout_leaves_out_hangs_on_seed_step_and_rank_alone(tmp_path):
    def drawn(seed, step, rank, before):
        made.seed, made.step, made.machine = seed, step, Machine(CPU, rank=rank, world=2)
        torch.manual_seed(before)
        made._seed_dropout()
        return float(torch.rand(()))

    with Run(tmp_path) as run:
        made = training(tmp_path, run)
        made.model = Namespace(config=Namespace(dropout=0.1))
        cases = list(itertools.product((0, 1), repeat=3))
        found = [drawn(*case, before=5) for case in cases]
    assert len(set(found)) == 8
    assert found == [drawn(*case, before=6) for case in cases]


def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(tmp_path):
    torch.manual_seed(7)
    whole = train(tmp_path / "whole", checks=[Check(1, draw)])
    torch.manual_seed(7)
    with Run(tmp_path / "part") as run:
        first = training(tmp_path / "part", run, checks=[Check(1, draw), Check(1, stop_at(4))])
        with pytest.raises(Interrupted):
            first.train()
    checkpoint = newest_checkpoint(tmp_path / "part" / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.step == 4
    torch.manual_seed(99)  # another process has another state
    with Run(tmp_path / "part") as run:
        second = training(tmp_path / "part", run, checks=[Check(1, draw)])
        second.model.load_state_dict(checkpoint.model(torch.float32, CPU).state_dict())
        second.resume(checkpoint)
        assert second.seconds == checkpoint.state["seconds"] > 0
        second.train()
    assert losses(tmp_path / "part") == losses(tmp_path / "whole")
    again = draws(tmp_path / "part")
    assert again.pop(4) == again[4]  # the checks of that step were given up, and made again
    assert again == draws(tmp_path / "whole")
    assert difference(whole.model, second.model) == 0
    assert second.tokens == whole.tokens
    for name, tensor in whole.optimizer.state.items():
        assert torch.equal(tensor, second.optimizer.state[name])


def draw(model, step):
    """A check that uses the random state."""
    return {"drawn": float(torch.rand(()))}


def draws(folder: Path) -> list[float]:
    return [row["drawn"] for row in read_metrics(folder) if row["kind"] == "check"]


def stop_at(step: int):
    """A check that measures nothing and sends Ctrl-C."""

    def measure(model, at):
        if at == step:
            signal.raise_signal(signal.SIGINT)
        return {}

    return measure


def test_an_interrupt_saves_between_the_regular_checkpoints(tmp_path):
    with Run(tmp_path) as run:
        made = training(tmp_path, run, save_every=100, checks=[Check(1, stop_at(3))])
        with pytest.raises(KeyboardInterrupt):
            made.train()
    checkpoint = newest_checkpoint(tmp_path / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.step == 3


@pytest.mark.parametrize("last", [True, False])
def test_a_wish_to_stop_with_the_last_step_is_heard_when_the_stage_is_whole(tmp_path, capsys, last):
    concluded = []
    with Run(tmp_path) as run:
        made = training(tmp_path, run, checks=[Check(1, stop_at(6))] if last else [])
        with pytest.raises(Interrupted) if last else nullcontext():
            made.train(lambda: concluded.append(made.step))
    assert concluded == [6]
    assert ("이어집니다" in capsys.readouterr().out) == last
    assert [row["kind"] for row in read_metrics(tmp_path)][-1] == "end"


@pytest.mark.parametrize("save_every", [3, 100])
def test_checks_that_are_given_up_for_a_stop_are_made_by_the_run_that_goes_on(tmp_path, save_every):
    torch.manual_seed(7)
    whole = train(tmp_path / "whole", steps=6, save_every=save_every, checks=[Check(1, draw)])

    def signalled(model, step):
        if step == 3:
            signal.raise_signal(signal.SIGTERM)
        return {}

    torch.manual_seed(7)
    with Run(tmp_path / "part") as run:
        checks = [Check(1, draw), Check(1, signalled)]
        first = training(tmp_path / "part", run, steps=6, save_every=save_every, checks=checks)
        with pytest.raises(Interrupted):
            first.train()
    saved = newest_checkpoint(tmp_path / "part" / "checkpoints")
    assert (saved.step, saved.state["measured"]) == (3, False)
    second = resumed(tmp_path / "part", steps=6, save_every=save_every, checks=[Check(1, draw)])
    assert difference(whole.model, second.model) == 0
    assert losses(tmp_path / "part") == losses(tmp_path / "whole")
    given_up, *rest = draws(tmp_path / "part")[3:]
    assert given_up == rest[0]  # drawn again from the same random state
    assert [*draws(tmp_path / "part")[:3], *rest] == draws(tmp_path / "whole")


def test_a_step_that_is_given_up_for_a_stop_is_made_by_the_run_that_goes_on(tmp_path):
    whole = train(tmp_path / "whole", steps=6)
    with Run(tmp_path / "part") as run:
        first = training(tmp_path / "part", run, steps=6)
        take = first.batches.step

        def give_up() -> list[Batch]:
            if first.step == 3:
                signal.raise_signal(signal.SIGTERM)
                raise Unwanted
            return take()

        first.batches.step = give_up
        with pytest.raises(Interrupted):
            first.train()
    assert newest_checkpoint(tmp_path / "part" / "checkpoints").step == 3
    second = resumed(tmp_path / "part", steps=6)
    assert difference(whole.model, second.model) == 0
    assert losses(tmp_path / "part") == losses(tmp_path / "whole")


def signalling_loss(at: int, monkeypatch) -> None:
    """Ctrl-C in the forward pass of that step, counted from 0."""
    calls = []

    def loss(model, batch):
        calls.append(batch)
        if len(calls) == at + 1:
            signal.raise_signal(signal.SIGINT)
        return weighted_loss(model, batch)

    monkeypatch.setattr(loop, "weighted_loss", loss)


def test_only_the_first_step_of_a_process_is_broken_off(tmp_path, monkeypatch):
    """It compiles, which may take minutes; any other is soon over."""
    with Run(tmp_path) as run, monkeypatch.context() as patched:
        signalling_loss(2, patched)
        with pytest.raises(Interrupted):
            training(tmp_path, run, save_every=100).train()
    assert newest_checkpoint(tmp_path / "checkpoints").step == 3
    with Run(tmp_path) as run, monkeypatch.context() as patched:
        signalling_loss(0, patched)
        again = training(tmp_path, run, save_every=100)
        again.resume(newest_checkpoint(tmp_path / "checkpoints"))
        with pytest.raises(Interrupted):
            again.train()
    assert again.step == 3


def half_a_step(made: Training, monkeypatch) -> None:
    """Ctrl-C when the optimizer has changed some of the weights."""
    step = made.optimizer.step

    def broken(*given, **named):
        before = [parameter.detach().clone() for parameter in made.model.parameters()]
        step(*given, **named)
        for parameter, old in zip(list(made.model.parameters())[1:], before[1:], strict=True):
            parameter.data.copy_(old)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(made.optimizer, "step", broken)


@pytest.mark.parametrize("begun", [0, 3])
def test_what_a_broken_off_first_step_left_is_not_saved(tmp_path, monkeypatch, capsys, begun):
    whole = train(tmp_path / "whole", steps=6)
    folder = tmp_path / "part"
    if begun:
        with Run(folder) as run, pytest.raises(Interrupted):
            training(folder, run, save_every=100, checks=[Check(1, stop_at(begun))]).train()
    capsys.readouterr()
    with Run(folder) as run, monkeypatch.context() as patched:
        broken = training(folder, run, save_every=100)
        if begun:
            broken.model.load_state_dict(newest_checkpoint(folder / "checkpoints").weights())
            broken.resume(newest_checkpoint(folder / "checkpoints"))
        half_a_step(broken, patched)
        with pytest.raises(Interrupted):
            broken.train()
    assert ("3걸음까지 저장" if begun else "이 단계를 처음부터") in capsys.readouterr().out
    assert bool(newest_checkpoint(folder / "checkpoints")) == bool(begun)
    second = resumed(folder) if begun else train(folder)
    assert difference(whole.model, second.model) == 0
    assert losses(folder) == losses(tmp_path / "whole")


def test_the_first_measurement_is_given_up_too(tmp_path):
    with Run(tmp_path) as run:
        made = training(tmp_path, run, checks=[Check(1, stop_at(0)), Check(1, draw)])
        with pytest.raises(Interrupted):
            made.train()
    saved = newest_checkpoint(tmp_path / "checkpoints")
    assert (saved.step, saved.state["measured"]) == (0, False)
    resumed(tmp_path, checks=[Check(1, draw)])
    assert len(draws(tmp_path)) == 7


def test_what_was_measured_before_the_first_step_is_not_measured_again(tmp_path):
    def ask(model, step):
        made.wish.asked = True  # as a signal just behind the measurement
        return {}

    whole = train(tmp_path / "whole", checks=[Check(1, draw)])
    folder = tmp_path / "part"
    with Run(folder) as run:
        made = training(folder, run, checks=[Check(1, draw), Check(1, ask)])
        made.begin()
        with pytest.raises(Interrupted):
            made.train()
    saved = newest_checkpoint(folder / "checkpoints")
    assert (saved.step, saved.state["measured"]) == (0, True)
    second = resumed(folder, checks=[Check(1, draw)])
    assert len(draws(folder)) == len(draws(tmp_path / "whole")) == 7
    assert difference(whole.model, second.model) == 0


class Spoilt(PackedBatches):
    """Of the batches taken, those of these numbers (from 1) have such weights, and those left out are not there."""

    bad, value, left_out = (), float("nan"), ()
    taken = 0

    def step(self) -> list[Batch]:
        self.taken += 1
        made = super().step()
        if self.taken in self.left_out:
            return self.step()
        for piece in made if self.taken in self.bad else ():
            piece.weights.fill_(self.value)
        return made

    def state(self):
        return {**super().state(), "taken": self.taken}

    def restore(self, state):
        super().restore(state)
        self.taken = state["taken"]


def spoilt(bad=(), value=float("nan"), left_out=()) -> Spoilt:
    made = Spoilt(stream().sources, rows=8, length=16, pad=63, seed=1)
    made.bad, made.value, made.left_out = bad, value, left_out
    return made


def rows(folder: Path, kind: str) -> list[dict]:
    return [row for row in read_metrics(folder) if row["kind"] == kind]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30], ids=str)
def test_a_bad_batch_is_skipped_as_if_it_were_not_there(tmp_path, capsys, value):
    skipping = train(tmp_path / "bad", batches=spoilt(bad=[4], value=value))
    assert "건너뜁니다" in capsys.readouterr().err
    without = train(tmp_path / "without", batches=spoilt(left_out=[4]))
    assert skipping.step == without.step == 6
    assert losses(tmp_path / "bad") == losses(tmp_path / "without")
    assert difference(skipping.model, without.model) == 0
    for name, tensor in without.optimizer.state.items():
        assert torch.equal(tensor, skipping.optimizer.state[name])
    (row,) = rows(tmp_path / "bad", "skipped")
    assert (row["step"], row["number"]) == (4, 1)


class Blind(Guard):
    """A guard that looks at nothing."""

    def fault(self, loss, norm):
        return None


def test_the_guard_reads_nothing_that_a_step_does_not_read_anyway(tmp_path, monkeypatch):
    """Every read of a tensor's value waits for the device."""
    reads = Counter()

    def counted(name):
        read = getattr(torch.Tensor, name)

        def wrapper(tensor, *words):
            reads[run] += 1
            return read(tensor, *words)

        monkeypatch.setattr(torch.Tensor, name, wrapper)

    for name in ("item", "tolist", "__float__", "__int__", "__index__", "__bool__"):
        counted(name)
    for run, guard in (("guarded", Guard()), ("blind", Blind())):
        train(tmp_path / run, save_every=100, guard=guard)
    assert reads["guarded"] == reads["blind"] > 0


def test_two_bad_batches_in_a_row_go_back_to_the_last_checkpoint(tmp_path, capsys):
    bad = train(tmp_path / "bad", batches=spoilt(bad=[4, 5]))  # 3 is trained after the checkpoint of step 2
    assert "체크포인트로 돌아가" in capsys.readouterr().err
    without = train(tmp_path / "without", batches=spoilt(left_out=[3, 4, 5]))
    assert losses(tmp_path / "bad") == [
        *losses(tmp_path / "without")[:2],
        losses(tmp_path / "bad")[2],
        *losses(tmp_path / "without")[2:],
    ]
    assert difference(bad.model, without.model) == 0
    assert bad.tokens == without.tokens
    spent = [row["step_seconds"] for row in rows(tmp_path / "bad", "step")]
    assert len(spent) == 7
    assert bad.seconds == pytest.approx(sum(spent))  # what was given up was spent too
    assert [row["step"] for row in rows(tmp_path / "bad", "rolled_back")] == [2]


def test_weights_that_an_update_spoilt_come_back_from_the_checkpoint(tmp_path, capsys):
    """Every batch is bad then: the checkpoint, not the next batch, mends it."""

    def spoil(model, step):
        if step == 3 and not rows(tmp_path, "rolled_back"):
            model.head.weight[0, 0] = float("nan")
        return {}

    made = train(tmp_path, checks=[Check(1, spoil)])
    assert [row["step"] for row in rows(tmp_path, "rolled_back")] == [2]
    assert made.step == 6
    assert all(torch.isfinite(parameter).all() for parameter in made.model.parameters())


def test_spoilt_weights_are_never_saved(tmp_path, capsys):
    def spoil(model, step):
        if step == 4 and not rows(tmp_path, "rolled_back"):
            model.head.weight[0, 0] = float("inf")
        return {}

    made = train(tmp_path, checks=[Check(1, spoil)])
    assert "저장하지 않습니다" in capsys.readouterr().err
    assert [row["step"] for row in rows(tmp_path, "rolled_back")] == [2]
    assert made.step == 6
    saved = newest_checkpoint(tmp_path / "checkpoints")
    assert all(torch.isfinite(tensor).all() for tensor in saved.weights().values())
    with pytest.raises(TrainingError, match="weights"):  # nothing to go back to
        train(
            tmp_path / "none",
            save_every=3,
            checks=[Check(1, lambda model, step: spoil_at_three(model, step))],
        )


def spoil_at_three(model, step):
    if step == 3:
        model.head.weight[0, 0] = float("nan")
    return {}


def test_three_bad_batches_in_a_row_end_it_and_say_why(tmp_path):
    with Run(tmp_path) as run:
        made = training(tmp_path, run, batches=spoilt(bad=range(4, 99)))
        with pytest.raises(TrainingError, match="nan; loss nan; loss nan") as stopped:
            made.train()
    assert str(tmp_path) in str(stopped.value)  # resume is exact: only a stage started anew can do better
    assert all(torch.isfinite(parameter).all() for parameter in made.model.parameters())
    checkpoint = newest_checkpoint(tmp_path / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.step == 2
    assert len(losses(tmp_path)) == 3


def test_a_resumed_run_skips_what_the_uninterrupted_one_skips(tmp_path):
    whole = train(tmp_path / "whole", steps=8, batches=spoilt(bad=[3, 6, 7]))
    with Run(tmp_path / "part") as run:
        first = training(
            tmp_path / "part", run, steps=8, batches=spoilt(bad=[3, 6, 7]), checks=[Check(1, stop_at(3))]
        )
        with pytest.raises(Interrupted):
            first.train()
    second = resumed(tmp_path / "part", steps=8, batches=spoilt(bad=[3, 6, 7]))
    assert difference(whole.model, second.model) == 0
    assert second.guard.state() == whole.guard.state()
    assert second.guard.skipped == 3


def resumed(folder: Path, **changes) -> Training:
    """The training of a folder, gone on with from its newest checkpoint."""
    checkpoint = newest_checkpoint(folder / "checkpoints")
    assert checkpoint is not None
    with Run(folder) as run:
        made = training(folder, run, **changes)
        made.model.load_state_dict(checkpoint.weights())
        made.resume(checkpoint)
        made.train()
    return made


def test_a_save_in_the_background_holds_the_moment_at_which_it_began(tmp_path, monkeypatch):
    save, may_write, at = checkpoints.save_checkpoint, threading.Event(), []

    def late(folder, **values):
        assert may_write.wait(60)
        at.append((values["state"]["step"], made.step))
        return save(folder, **values)

    def let_go(model, step):
        if step == 3:
            may_write.set()  # a step after it began
        return {}

    monkeypatch.setattr(checkpoints, "save_checkpoint", late)
    with Run(tmp_path / "late") as run:
        made = training(tmp_path / "late", run, checks=[Check(1, let_go), Check(1, stop_at(3))])
        with pytest.raises(Interrupted):
            made.train()
    assert at[0] == (2, 3)
    monkeypatch.setattr(checkpoints, "save_checkpoint", save)
    early = train(tmp_path / "early", steps=6, save_every=2)
    (tmp_path / "late" / "checkpoints" / "000003" / "state.json").unlink()  # back to the one of step 2
    assert difference(resumed(tmp_path / "late").model, early.model) == 0


def test_a_signal_where_it_has_just_been_saved_saves_no_second_time(tmp_path, monkeypatch):
    saved = []
    save = checkpoints.save_checkpoint
    monkeypatch.setattr(
        checkpoints,
        "save_checkpoint",
        lambda folder, **v: (saved.append(v["state"]["step"]), save(folder, **v)),
    )
    with Run(tmp_path) as run:
        made = training(tmp_path, run, checks=[Check(1, stop_at(4))])
        with pytest.raises(Interrupted):
            made.train()
    assert saved == [2, 4]


def test_the_checkpoint_of_the_best_measurement_stays(tmp_path):
    scores = {2: 1.0, 4: 0.5, 6: 0.8, 8: 0.9, 10: 0.7}
    check = Check(2, lambda model, step: {"validation_bits_per_byte": scores[step]} if step else {})
    train(tmp_path, steps=10, checks=[check], keep=Keep(last=1, best=True))
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["000004", "000010"]


def test_a_score_is_that_of_its_step(tmp_path):
    check = Check(4, lambda model, step: {"validation_bits_per_byte": 2.0 + step})
    train(tmp_path, steps=8, checks=[check], keep=Keep(last=9))
    scores = {step: newest_checkpoint(tmp_path / "checkpoints", step).state["score"] for step in (2, 4, 6, 8)}
    assert scores == {2: None, 4: 6.0, 6: None, 8: 10.0}


def test_a_full_disk_is_said_and_training_goes_on(tmp_path, monkeypatch, capsys):
    save, tried = checkpoints.save_checkpoint, []

    def full_once(folder, **values):
        tried.append(values["state"]["step"])
        if tried == [2, 4]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(folder, **values)

    monkeypatch.setattr(checkpoints, "save_checkpoint", full_once)
    made = train(tmp_path)
    assert tried == [2, 4, 6]
    assert made.step == 6
    said = capsys.readouterr().err
    assert "No space left" in said
    assert "4걸음" in said
    assert "학습은 계속됩니다" in said
    assert "다시 실행" not in said  # it goes on by itself
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["000002", "000006"]


def test_a_last_checkpoint_that_cannot_be_saved_is_an_error(tmp_path, full_disk):
    with full_disk(), pytest.raises(TrainingError, match=r"File too large.*다시 실행"):
        train(tmp_path, steps=2)


def test_a_full_disk_while_stopping_is_an_error(tmp_path, full_disk):
    with Run(tmp_path) as run:
        made = training(tmp_path, run, save_every=100, checks=[Check(1, stop_at(3))])
        with full_disk(), pytest.raises(TrainingError, match=r"File too large.*다시 실행"):
            made.train()


def test_a_step_that_asks_for_nothing_changes_nothing(tmp_path):
    class Silent(PackedBatches):
        def step(self):
            made = super().step()
            for piece in made:
                piece.targets.fill_(IGNORE)
            return made

    silent = Silent(stream().sources, rows=8, length=16, pad=63, seed=1)
    before = model()
    with Run(tmp_path) as run:
        made = training(tmp_path, run, steps=3, batches=silent)
        for moment in made.optimizer.state.values():
            moment.fill_(0.01)  # as after steps that had a signal
        made.train()
    assert made.step == 3
    assert difference(before, made.model) == 0


def test_checks_are_made_before_every_so_often_and_at_the_end(tmp_path):
    at = []

    def measure(model, step):
        assert not model.training
        assert not torch.is_grad_enabled()
        at.append(step)
        return {"bits": 1.0}

    train(tmp_path, steps=5, checks=[Check(2, measure)])
    assert at == [0, 2, 4, 5]
    assert [row["step"] for row in read_metrics(tmp_path) if row["kind"] == "check"] == at


def test_a_finished_run_trains_no_more(tmp_path):
    train(tmp_path, steps=2)
    checkpoint = newest_checkpoint(tmp_path / "checkpoints")
    assert checkpoint is not None
    with Run(tmp_path) as run:
        made = training(tmp_path, run, steps=2)
        made.resume(checkpoint)
        made.train()
    assert made.step == 2
    assert len(losses(tmp_path)) == 2


def test_what_was_damaged_meanwhile_is_counted_in_the_metrics(tmp_path):
    documents = [([60, *(7 * i % 59 for i in range(15))], None) for _ in range(400)]
    TokenShard.from_documents(documents, 64).save(tmp_path / "shard")
    options = {"rows": 8, "length": 16, "pad": 63, "seed": 1, "skip_damaged": True}
    batches = PackedBatches([Source(TokenShard.load(tmp_path / "shard"))], **options)
    with (tmp_path / "shard" / "ids.npy").open("r+b") as file:
        file.truncate(3000)
    train(tmp_path / "run", batches=batches)
    found = [row.get("damaged", 0) for row in read_metrics(tmp_path / "run") if row["kind"] == "step"]
    assert sum(found) > 0
    assert all(isinstance(value, int) for value in found)


def test_the_last_row_of_a_log_is_written_when_everything_else_is(tmp_path):
    def end():
        raise OSError(errno.ENOSPC, "full")

    with Run(tmp_path) as run:
        made = training(tmp_path, run, steps=2)
        with pytest.raises(OSError, match="full"):
            made.train(end)
    assert not is_closed(tmp_path)
    ended = []
    with Run(tmp_path) as run:  # what the next run of the stage does
        again = training(tmp_path, run, steps=2)
        checkpoint = newest_checkpoint(tmp_path / "checkpoints")
        again.model.load_state_dict(checkpoint.weights())
        again.resume(checkpoint)
        again.train(lambda: ended.append(is_closed(tmp_path)))
    assert ended == [False]
    assert is_closed(tmp_path)
    assert len(losses(tmp_path)) == 2


def test_a_step_of_two_ranks_is_that_of_one(tmp_path, on_ranks):
    def work(machine):
        with Run(tmp_path / str(machine.rank)) as run:
            batches = stream(rank=machine.rank, world=2)
            made = training(tmp_path, run, batches=batches, decay=0.0, machine=machine)
            gradients = Gradients(made.model, made.optimizer, machine, run, weighted_loss)
            return made, made._one_step(gradients)

    (first, figures), (second, others) = on_ranks(2, work)
    assert figures == others
    assert difference(first.model, second.model) == 0
    with Run(tmp_path / "alone") as run:
        alone = training(tmp_path, run, decay=0.0)
        gradients = Gradients(alone.model, alone.optimizer, alone.machine, run, weighted_loss)
        expected = alone._one_step(gradients)
    assert figures == pytest.approx(expected, rel=1e-4)
    assert figures["scored"] == expected["scored"]
    assert first.tokens == second.tokens == alone.tokens
    assert difference(first.model, alone.model) < 1e-4


@pytest.mark.parametrize("spoilt_rank", [0, 1])
def test_weights_that_one_rank_has_spoilt_are_saved_by_none(tmp_path, on_ranks, spoilt_rank):
    def work(machine):
        with Run(tmp_path / str(machine.rank)) as run:
            made = training(tmp_path, run, machine=machine)
            good = made._is_finite()
            if machine.rank == spoilt_rank:
                made.model.head.weight.data[0, 0] = float("nan")
            return good, made._is_finite()

    assert on_ranks(2, work) == [(True, False)] * 2


@pytest.mark.parametrize("asked", [0, 1])
def test_a_wish_that_one_rank_hears_stops_all(tmp_path, on_ranks, asked):
    def work(machine):
        with Run(tmp_path / str(machine.rank)) as run:
            made = training(tmp_path, run, machine=machine)
            made._stop_if_asked()
            made.wish.asked = machine.rank == asked
            with pytest.raises(Interrupted):
                made._stop_if_asked()

    on_ranks(2, work)
    assert newest_checkpoint(tmp_path / "0" / "checkpoints").step == 0
    assert not (tmp_path / "1" / "checkpoints").exists()


def test_ranks_roll_back_to_one_checkpoint_or_end_together(tmp_path, on_ranks):
    """The second sees an older one only."""
    train(tmp_path / "0", steps=4)
    shutil.copytree(tmp_path / "0", tmp_path / "1")
    shutil.rmtree(tmp_path / "1" / "checkpoints" / "000004")

    def work(machine):
        with Run(tmp_path / str(machine.rank)) as run:
            batches = stream(rank=machine.rank, world=2)
            made = training(tmp_path, run, steps=6, batches=batches, machine=machine)
            with pytest.raises(CheckpointError, match="4걸음"):
                made._roll_back()

    on_ranks(2, work)


def test_a_model_is_taught_at_the_temperature_that_it_answered_at(tmp_path):
    with Run(tmp_path) as run:
        made = training(tmp_path, run, temperature=0.5)
        (batch,) = made.batches.step()
        assert torch.equal(made._loss()(made.model, batch), weighted_loss(made.model, batch, 0.5))
        made.temperature = 1.0
        assert torch.equal(made._loss()(made.model, batch), weighted_loss(made.model, batch))
