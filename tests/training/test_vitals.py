import math
from types import SimpleNamespace

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.models.nako import NakoConfig
from nakochat.models.sizing import count
from nakochat.training.vitals import Vitals

CONFIG = NakoConfig(vocab_size=64, layers=2, width=32, heads=2, context=16)
STEP = {"loss": 2.0, "learning_rate": 0.5, "step_seconds": 0.25}


def test_perplexity_rates_and_memory_stand_beside_a_step():
    vitals = Vitals(CONFIG, Machine(torch.device("cpu")), rates={"matrix": 0.04}, tokens_per_step=128)
    found = vitals("step", STEP)
    assert found["perplexity"] == pytest.approx(math.exp(2))
    assert found["matrix_learning_rate"] == pytest.approx(0.02)
    assert found["memory_gb"] > 0.01
    assert "mfu" not in found  # nobody states what this CPU can do
    assert vitals("check", {"step": 1}) == {}
    assert "perplexity" not in vitals("step", {**STEP, "reward": 1.0})
    assert vitals("step", {**STEP, "loss": 1e9})["perplexity"] < math.inf


def test_the_share_of_a_known_device(monkeypatch):
    monkeypatch.setattr("nakochat.training.vitals.held_bytes", lambda device: 10**9)
    device = SimpleNamespace(type="cuda")
    machine = SimpleNamespace(
        device=device, world=2, describe=lambda: {"name": "NVIDIA H100 80GB HBM3"}, gpu_uuids=lambda: ()
    )
    found = Vitals(CONFIG, machine, rates={}, tokens_per_step=128)("step", STEP)
    assert found["mfu"] == pytest.approx(count(CONFIG).flops_per_token * 128 / 0.25 / (2 * 989.4e12))
    assert found["memory_gb"] == 1.0
    assert "mfu" not in Vitals(CONFIG, machine, rates={}, tokens_per_step=None)("step", STEP)
