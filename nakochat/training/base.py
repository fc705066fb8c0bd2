"""Texts -> a base model, from random weights.  [nako train base]"""

import dataclasses

from nakochat.core.paths import run_folder
from nakochat.models.model import Model
from nakochat.models.nako import Nako, NakoConfig
from nakochat.models.sizing import config_of_depth, steps_of
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.settings import BaseSettings, ModelSettings
from nakochat.training.stage import is_done, loaded, open_stage, record_origin, train_on_documents


def main(settings: BaseSettings = BaseSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the base stage of a run."""
    settings = settled(settings)
    if is_done("base", settings):
        return
    with open_stage("base", settings) as stage:
        if stage.resumed is None:
            model: Model = Nako(model_config(settings, stage.tokenizer.vocab_size), stage.machine.dtype)
            model.initialise(settings.seed)
            model = model.to(stage.machine.device)
        else:
            model = loaded(stage.resumed, stage.machine)
        record_origin(stage, settings, None)
        train_on_documents(stage, settings, model)


def settled(settings: BaseSettings) -> BaseSettings:
    """The same with the steps that --tokens-per-parameter asks for: they are known before anything begins."""
    if settings.tokens_per_parameter is None:
        return settings
    vocab_size = Tokenizer.load(run_folder(settings.run_name) / "tokenizer").vocab_size
    steps = steps_of(model_config(settings, vocab_size), settings.tokens_per_parameter, settings.rows)
    return dataclasses.replace(settings, steps=steps)


def model_config(settings: ModelSettings, vocab_size: int) -> NakoConfig:
    """The model's shape: depth decides, unless width or heads are set."""
    sized = config_of_depth(settings.depth, vocab_size=vocab_size, context=settings.context)
    width = sized.width if settings.width is None else settings.width
    return NakoConfig(
        vocab_size=vocab_size,
        layers=settings.depth,
        width=width,
        heads=max(1, width // sized.head_width) if settings.heads is None else settings.heads,
        kv_heads=settings.kv_heads,
        context=settings.context,
        value_embedding_every=settings.value_embedding_every,
        rotary_base=settings.rotary_base,
        window=settings.window,
    )
