"""Token ids -> logits: our model, the fastest to a given quality that this project knows.

A pre-norm transformer with rotary positions, QK-norm, RMSNorm without parameters, ReLU², untied embeddings and a tanh
cap on the logits.  Three things are less common: to every token's embedding a gated share of the one before it is added
(smear: an induction head then takes one attention layer instead of two), every layer mixes the first embedding back in
(`x = r·x + s·x0`), and every second layer adds a gated embedding of the token itself to the values.  Sources:
modded-nanogpt records 5, 8, 14, 15, 18 and its smear (https://github.com/KellerJordan/modded-nanogpt), nanochat's log
(https://github.com/karpathy/nanochat); docs/log.md for what we measured.
Left out after their measurements: biases, norm weights, backout, U-net skips, MTP, MoE (docs/decisions/model.md).

Parameters are float32; `Linear` casts them to the dtype of what comes in, so no autocast is needed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.data.batches import document_starts
from nakochat.models import attention
from nakochat.models.alike import linear, rms_norm, sigmoid
from nakochat.models.attention import Cache, KVCache, Packed, Sight, causal_bias, rotary_table, rotate
from nakochat.models.float8 import float8_linear
from nakochat.models.parts import Apply, call

# x 1/sqrt(C): after QK-norm q and k have norm sqrt(C), and 1.2 on each sharpens the softmax (nanochat a825e63)
ATTENTION_SCALE = 1.44
LOGIT_CAP = 15.0  # modded-nanogpt record 18
VALUE_GATE = 3.0
SMEAR = 1.0  # twice the share of the token before that is added at first (the gate begins at one half)
EMBEDDING_STD = 0.8


@dataclass(frozen=True, kw_only=True)
class NakoConfig:
    """Shape of a `nako` model.  Raises ConfigError where the numbers do not fit together."""

    vocab_size: int
    layers: int
    width: int
    heads: int
    kv_heads: int | None = None
    """Key/value heads; None is one for each query head."""
    context: int = 2048
    """Positions seen in training."""
    value_embedding_every: int = 2
    """A value embedding in every n-th layer, counted from the last; 0 is none."""
    rotary_base: float = 1e5
    window: int | None = None
    """How far three of four layers look back, in positions; None is everywhere."""
    plain: bool = False
    """No smear, no mixing of the first embedding, attention at 1/sqrt(C): the shape of Transformers' `nanochat`."""

    def __post_init__(self) -> None:
        if self.plain and (self.value_embedding_every or self.window):
            raise ConfigError(
                say(
                    "plain 모델에는 값 임베딩과 창이 없습니다.",
                    "a plain model has no value embeddings and no window.",
                )
            )
        sizes = (self.vocab_size, self.layers, self.width, self.heads, self.key_heads, self.context)
        if min(*sizes, 1 if self.window is None else self.window) < 1:
            raise ConfigError(
                say("모델의 모든 크기는 1 이상이어야 합니다.", "every size of a model must be 1 or more.")
            )
        if self.width % self.heads or self.heads % self.key_heads or self.head_width % 2:
            raise does_not_divide(self.width, self.heads, self.key_heads)

    @property
    def key_heads(self) -> int:
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def attention_scale(self) -> float:
        return (1.0 if self.plain else ATTENTION_SCALE) / math.sqrt(self.head_width)

    @property
    def padded_vocab(self) -> int:
        return padded(self.vocab_size)

    @property
    def gate_width(self) -> int:
        """Channels of the layer's input that a value gate reads."""
        return min(12, self.width)

    def window_of(self, layer: int) -> int | None:
        """How far a layer looks back; None for every fourth, counted from the last, which looks everywhere (SSSL)."""
        return None if (self.layers - 1 - layer) % 4 == 0 else self.window

    def positions_seen(self, layer: int) -> float:
        """How many positions a position attends to in a layer, itself included: the mean over a full context."""
        near = min(self.context, self.window_of(layer) or self.context)
        return (near * (near + 1) / 2 + (self.context - near) * near) / self.context

    def has_value_embedding(self, layer: int) -> bool:
        return self.value_embedding_every > 0 and (self.layers - 1 - layer) % self.value_embedding_every == 0


