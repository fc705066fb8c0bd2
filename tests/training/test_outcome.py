import dataclasses
import json

from nakochat.core.itinerary import write_itinerary
from nakochat.core.machine import open_machine
from nakochat.models.nako import NakoConfig
from nakochat.training.forecast import measured_here
from nakochat.training.outcome import predict
from nakochat.training.rehearsal import Measured, key_of, remember
from nakochat.training.settings import BaseSettings, SftSettings

CONFIG = NakoConfig(vocab_size=256, layers=1, width=32, heads=1, context=64)
PACE = Measured(step_seconds=3.0, start_seconds=0.0, peak_memory_bytes=1e6)


def said(folder, settings, capsys):
    """What a stage says before its first step on a machine that takes three seconds for one of four rows."""
    folder.mkdir(parents=True)
    machine = open_machine("cpu", "float32", "no")
    how = {"rows": 4, "rows_per_piece": 4, "stage": folder.name, "optimizer": settings.optimizer}
    remember(key_of(CONFIG, machine, **how), PACE)
    predict(folder, CONFIG, settings, machine)
    machine.close()
    return "".join(capsys.readouterr())


def test_a_stage_says_what_it_and_those_to_come_will_take(tmp_path, capsys):
    base = BaseSettings(name="r", steps=100, rows=4)
    write_itinerary(
        tmp_path / "r", {"base": 100 * 4 * 64, "mid": 40 * 4 * 64, "sft": 20 * 4 * 64, "rl": None}
    )
    words = said(tmp_path / "r" / "base", base, capsys)
    assert "이 단계는 5분쯤, sft까지는 모두 8분쯤" in words
    assert json.loads((tmp_path / "r" / "base" / "plan.json").read_text())["predicted"]["seconds"] == 300


def test_a_stage_that_is_trained_by_itself_speaks_of_itself(tmp_path, capsys):
    settings = dataclasses.replace(SftSettings(name="r"), steps=1300, rows=4)
    assert "이 단계는 1시간 5분쯤 걸릴 것으로 봅니다." in said(tmp_path / "r" / "sft", settings, capsys)


def test_what_was_measured_is_of_its_stage_optimizer_and_number_of_processes():
    machine = open_machine("cpu", "float32", "no")
    how = {"rows": 4, "rows_per_piece": 4, "stage": "base", "optimizer": "muon"}
    remember(key_of(CONFIG, machine, **how), PACE)
    assert measured_here(CONFIG, machine, **how).measured == PACE
    assert measured_here(CONFIG, machine, **{**how, "stage": "sft"}).measured == PACE  # better than a guess
    own = dataclasses.replace(PACE, step_seconds=1.0)
    remember(key_of(CONFIG, machine, **{**how, "stage": "sft"}), own)
    assert measured_here(CONFIG, machine, **{**how, "stage": "sft"}).measured == own
    assert measured_here(CONFIG, machine, **how).measured == PACE
    assert measured_here(CONFIG, machine, **{**how, "optimizer": "adamw"}) is None
    assert measured_here(CONFIG, dataclasses.replace(machine, world=2), **how) is None
