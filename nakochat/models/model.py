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


CONFIGS: dict[str, type[ModelConfig]] = {"nako": NakoConfig, "llama": LlamaConfig, "gpt2": GPT2Config}


def kind_of(config: ModelConfig) -> str:
    """The name of this kind of model in checkpoints and settings."""
    return next(kind for kind, own in CONFIGS.items() if type(config) is own)


def build_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> Model:
    """A model of this shape; its weights are not set."""
    if isinstance(config, LlamaConfig):
        return Llama(config, dtype)
    if isinstance(config, GPT2Config):
        return GPT2(config, dtype)
    return Nako(config, dtype)


def config_from(kind: str, values: dict[str, Any]) -> ModelConfig:
    """The config of a checkpoint.  CheckpointError for an unknown kind, TypeError for unknown values."""
    if kind not in CONFIGS:
        raise CheckpointError(
            say(
                f"모르는 모델의 종류입니다: {kind!r}. 더 새로운 nakochat이 필요합니다.",
                f"unknown kind of model: {kind!r}. A newer nakochat is needed.",
            )
        )
    return CONFIGS[kind](**values)
