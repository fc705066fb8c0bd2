"""The sizes as `--model llama`: each whole but for its weights, and each preset's training in a narrow model."""

import json

import pytest
import torch

from nakochat import cli
from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import newest_checkpoint
from nakochat.models.model import build_model
from nakochat.models.sizing import count
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import base
from nakochat.training.optimizer import ADAM_RATES
from nakochat.training.shape import model_config

SIZES = {"tiny": (4, 192, 256), "d12": (12, 768, 2048), "d20": (20, 1280, 2048)}  # layers, width, context
NARROW = ["--depth", "2", "--width", "32", "--heads", "2", "--context", "32", "--rows", "8"]
SHORT = [
    "--rows-per-piece",
    "4",
    "--steps",
    "16",
    "--warmup",
    "2",
    "--check-every",
    "16",
    "--save-every",
    "16",
]
PLACES, ANIMALS = ("시장", "강가", "학교", "바다", "마을"), ("토끼", "고양이", "새", "오리")


def settings_of(monkeypatch, *words):
    """What reaches the stage from a command line."""
    received = []

    def main(settings: base.BaseSettings = base.BaseSettings()) -> None:  # noqa: B008
        received.append(settings)

    monkeypatch.setattr(base, "main", main)
    assert cli.run(["train", "base", *words]) == 0
    return received[0]


@pytest.mark.parametrize("preset", SIZES)
def test_a_size_is_whole_as_llama(preset, monkeypatch):
    """Its shape at full size, on the device that keeps no numbers: about nako's FLOPs, and a gradient everywhere."""
    theirs = model_config(settings_of(monkeypatch, "--preset", preset, "--model", "llama"), 32768)
    ours = model_config(settings_of(monkeypatch, "--preset", preset), 32768)
    assert (theirs.layers, theirs.width, theirs.context) == SIZES[preset]
    assert (theirs.heads, theirs.key_heads) == (ours.heads, ours.key_heads)
    assert count(theirs).flops_per_token == pytest.approx(count(ours).flops_per_token, rel=0.02)
    with torch.device("meta"):
        model = build_model(theirs).train()
        logits = model(torch.zeros(2, 16, dtype=torch.int64))
    logits.float().mean().backward()
    assert logits.shape == (2, 16, 32768)
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert model.parameter_groups().keys() - {"matrices"} <= ADAM_RATES.keys()
    assert sum(parameter.numel() for parameter in model.parameters()) == count(theirs).total


@pytest.mark.parametrize("preset", SIZES)
def test_a_preset_trains_as_llama(preset, tmp_path):
    """The same command, with the preset's rates and schedule, in a model that is small enough for a test."""
    texts = [
        f"{place}에 {animal}가 {n}마리 있었어요." for place in PLACES for animal in ANIMALS for n in range(20)
    ]
    corpus = tmp_path / "글.jsonl"
    corpus.write_text("\n".join(json.dumps({"text": text}) for text in texts) + "\n", encoding="utf-8")
    Tokenizer.train(texts, 300).save(run_folder("m") / "tokenizer")
    words = [
        "--preset",
        preset,
        "--model",
        "llama",
        "--name",
        "m",
        "--corpus",
        str(corpus),
        "--text-share",
        "1",
    ]
    plain = ["--compile", "no", "--dtype", "float32", "--device", "cpu"]
    assert cli.run(["train", "base", *words, *NARROW, *SHORT, *plain]) == 0
    losses = [row["loss"] for row in read_metrics(run_folder("m") / "base") if row["kind"] == "step"]
    assert len(losses) == 16
    assert losses[-1] < 0.9 * losses[0]
    checkpoint = newest_checkpoint(run_folder("m") / "base" / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.about["model"] == "llama"
    assert cli.run(["export", "m", str(tmp_path / "out"), "--to", "gguf"]) == 0
