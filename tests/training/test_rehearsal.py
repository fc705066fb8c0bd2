import pytest
import torch

from nakochat.core.files import write_json
from nakochat.core.machine import Machine
from nakochat.core.paths import home
from nakochat.models.nako import NakoConfig
from nakochat.training import checkpoints
from nakochat.training.rehearsal import Measured, rehearse, remember, remembered


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


@pytest.mark.parametrize(
    "entry", [{"step_seconds": 1.0, "colour": "red"}, {"step_seconds": 1.0}, [1], "fast", 3]
)
def test_a_measurement_of_another_form_is_none(entry):
    whole = Measured(step_seconds=1.0, start_seconds=2.0, peak_memory_bytes=3)
    remember({"rows": 1}, whole)
    assert remembered({"rows": 1}) == whole
    write_json(home() / "measured.json", [{"key": {"rows": 1}, "measured": entry}, {"key": {"rows": 2}}])
    assert remembered({"rows": 1}) is None
    assert remembered({"rows": 2}) is None
