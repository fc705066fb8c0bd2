import pytest
import torch

from nakochat.core.errors import TrainingError
from nakochat.core.run import Run, read_metrics
from nakochat.training import gradients as module
from nakochat.training import loop
from nakochat.training.gradients import Gradients
from nakochat.training.objective import weighted_loss
from tests.training.test_loop import difference, losses, stream, train, training


def test_where_memory_runs_out_the_step_is_taken_in_smaller_pieces(tmp_path, monkeypatch, capsys):
    seen = []

    def holds_two_rows(model, batch):
        seen.append(len(batch.inputs))
        if len(batch.inputs) > 2:
            weighted_loss(model, batch).backward()  # gradients that must not be counted twice
            raise torch.OutOfMemoryError("out of memory")
        return weighted_loss(model, batch)

    whole = train(tmp_path / "whole", steps=2, decay=0.0)
    monkeypatch.setattr(loop, "weighted_loss", holds_two_rows)
    capsys.readouterr()
    small = train(tmp_path / "small", steps=2, decay=0.0)
    assert seen == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2]  # once found out, it stays
    assert losses(tmp_path / "small") == pytest.approx(losses(tmp_path / "whole"), abs=1e-5)
    assert difference(whole.model, small.model) < 1e-3
    assert small.tokens == whole.tokens
    said = capsys.readouterr().out
    assert "--rows-per-piece 4" in said
    assert said.count("--rows-per-piece 2") == 1
    noted = [row["rows_at_once"] for row in read_metrics(tmp_path / "small") if row["kind"] == "memory"]
    assert noted == [4, 2]


APPLES = (
    "MPS backend out of memory (MPS allocated: 17.82 GB, other allocations: 1.02 GB, max allowed: 18.13 GB)."
)


def test_apples_gpus_say_in_words_alone_that_memory_ran_out(tmp_path, monkeypatch):
    def loss_of(model, batch):
        raise RuntimeError(said)

    said, apple = APPLES, torch.device("mps")
    monkeypatch.setattr(loop, "weighted_loss", loss_of)
    with pytest.raises(RuntimeError, match="MPS"):  # no other device says that of itself
        train(tmp_path / "cpu", steps=2)
    asked = module.is_out_of_memory
    monkeypatch.setattr(module, "is_out_of_memory", lambda error, device: asked(error, apple))
    with pytest.raises(TrainingError, match="--recompute"):
        train(tmp_path / "mps", steps=2)
    said = "shapes do not match"
    with pytest.raises(RuntimeError, match="shapes"):
        train(tmp_path / "wrong", steps=2)


def test_memory_that_holds_no_row_is_an_error(tmp_path, monkeypatch):
    def holds_nothing(model, batch):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(loop, "weighted_loss", holds_nothing)
    with pytest.raises(TrainingError, match="--recompute"):
        train(tmp_path, steps=2)


def test_one_rank_without_memory_makes_all_take_smaller_pieces(tmp_path, on_ranks):
    """Even when the others are past their backward passes: they meet in the same reductions."""
    calls = {0: [], 1: []}

    def work(machine):
        def loss_of(model, batch):
            calls[machine.rank].append(len(batch.inputs))
            if machine.rank == 1 and len(batch.inputs) > 2:
                raise torch.OutOfMemoryError("out of memory")
            return weighted_loss(model, batch)

        with Run(tmp_path / str(machine.rank)) as run:
            batches = stream(rank=machine.rank, world=2)
            made = training(tmp_path, run, steps=1, batches=batches, decay=0.0, machine=machine)
            pieces = made.batches.step()
            scored = machine.sum(sum(piece.scored for piece in pieces))
            gradients = Gradients(made.model, made.optimizer, machine, run, loss_of)
            total = machine.sum(gradients.take(pieces, scored, made.step))
            return total, made.optimizer.gradient_norm()

    (loss, norm), (other, others) = on_ranks(2, work)
    assert (loss, norm) == (other, others)
    assert calls == {0: [4, 2, 2], 1: [4, 2, 2]}
    alone = train(tmp_path / "alone", steps=1, decay=0.0)
    assert alone.step == 1
    (row,) = [row for row in read_metrics(tmp_path / "alone") if row["kind"] == "step"]
    assert loss == pytest.approx(row["loss"], rel=1e-5)
    assert norm == pytest.approx(row["gradient_norm"], rel=1e-4)