def padded(size: int) -> int:
    """Rounded up to a multiple of 64, which matrix kernels like."""
    return math.ceil(size / 64) * 64


def does_not_divide(width: int, heads: int, key_heads: int) -> ConfigError:
    """For heads that do not fit together."""
    return ConfigError(
        say(
            f"너비 {width}, 머리 {heads}개, 키 머리 {key_heads}개가 서로 나누어지지 않습니다. 너비는 머리 수로, "
            "머리 수는 키 머리 수로 나누어져야 하고, 회전 위치에서는 머리 하나의 너비가 짝수여야 합니다.",
            f"width {width}, heads {heads} and key heads {key_heads} do not divide. Heads must divide the width, "
            "and key heads the heads; with rotary positions the width of one head must be even.",
        )
    )


def norm(x: Tensor) -> Tensor:
    """RMSNorm without parameters, over the last axis."""
    return rms_norm(x)


class Linear(nn.Linear):
    """A bias-free linear map whose weight is cast to the dtype of the input."""

    float8 = False
    """Whether training multiplies in 8 bits."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.float8 and self.training:
            return float8_linear(x, self.weight)
        return linear(x, self.weight.to(x.dtype))


class Layer(nn.Module):
    """Attention and MLP of one layer."""

    def __init__(self, config: NakoConfig, layer: int) -> None:
        super().__init__()
        self.heads, self.key_heads, self.head_width = config.heads, config.key_heads, config.head_width
        self.gate_width, self.layer, self.scale = config.gate_width, layer, config.attention_scale
        kv_width = self.key_heads * self.head_width
        self.query = Linear(config.width, config.width)
        self.key = Linear(config.width, kv_width)
        self.value = Linear(config.width, kv_width)
        self.out = Linear(config.width, config.width)
        self.up = Linear(config.width, 4 * config.width)
        self.down = Linear(4 * config.width, config.width)
        self.value_gate = (
            Linear(config.gate_width, self.key_heads) if config.has_value_embedding(layer) else None
        )

    def matrices(self) -> tuple[Linear, ...]:
        return self.query, self.key, self.value, self.out, self.up, self.down

    def forward(
        self,
        x: Tensor,
        first: Tensor,
        mix: tuple[Tensor, Tensor],
        ids: Tensor,
        table: Tensor | None,
        angles: tuple[Tensor, Tensor],
        sight: Sight,
        cache: Cache | None,
    ) -> Tensor:
        """x and the first embedding (B, T, D), how much of each (), ids (B, T), value embeddings (V, K*C) or None

        -> (B, T, D)
        """
        b, t, _ = x.shape
        x = mix[0].to(x.dtype) * x + mix[1].to(x.dtype) * first
        h = norm(x)
        q = self.query(h).view(b, t, self.heads, self.head_width)
        k = self.key(h).view(b, t, self.key_heads, self.head_width)
        v = self.value(h).view(b, t, self.key_heads, self.head_width)
        if self.value_gate is not None and table is not None:
            gate = VALUE_GATE * sigmoid(self.value_gate(h[..., : self.gate_width]))  # (B, T, K)
            v = v + gate[..., None] * F.embedding(ids, table).to(x.dtype).view_as(v)
        q, k = norm(rotate(q, *angles)), norm(rotate(k, *angles))
        attended = attention.attend_with(cache, self, q, k, v, sight, self.scale)
        x = x + self.out(attended.reshape(b, t, -1))
        mlp: Tensor = self.down(F.relu(self.up(norm(x))).square())
        return x + mlp


class Nako(nn.Module):
    """The model.  `dtype` is that of the activations."""

    cos: Tensor
    sin: Tensor
    logit_cap = LOGIT_CAP
    """Logits stay within it; None would be no cap."""
    packed: Packed | None = None
    """Attention kernel that takes the starts of documents; None: attention takes a bias (kernels.py chooses)."""
    recompute = False
    """Activation checkpointing: keep a layer's input only, and compute the layer again in the backward pass."""

    def __init__(self, config: NakoConfig, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config, self.dtype = config, dtype
        kv_width = config.key_heads * config.head_width
        self.embedding = nn.Embedding(config.padded_vocab, config.width)
        self.value_embeddings = nn.ModuleDict(
            {
                str(layer): nn.Embedding(config.padded_vocab, kv_width)
                for layer in range(config.layers)
                if config.has_value_embedding(layer)
            }
        )
        self.layers = nn.ModuleList(Layer(config, layer) for layer in range(config.layers))
        self.head = Linear(config.width, config.padded_vocab)
        self.smear_gate = Linear(config.gate_width, 1)
        self.smear_scale = nn.Parameter(torch.zeros(1))
        self.residual_scales = nn.Parameter(torch.ones(config.layers))
        self.input_scales = nn.Parameter(torch.zeros(config.layers))
        cos, sin = rotary_table(config.context, config.head_width, config.rotary_base)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        if config.plain:  # they keep the values at which they have no effect
            for scale in (self.smear_gate.weight, self.smear_scale, self.residual_scales, self.input_scales):
                scale.requires_grad_(False)

    def blocks(self) -> list[Layer]:
        """`layers` with their type."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def use_float8(self) -> None:
        """From now on training multiplies by the layers' matrices in 8 bits (float8.py)."""
        for layer in self.blocks():
            for matrix in layer.matrices():
                matrix.float8 = True

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fresh weights: deviation 1/sqrt(D) for what reads the residual stream, zero for what writes to it.

        The numbers are nanochat's (commits 6ed7d1d and a825e63).
        """
        generator = torch.Generator().manual_seed(seed)
        bound = math.sqrt(3 / self.config.width)
        self.embedding.weight.normal_(0, EMBEDDING_STD, generator=generator)
        for table in self.value_embeddings.parameters():
            table.uniform_(-bound, bound, generator=generator)
        for layer in self.blocks():
            for matrix in (layer.query, layer.key, layer.value):
                matrix.weight.uniform_(-bound, bound, generator=generator)
            layer.up.weight.uniform_(-0.4 * bound, 0.4 * bound, generator=generator)
            layer.out.weight.zero_()
            layer.down.weight.zero_()
            if layer.value_gate is not None:
                layer.value_gate.weight.uniform_(0, 0.02, generator=generator)
        self.head.weight.normal_(0, 0.001, generator=generator)
        self.smear_gate.weight.zero_()
        if self.config.plain:
            return
        self.smear_scale.fill_(SMEAR)
        depth = torch.linspace(0, 1, self.config.layers)
        self.residual_scales.copy_(1.15 - 0.10 * depth)
        self.input_scales.copy_(0.20 - 0.15 * depth)

    def forward(self, ids: Tensor, cache: Cache | None = None, documents: Tensor | None = None) -> Tensor:
        """Logits of the next token at every position.  -> (B, T, padded vocabulary) in the activation dtype"""
        return self.logits(self.hidden(ids, cache, documents))

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., D) -> (..., padded vocabulary), capped"""
        capped: Tensor = LOGIT_CAP * torch.tanh(self.head(hidden) / LOGIT_CAP)
        return capped

    def hidden(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        documents: Tensor | None = None,
        starts: Tensor | None = None,
        apply: Apply = call,
    ) -> Tensor:
        """What the head reads at every position.

        ids (B, T) int64; documents (B, T): a position attends within its own number only; starts: Batch.starts, derived
        from documents where it is needed and not given; with a cache the ids continue its rows; apply runs each part.
        -> (B, T, D) in the activation dtype
        """
        t = ids.shape[1]
        if cache is not None:
            positions = cache.positions(t)
            angles = self.cos[positions].unsqueeze(2), self.sin[positions].unsqueeze(2)
        else:
            angles = self.cos[:t, None], self.sin[:t, None]
        angles = angles[0].to(self.dtype), angles[1].to(self.dtype)
        first = apply(self.begin, ids, cache, documents)
        # another object: a layer whose two inputs are one would be compiled as a kind of its own
        x = first.view_as(first)
        sights = self._sights(ids, cache, documents, starts, apply)
        mixes = zip(self.residual_scales.unbind(), self.input_scales.unbind(), strict=True)
        for index, (layer, mix) in enumerate(zip(self.layers, mixes, strict=True)):
            named = str(index)
            table = self.value_embeddings[named].weight if named in self.value_embeddings else None
            sight = sights[self.config.window_of(index)]
            inputs = (layer, x, first, mix, ids, table, angles, sight, cache)
            again = self.recompute and self.training
            x = checkpoint(apply, *inputs, use_reentrant=False) if again else apply(*inputs)
        last: Tensor = apply(norm, x)
        return last

    def begin(self, ids: Tensor, cache: Cache | None, documents: Tensor | None) -> Tensor:
        """The residual stream before the first layer.  ids (B, T) -> (B, T, D)"""
        x = norm(self.embedding(ids).to(self.dtype))
        return norm(self._smear(x, ids, cache, documents))

    def _sights(
        self,
        ids: Tensor,
        cache: Cache | None,
        documents: Tensor | None,
        starts: Tensor | None,
        apply: Apply,
    ) -> dict[int | None, Sight]:
        """What each position may attend to, by the window of a layer."""
        windows = {self.config.window_of(layer) for layer in range(self.config.layers)}
        if cache is not None:
            return {window: cache.sight(ids.shape[1], window) for window in windows}
        whose = torch.zeros_like(ids) if documents is None else documents
        if self.packed is not None:
            places = document_starts(whose) if starts is None else starts
            return {window: Sight(None, places, window, self.packed) for window in windows}
        return {window: Sight(apply(causal_bias, whose, self.dtype, window)) for window in windows}

    def _smear(self, x: Tensor, ids: Tensor, cache: Cache | None, documents: Tensor | None) -> Tensor:
        """Add a gated share of the token before, except to a document's first.  x (B, T, D) -> (B, T, D)"""
        if cache is None:
            previous = torch.cat((torch.zeros_like(x[:, :1]), x[:, :-1]), dim=1)
            whose = torch.zeros_like(ids) if documents is None else documents
            follows = F.pad(whose[:, 1:] == whose[:, :-1], (1, 0))  # (B, T)
        else:
            previous = norm(self.embedding(cache.previous(ids)).to(self.dtype))
            follows = cache.positions(ids.shape[1]) > 0
        gate = self.smear_scale.to(x.dtype) * sigmoid(self.smear_gate(x[..., : self.config.gate_width]))
        return x + gate * follows[..., None] * previous

    def new_cache(self, rows: int, length: int) -> KVCache:
        """An empty cache for generation.  Positions beyond the trained context are refused by the engine."""
        return KVCache.empty(self.config, rows, length, self.dtype, self.embedding.weight.device)

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Every parameter under the name by which the optimizer sets its rates."""

        def of(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
            return [parameter for module in modules for parameter in module.parameters()]

        scales = dict(self.named_parameters(recurse=False))
        groups = {
            "matrices": of(m for layer in self.blocks() for m in layer.matrices()),
            "embedding": of([self.embedding]),
            "value_embeddings": of([self.value_embeddings]),
            "head": of([self.head]),
        }
        if self.config.plain:
            return groups
        return {
            **groups,
            "gates": of(
                [
                    self.smear_gate,
                    *(layer.value_gate for layer in self.blocks() if layer.value_gate is not None),
                ]
            ),
            "smear_scale": [scales["smear_scale"]],
            "residual_scales": [scales["residual_scales"]],
            "input_scales": [scales["input_scales"]],
        }
