"""A shape -> an engine whose weights mean nothing: what its speed needs is there, and nothing was trained."""

import torch

from nakochat.core.machine import Machine
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.options import EngineOptions
from nakochat.inference.talk import engine_of
from nakochat.models.model import ModelConfig, build_model
from nakochat.text.tokenizer import Tokenizer

VOCABULARY = 32768  # of a model that is given by its depth alone, as in the presets from d12 on


def untrained_tokenizer() -> Tokenizer:
    """The smallest: bytes and what the chat format needs."""
    return Tokenizer.train(["안녕하세요. 하나, 둘, 셋."] * 4, 320)


def untrained_engine(
    config: ModelConfig,
    machine: Machine,
    options: EngineOptions = EngineOptions(),
    slots: int | None = None,
) -> Engine:
    """The engine of a model of this shape; the weights are what torch fills new ones with, made where they are used.

    Answers are bytes only, whatever the size of the model's vocabulary.
    """
    devices = [machine.device] if machine.device.type == "cuda" else []
    with torch.device(machine.device), torch.random.fork_rng(devices=devices):
        torch.manual_seed(0)
        model = build_model(config, machine.dtype)
    return engine_of(inference_copy(model, options.quant), untrained_tokenizer(), machine, options, slots)
