"""The checkpoints of a training: begun in the background, ended alike on all ranks."""

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.models.checkpoint import Keep, newest_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.training.checkpoints import Checkpoints
from nakochat.training.optimizer import Optimizer

CPU = torch.device("cpu")


class Ranks(Machine):
    """One of two processes; `others` is what the other adds to every sum."""

    others = 0.0
    told: tuple[float, ...] = ()

    def sum(self, value):
        self.__dict__["told"] = (*self.told, value)
        return value + self.others


def checkpoints(folder, machine) -> Checkpoints:
    torch.manual_seed(0)
    model = Nako(NakoConfig(vocab_size=64, width=32, layers=1, heads=1, kv_heads=1, context=16))
    optimizer = Optimizer(
        model, model.parameter_groups(), matrix_rate=0.02, weight_decay=0.0, width=32, tokens_per_step=16
    )
    return Checkpoints(folder / "checkpoints", model, optimizer, machine, tokenizer_hash="hash", keep=Keep())


def state(step: int) -> dict[str, int]:
    return {"step": step, "steps": 9}


def test_the_moment_that_it_began_is_the_one_that_is_saved(tmp_path):
    made = checkpoints(tmp_path, Machine(CPU))
    before = {name: value.clone() for name, value in made.model.state_dict().items()}
    made.begin(state(1))
    for parameter in made.model.parameters():
        parameter.data.fill_(7.0)
    made.finish()
    found = made.newest()
    assert (made.step, found.step) == (1, 1)
    assert all(torch.equal(value, before[name]) for name, value in found.weights().items())


def test_leaving_saves_only_what_was_not_saved_yet(tmp_path):
    made = checkpoints(tmp_path, Machine(CPU))
    made.begin(state(1))
    made.leave(state(1))
    first = newest_checkpoint(tmp_path / "checkpoints").folder.stat().st_mtime_ns
    made.leave(state(1))
    assert newest_checkpoint(tmp_path / "checkpoints").folder.stat().st_mtime_ns == first
    made.leave(state(2))
    assert newest_checkpoint(tmp_path / "checkpoints").step == 2


def test_leaving_tries_again_what_could_not_be_saved(tmp_path, full_disk, capsys):
    made = checkpoints(tmp_path, Machine(CPU))
    with full_disk():
        made.begin(state(1))
        made._saver._thread.join()
    made.leave(state(1))
    assert newest_checkpoint(tmp_path / "checkpoints").step == 1
    assert "1걸음" in capsys.readouterr().err


def test_what_failed_on_the_first_rank_failed_on_all(tmp_path, full_disk, capsys):
    other = checkpoints(tmp_path, Ranks(CPU, rank=1, world=2))
    other.begin(state(0))
    other.machine.__dict__["others"] = 1.0
    with pytest.raises(OSError, match="error"):
        other.finish()
    assert not capsys.readouterr().err
    assert not (tmp_path / "checkpoints").exists()
    first = checkpoints(tmp_path, Ranks(CPU, rank=0, world=2))
    with full_disk():
        first.begin(state(0))
        with pytest.raises(OSError, match="File too large"):
            first.finish()
    assert first.machine.told == (True,)  # before it raised
