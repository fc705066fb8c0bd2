"""Token ids -> logits: GPT-2's shape, so that its weights load and old recipes train as their documents say.

A pre-norm transformer with biases, LayerNorm, GELU, dropout and a tied head (Radford et al. 2019), and positions that
are learned, or sines (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).  Queries, keys and values are three
matrices here, so that Muon orthogonalises each by itself; files hold them as one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.models import attention
from nakochat.models.alike import gelu, linear
from nakochat.models.attention import Cache, Sight
from nakochat.models.nako import does_not_divide, padded
from nakochat.models.published import Published, PublishedLayer, require_sizes

Positions = Literal["learned", "sines"]
STD = 0.02  # of all fresh weights (Radford et al. 2019)


@dataclass(frozen=True, kw_only=True)
class GPT2Config:
    """Shape of a `gpt2` model.  Raises ConfigError where the numbers do not fit together."""

    vocab_size: int
    layers: int
    width: int
    heads: int
    mlp_width: int | None = None
    """Width inside the MLP; None is 4 times the width."""
    context: int = 1024
    positions: Positions = "learned"
    dropout: float = 0.0
    """Of the embedding and of what a layer adds, in training."""
    norm_epsilon: float = 1e-5
    tied: bool = True
    """The head is the embedding."""

    def __post_init__(self) -> None:
        require_sizes(self.context, self.vocab_size, self.layers, self.width, self.heads, self.mlp)
        if self.width % self.heads:
            raise does_not_divide(self.width, self.heads, self.heads)
        if self.positions not in ("learned", "sines") or not 0 <= self.dropout < 1:
            raise ConfigError(
                say(
                    f"위치는 learned나 sines, 드롭아웃은 0 이상 1 미만이어야 합니다: {self.positions}, {self.dropout}.",
                    f"positions are learned or sines, dropout is 0 to 1: {self.positions}, {self.dropout}.",
                )
            )

    @property
    def key_heads(self) -> int:
        return self.heads

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def mlp(self) -> int:
        return 4 * self.width if self.mlp_width is None else self.mlp_width

    @property
    def padded_vocab(self) -> int:
        return padded(self.vocab_size)

    @property
    def matrix_weights(self) -> int:
        """Weights of the layers' matrices."""
        return self.layers * (4 * self.width**2 + 2 * self.width * self.mlp)

    @property
    def vector_weights(self) -> int:
        """Weights of the norms, and biases."""
        return self.layers * (9 * self.width + self.mlp) + 2 * self.width

    @property
    def place_weights(self) -> int:
        """Of the table of positions."""
        return self.context * self.width if self.positions == "learned" else 0


class BiasedLinear(nn.Linear):
    """A linear map whose weight and bias are cast to the dtype of the input."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class LayerNorm(nn.LayerNorm):
    """LayerNorm whose weight and bias are cast to the dtype of the input."""

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(
            x, self.normalized_shape, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps
        )


class GPT2Layer(PublishedLayer):
    """Attention and MLP of one layer."""

    def __init__(self, config: GPT2Config, layer: int) -> None:
        super().__init__()
        self.heads, self.head_width, self.dropout = config.heads, config.head_width, config.dropout
        self.layer = layer
        self.attention_norm = LayerNorm(config.width, config.norm_epsilon)
        self.query = BiasedLinear(config.width, config.width)
        self.key = BiasedLinear(config.width, config.width)
        self.value = BiasedLinear(config.width, config.width)
        self.out = BiasedLinear(config.width, config.width)
        self.mlp_norm = LayerNorm(config.width, config.norm_epsilon)
        self.up = BiasedLinear(config.width, config.mlp)
        self.down = BiasedLinear(config.mlp, config.width)

    def forward(self, x: Tensor, angles: tuple[Tensor, ...], sight: Sight, cache: Cache | None) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        b, t, _ = x.shape
        h = self.attention_norm(x)
        q, k, v = (made.view(b, t, self.heads, self.head_width) for made in self._projected(h))
        attended = attention.attend_with(cache, self, q, k, v, sight, self.head_width**-0.5)
        x = x + F.dropout(self.out(attended.reshape(b, t, -1)), self.dropout, self.training)
        mlp = self.down(gelu(self.up(self.mlp_norm(x))))
        return x + F.dropout(mlp, self.dropout, self.training)

    def _projected(self, h: Tensor) -> Sequence[Tensor]:
        """Queries, keys and values, each (B, T, D): where gradients are kept, by one product, which is 2 % faster."""
        maps = (self.query, self.key, self.value)
        if not torch.is_grad_enabled() or not isinstance(
            self.query, BiasedLinear
        ):  # an engine's may be packed
            return [matrix(h) for matrix in maps]
        weight, bias = torch.cat([m.weight for m in maps]), torch.cat([m.bias for m in maps])
        return linear(h, weight.to(h.dtype), bias.to(h.dtype)).chunk(3, dim=-1)


class GPT2(Published):
    """The model."""

    sines: Tensor

    def __init__(self, config: GPT2Config, dtype: torch.dtype = torch.float32) -> None:
        layers = [GPT2Layer(config, layer) for layer in range(config.layers)]
        super().__init__(config, layers, LayerNorm(config.width, config.norm_epsilon), dtype)
        self.config = config
        learned = config.positions == "learned"
        self.places = nn.Embedding(config.context, config.width) if learned else None
        if not learned:
            self.register_buffer("sines", sine_table(config.context, config.width), persistent=False)

    def begin(self, ids: Tensor, positions: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        places = self.place_table()[positions].to(self.dtype)
        x = self.embedding(ids).to(self.dtype) + places
        return F.dropout(x, self.config.dropout, self.training), ()

    def place_table(self) -> Tensor:
        """What is added for every position.  -> (context, D)"""
        return self.sines if self.places is None else self.places.weight

    def learned_places(self) -> list[nn.Parameter]:
        return [] if self.places is None else [*self.places.parameters()]

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fresh weights as GPT-2's: deviation 0.02, less for what writes to the stream, so that its sum stays."""
        generator = torch.Generator().manual_seed(seed)
        less = STD / math.sqrt(2 * self.config.layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                writes = name.endswith(("out.weight", "down.weight"))
                parameter.normal_(0, less if writes else STD, generator=generator)
            elif name.endswith("bias"):
                parameter.zero_()


def sine_table(length: int, width: int) -> Tensor:
    """Sines and cosines of falling frequency, side by side (https://arxiv.org/abs/1706.03762, 3.5).  -> (length, D)"""
    frequencies = 1e4 ** -(torch.arange(0, width, 2).float() / width)
    angles = torch.outer(torch.arange(length).float(), frequencies)  # (length, ceil(D/2))
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :width]
