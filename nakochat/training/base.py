"""Texts -> a base model, from random weights or from a model that is there.  [nako train base]"""

import dataclasses

from nakochat.core.paths import run_folder
from nakochat.models.checkpoint import Checkpoint
from nakochat.models.model import Model, build_model
from nakochat.models.sizing import steps_of
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.settings import BaseSettings
from nakochat.training.shape import model_config
from nakochat.training.stage import (
    Stage,
    is_done,
    loaded,
    open_stage,
    parent_checkpoint,
    record_origin,
    train_on_documents,
)


def main(settings: BaseSettings = BaseSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the base stage of a run."""
    settings = settled(settings)
    if is_done("base", settings):
        return
    with open_stage("base", settings) as stage:
        starts_elsewhere = stage.resumed is None and settings.from_ is not None
        parent = parent_checkpoint(stage, settings, "base") if starts_elsewhere else None
        model = _model(stage, settings, stage.resumed or parent)
        record_origin(stage, settings, parent)
        train_on_documents(stage, settings, model)


def _model(stage: Stage, settings: BaseSettings, checkpoint: Checkpoint | None) -> Model:
    """That of the checkpoint, whose shape it keeps, or a fresh one."""
    if checkpoint is not None:
        return loaded(checkpoint, stage.machine)
    model = build_model(model_config(settings, stage.tokenizer.vocab_size), stage.machine.dtype)
    model.initialise(settings.seed)
    return model.to(stage.machine.device)


def settled(settings: BaseSettings) -> BaseSettings:
    """The same with the steps that --tokens-per-parameter asks for: they are known before anything begins."""
    if settings.tokens_per_parameter is None:
        return settings
    vocab_size = Tokenizer.load(run_folder(settings.run_name) / "tokenizer").vocab_size
    steps = steps_of(model_config(settings, vocab_size), settings.tokens_per_parameter, settings.rows)
    return dataclasses.replace(settings, steps=steps)
