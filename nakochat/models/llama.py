"""Token ids -> logits: the shape of Llama, SmolLM2 and Qwen3, for models that come in and go out.

A pre-norm transformer: RMSNorm with weights, RoPE, grouped key/value heads, SwiGLU, no biases.  Qwen3 also normalises
queries and keys; many small ones tie the head to the embedding.  Sources: https://arxiv.org/abs/2302.13971,
https://arxiv.org/abs/2505.09388.  Left out, and refused on import: biases, sliding windows, mixtures of experts.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nakochat.models import attention
from nakochat.models.alike import rms_norm, swiglu
from nakochat.models.attention import Cache, Sight, rotary_table, rotate
from nakochat.models.nako import Linear, does_not_divide, padded
from nakochat.models.published import Published, PublishedLayer, require_sizes

STD = 0.02  # of the token table: where it is tied it makes the logits too, which should begin small


@dataclass(frozen=True, kw_only=True)
class LlamaConfig:
    """Shape of a `llama` model.  Raises ConfigError where the numbers do not fit together."""

    vocab_size: int
    layers: int
    width: int
    heads: int
    kv_heads: int | None = None
    """Key/value heads; None is one for each query head."""
    head_size: int | None = None
    """Width of a head; None is width / heads."""
    mlp_width: int | None = None
    """Width inside the MLP; None is 8/3 of the width, rounded up to 64."""
    context: int = 2048
    rotary_base: float = 1e4
    stretch: tuple[float, float, float, int] | None = None
    """Llama 3.1's way to longer contexts: factor, low and high frequency factor, the context before; None is none."""
    norm_epsilon: float = 1e-5
    qk_norm: bool = False
    """Queries and keys are normalised, as in Qwen3."""
    tied: bool = False
    """The head is the embedding."""

    def __post_init__(self) -> None:
        require_sizes(self.context, self.vocab_size, self.layers, self.width, self.heads, self.key_heads)
        require_sizes(self.context, self.head_width, self.mlp)
        if self.heads % self.key_heads or self.head_width % 2:
            raise does_not_divide(self.width, self.heads, self.key_heads)
        if self.stretch is not None:  # JSON knows no tuples
            factor, low, high, before = self.stretch
            object.__setattr__(self, "stretch", (float(factor), float(low), float(high), int(before)))

    @property
    def key_heads(self) -> int:
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def head_width(self) -> int:
        return self.width // self.heads if self.head_size is None else self.head_size

    @property
    def mlp(self) -> int:
        return padded(math.ceil(self.width * 8 / 3)) if self.mlp_width is None else self.mlp_width

    @property
    def padded_vocab(self) -> int:
        return padded(self.vocab_size)

    @property
    def matrix_weights(self) -> int:
        """Weights of the layers' matrices."""
        attended = self.width * self.head_width * (2 * self.heads + 2 * self.key_heads)
        return self.layers * (attended + 3 * self.width * self.mlp)

    @property
    def vector_weights(self) -> int:
        """Weights of the norms."""
        of_heads = 2 * self.head_width if self.qk_norm else 0
        return self.layers * (2 * self.width + of_heads) + self.width

    @property
    def place_weights(self) -> int:
        return 0


class RMSNorm(nn.Module):
    """RMSNorm over the last axis, with a weight for every channel."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight.to(x.dtype), self.epsilon)


class LlamaLayer(PublishedLayer):
    """Attention and MLP of one layer."""

    def __init__(self, config: LlamaConfig, layer: int) -> None:
        super().__init__()
        self.heads, self.key_heads, self.head_width = config.heads, config.key_heads, config.head_width
        self.layer = layer
        self.attention_norm = RMSNorm(config.width, config.norm_epsilon)
        self.query = Linear(config.width, self.heads * self.head_width)
        self.key = Linear(config.width, self.key_heads * self.head_width)
        self.value = Linear(config.width, self.key_heads * self.head_width)
        self.out = Linear(self.heads * self.head_width, config.width)
        self.query_norm = RMSNorm(self.head_width, config.norm_epsilon) if config.qk_norm else None
        self.key_norm = RMSNorm(self.head_width, config.norm_epsilon) if config.qk_norm else None
        self.mlp_norm = RMSNorm(config.width, config.norm_epsilon)
        self.gate = Linear(config.width, config.mlp)
        self.up = Linear(config.width, config.mlp)
        self.down = Linear(config.mlp, config.width)

    def forward(self, x: Tensor, angles: tuple[Tensor, ...], sight: Sight, cache: Cache | None) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        b, t, _ = x.shape
        cos, sin = angles
        h = self.attention_norm(x)
        q = self.query(h).view(b, t, self.heads, self.head_width)
        k = self.key(h).view(b, t, self.key_heads, self.head_width)
        v = self.value(h).view(b, t, self.key_heads, self.head_width)
        if self.query_norm is not None and self.key_norm is not None:
            q, k = self.query_norm(q), self.key_norm(k)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        attended = attention.attend_with(cache, self, q, k, v, sight, self.head_width**-0.5)
        x = x + self.out(attended.reshape(b, t, -1))
        h = self.mlp_norm(x)
        mlp: Tensor = self.down(swiglu(self.gate(h), self.up(h)))
        return x + mlp


class Llama(Published):
    """The model."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: LlamaConfig, dtype: torch.dtype = torch.float32) -> None:
        layers = [LlamaLayer(config, layer) for layer in range(config.layers)]
        super().__init__(config, layers, RMSNorm(config.width, config.norm_epsilon), dtype)
        self.config = config
        cos, sin = angle_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def begin(self, ids: Tensor, positions: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        angles = tuple(table[positions].unsqueeze(2).to(self.dtype) for table in (self.cos, self.sin))
        return self.embedding(ids).to(self.dtype), angles

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fresh weights: deviation 1/sqrt(D) for what reads the stream, zero for what writes to it."""
        generator = torch.Generator().manual_seed(seed)
        bound = math.sqrt(3 / self.config.width)
        self.embedding.weight.normal_(0, STD, generator=generator)
        for layer in self.layers:
            assert isinstance(layer, LlamaLayer)
            for matrix in (layer.query, layer.key, layer.value, layer.gate, layer.up):
                matrix.weight.uniform_(-bound, bound, generator=generator)
            layer.out.weight.zero_()
            layer.down.weight.zero_()
        if self.own_head is not None:
            self.own_head.weight.normal_(0, 0.001, generator=generator)


def angle_tables(config: LlamaConfig) -> tuple[Tensor, Tensor]:
    """cos and sin of RoPE, each (context, C/2) float32, with the sine of published models: they turn the other way."""
    if config.stretch is None:
        cos, sin = rotary_table(config.context, config.head_width, config.rotary_base)
        return cos, -sin
    angles = torch.outer(torch.arange(config.context, dtype=torch.float32), stretched_frequencies(config))
    return angles.cos(), -angles.sin()


def stretched_frequencies(config: LlamaConfig) -> Tensor:
    """RoPE's frequencies with the slow ones slowed down (Llama 3.1, https://arxiv.org/abs/2407.21783).  -> (C/2,)"""
    assert config.stretch is not None
    factor, low, high, before = config.stretch
    plain = config.rotary_base ** -(torch.arange(0, config.head_width, 2).float() / config.head_width)
    turns = before * plain / (2 * math.pi)  # over the context that the model was first trained at
    share = ((turns - low) / (high - low)).clamp(0, 1)
    return share * plain + (1 - share) * plain / factor
