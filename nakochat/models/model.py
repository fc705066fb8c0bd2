"""A model's kind and config as a checkpoint names them -> the model.  The three kinds have one interface (nako.py)."""

from typing import Any

import torch

from nakochat.core.errors import CheckpointError
from nakochat.core.messages import say
from nakochat.models.gpt2 import GPT2, GPT2Config
from nakochat.models.llama import Llama, LlamaConfig
from nakochat.models.nako import Nako, NakoConfig

Model = Nako | Llama | GPT2
ModelConfig = NakoConfig | LlamaConfig | GPT2Config


def kind_of(model: Model) -> str:
    """The name under which a checkpoint keeps it."""
    return {Nako: "nako", Llama: "llama", GPT2: "gpt2"}[type(model)]


def build_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> Model:
    """A model of this shape; its weights are not set."""
    if isinstance(config, LlamaConfig):
        return Llama(config, dtype)
    if isinstance(config, GPT2Config):
        return GPT2(config, dtype)
    return Nako(config, dtype)


def config_from(kind: str, values: dict[str, Any]) -> ModelConfig:
    """The config of a checkpoint.  CheckpointError for a kind from elsewhere, TypeError for unknown values."""
    kinds: dict[str, type[ModelConfig]] = {"nako": NakoConfig, "llama": LlamaConfig, "gpt2": GPT2Config}
    if kind not in kinds:
        raise CheckpointError(
            say(
                f"모르는 모델의 종류입니다: {kind!r}. 더 새로운 nakochat이 필요합니다.",
                f"unknown kind of model: {kind!r}. A newer nakochat is needed.",
            )
        )
    return kinds[kind](**values)
