"""Tensors of another format -> our model, with a row for every token that its tokenizer has.

Shapes are compared with the header before anything of a model's size is made: a file that lies about its size costs no
memory.
"""

import dataclasses
from typing import Protocol

import torch
from torch import Tensor

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.interop.pieces import TABLES, Find, Piece
from nakochat.models.gpt2 import GPT2, GPT2Config
from nakochat.models.llama import Llama, LlamaConfig

MOST_LAYERS = 1000  # a config that says more than any model has is not built to find out


class Tensors(Protocol):
    """The tensors of some file or folder, read when asked for."""

    @property
    def where(self) -> str: ...
    @property
    def shapes(self) -> dict[str, tuple[int, ...]]: ...
    def tensor(self, name: str) -> Tensor:
        """In float32."""
        ...


def read_model(
    config: LlamaConfig | GPT2Config, find: Find, tensors: Tensors, *, vocab_size: int, context: int | None
) -> Llama | GPT2:
    """The model.  vocab_size: of its tokenizer, whose new tokens begin as the mean of the others; context: None is its
    own, fewer positions may be kept.  DataError where a tensor is missing or of another shape."""
    if config.layers > min(MOST_LAYERS, len(tensors.shapes)):
        raise DataError(_says(tensors, f"{config.layers} layers"))
    rows = config.vocab_size
    asked = dataclasses.replace(
        config, vocab_size=max(rows, vocab_size), context=min(context or config.context, config.context)
    )
    with torch.device("meta"):
        wanted = {name: tensor.shape for name, tensor in _built(asked).state_dict().items()}
    whole = {name: find(name) for name in wanted}
    for name, shape in wanted.items():
        _require_shape(tensors, whole[name], _first(name, shape, rows, config.context))
    model = _built(asked)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            theirs = whole[name].take(tensors.tensor(whole[name].name))
            parameter[: len(theirs)].copy_(theirs[: len(parameter)])
            if name in TABLES:
                parameter[rows:] = theirs.mean(dim=0)
    return model


def _built(config: LlamaConfig | GPT2Config) -> Llama | GPT2:
    return Llama(config) if isinstance(config, LlamaConfig) else GPT2(config)


def _first(name: str, shape: torch.Size, rows: int, context: int) -> torch.Size:
    """The shape that the file should have of a parameter of ours, whose tables may have more or fewer rows."""
    if name in TABLES:
        return torch.Size((rows, *shape[1:]))
    return torch.Size((context, *shape[1:])) if name == "places.weight" else shape


def _require_shape(tensors: Tensors, piece: Piece, ours: torch.Size) -> None:
    found = tensors.shapes.get(piece.name)
    if found is None:
        raise DataError(_says(tensors, f"{piece.name}: -"))
    if found != piece.shape(ours):
        raise DataError(_says(tensors, f"{piece.name}: {list(found)}, {list(piece.shape(ours))}"))


def _says(tensors: Tensors, what: str) -> str:
    return say(
        f"{tensors.where}: 가중치가 설정과 맞지 않습니다 ({what}). 파일이 온전한지 확인하고 다시 받으세요.",
        f"{tensors.where}: the weights do not fit the config ({what}). Check the files and download them again.",
    )
