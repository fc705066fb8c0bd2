"""Texts -> a base model, from random weights or from a model that is there.  [nako train base]"""

import dataclasses

from nakochat.core.paths import find_run, run_folder
from nakochat.models.checkpoint import Checkpoint, checkpoint_of, newest_checkpoint
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.model import Model, ModelConfig, build_model
from nakochat.models.sizing import steps_of
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.documents import train_on_documents
from nakochat.training.settings import BaseSettings
from nakochat.training.shape import in_shape_of, model_config
from nakochat.training.stage import Stage, is_done, loaded, open_stage, parent_checkpoint, record_origin


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
    """That of the checkpoint, whose shape it keeps but for the dropout, or a fresh one."""
    if checkpoint is not None:
        return loaded(_with_dropout(checkpoint, settings.dropout), stage.machine)
    model = build_model(model_config(settings, stage.tokenizer.vocab_size), stage.machine.dtype)
    model.initialise(settings.seed)
    return model.to(stage.machine.device)


def _with_dropout(checkpoint: Checkpoint, dropout: float) -> Checkpoint:
    """The same weights in a model that leaves out so many values in training, where its kind does that."""
    if not isinstance(checkpoint.config, GPT2Config):
        return checkpoint
    config = {**checkpoint.about["config"], "dropout": dropout}
    return dataclasses.replace(checkpoint, about={**checkpoint.about, "config": config})


def settled(settings: BaseSettings) -> BaseSettings:
    """The same as it will run and be recorded, before anything begins: in the shape of the model of --from, and with
    the steps that --tokens-per-parameter asks for.  ConfigError for another shape than that model's."""
    there = _config_there(settings)
    if there is not None:
        settings = in_shape_of(settings, there)
    if settings.tokens_per_parameter is None:
        return settings
    config = there or model_config(
        settings, Tokenizer.load(run_folder(settings.run_name) / "tokenizer").vocab_size
    )
    steps = steps_of(config, settings.tokens_per_parameter, settings.rows)
    return dataclasses.replace(settings, steps=steps)


def _config_there(settings: BaseSettings) -> ModelConfig | None:
    """Of the model that --from names; once the run has checkpoints of its own, theirs: that other run may be gone."""
    if settings.from_ is None:
        return None
    own = newest_checkpoint(run_folder(settings.run_name) / "base" / "checkpoints")
    return (own or checkpoint_of(find_run(settings.from_))).config
