import torch

from nakochat.core.machine import Machine
from nakochat.models.nako import NakoConfig
from nakochat.training import checkpoints
from nakochat.training.rehearsal import rehearse


def test_a_rehearsal_takes_its_steps_and_saves_nothing(monkeypatch):
    """A checkpoint would stand in the memory that is measured, and on the disk of whoever only asks for a plan."""
    saved = []
    monkeypatch.setattr(
        checkpoints, "save_checkpoint", lambda *given, **more: saved.append(more["state"]["step"])
    )
    config = NakoConfig(vocab_size=64, layers=1, width=16, heads=1, context=16)
    measured = rehearse(config, Machine(torch.device("cpu")), rows=2, rows_per_piece=None, steps=2)
    assert saved == []
    assert measured.step_seconds > 0
    assert measured.peak_memory_bytes > 0
