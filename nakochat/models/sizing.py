"""depth -> width, heads, parameters, FLOPs; and for how long, in what batches and at what rates to train it.

One dial: a deeper model is wider too (64 of width per layer, as nanochat found best at 1e18 FLOPs), and the rest of
the shape follows.  AdamW's rates follow the width and the batch in training/optimizer.py.
"""

import math
from dataclasses import dataclass

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import ModelConfig
from nakochat.models.nako import NakoConfig

# compute-optimal by nanochat's ladder (commit 1cd94d7); a model made for use takes 20
TOKENS_PER_PARAMETER = 12.0
# tokens per step, and in all, at which the rates were found: depth 12, 12 tokens per parameter
_REFERENCE_BATCH = 2**19
_REFERENCE_TOKENS = 12 * 110.1e6
_BATCH_EXPONENT = 0.383  # how the best batch grows with the tokens (https://arxiv.org/abs/2505.13738)
_LEAST_STEPS = 500
_LEAST_BATCH = 2**11
_MATRIX_RATE = 0.02
# weight decay x rate x steps / tokens per parameter stays what it is at d12 (nanochat, base_train.py)
_DECAY = 1.18


def config_of_depth(depth: int, *, vocab_size: int, context: int = 2048) -> NakoConfig:
    """The `nako` model of a depth, when a preset does not say width and heads itself."""
    head_width = 64 if depth * 64 < 512 else 128
    width = math.ceil(64 * depth / head_width) * head_width
    return NakoConfig(
        vocab_size=vocab_size, layers=depth, width=width, heads=width // head_width, context=context
    )


@dataclass(frozen=True)
class Counts:
    """Parameters by part, and matmul FLOPs per token of one forward and backward."""

    embedding: int
    value_embeddings: int
    matrices: int
    """Of the layers: what Muon updates."""
    gates: int
    head: int
    scalars: int
    flops_per_token: int
    whole_attention_flops: int

    @property
    def body(self) -> int:
        return self.matrices + self.gates

    @property
    def total(self) -> int:
        return self.embedding + self.value_embeddings + self.body + self.head + self.scalars

    @property
    def scaling(self) -> int:
        """What scaling laws count: body and head (Kaplan-style; gives nanochat the only stable tokens ratio)."""
        return self.body + self.head

    @property
    def documented(self) -> int:
        """What nanochat's documents count, whose model has no value embeddings: the token table too."""
        return self.scaling + self.embedding

    @property
    def documented_flops_per_token(self) -> int:
        """The same work as nanochat counts it: every position looks at the whole context."""
        return self.flops_per_token + self.whole_attention_flops


def count(config: ModelConfig) -> Counts:
    """Exact, without building the model (a test holds it against the built one)."""
    if not isinstance(config, NakoConfig):
        return _count_published(config)
    c, v = config, config.padded_vocab
    kv_width = c.key_heads * c.head_width
    attention = 2 * c.width * c.width + 2 * c.width * kv_width
    matrices = c.layers * (attention + 8 * c.width * c.width)
    with_values = sum(c.has_value_embedding(layer) for layer in range(c.layers))
    gates = with_values * c.key_heads * c.gate_width + c.gate_width
    seen = sum(c.positions_seen(layer) for layer in range(c.layers))
    return Counts(
        embedding=v * c.width,
        value_embeddings=with_values * v * kv_width,
        matrices=matrices,
        gates=gates,
        head=v * c.width,
        scalars=2 * c.layers + 1,
        flops_per_token=int(6 * (matrices + gates + v * c.width) + 12 * c.width * seen),
        whole_attention_flops=int(12 * c.width * (c.layers * c.context - seen)),
    )


def _count_published(config: LlamaConfig | GPT2Config) -> Counts:
    """Norms and biases are among the scalars; learned positions among the embeddings."""
    table = config.padded_vocab * config.width
    seen = (config.context + 1) / 2
    inner = config.heads * config.head_width
    return Counts(
        embedding=table + config.place_weights,
        value_embeddings=0,
        matrices=config.matrix_weights,
        gates=0,
        head=0 if config.tied else table,
        scalars=config.vector_weights,
        flops_per_token=int(6 * (config.matrix_weights + table) + 12 * inner * config.layers * seen),
        whole_attention_flops=int(12 * inner * config.layers * (config.context - seen)),
    )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a base model of some shape is trained.  Rates are the peaks of Muon."""

    tokens: int
    """Of all steps: steps x rows x context."""
    rows: int
    """Rows of `context` tokens per step, over all processes."""
    steps: int
    matrix_rate: float
    weight_decay: float
    warmup: int


def recipe(config: ModelConfig, tokens_per_parameter: float = TOKENS_PER_PARAMETER) -> Recipe:
    """How to train this shape.  tokens_per_parameter counts body and head.  ConfigError unless it is above 0."""
    if not 0 < tokens_per_parameter < math.inf:
        raise ConfigError(
            say(
                f"--tokens-per-parameter는 0보다 커야 합니다: {tokens_per_parameter}.",
                f"--tokens-per-parameter must be above 0: {tokens_per_parameter}.",
            )
        )
    return recipe_of_tokens(config, tokens_per_parameter * count(config).scaling)


def recipe_of_tokens(config: ModelConfig, tokens: float, *, least_steps: int = _LEAST_STEPS) -> Recipe:
    """As `recipe`, for a number of tokens.  least_steps: the short runs of `nako scaling` allow fewer."""
    rows = max(1, batch_of(tokens, least_steps=least_steps) // config.context)
    steps = max(1, round(tokens / (rows * config.context)))
    rate = _MATRIX_RATE * rate_of_batch(rows * config.context)
    return Recipe(
        tokens=steps * rows * config.context,
        rows=rows,
        steps=steps,
        matrix_rate=rate,
        weight_decay=_DECAY * tokens / count(config).scaling / (rate * steps),
        warmup=max(1, min(40, steps // 20)),
    )


def steps_of(config: ModelConfig, tokens_per_parameter: float, rows: int) -> int:
    """Steps of `rows` rows that see so many tokens for each parameter of body and head."""
    return max(1, round(tokens_per_parameter * count(config).scaling / (rows * config.context)))


def batch_of(tokens: float, *, least_steps: int = _LEAST_STEPS) -> int:
    """Tokens per step, a power of two: larger for longer training, but leaving room for enough steps."""
    wished = round(math.log2(_REFERENCE_BATCH) + _BATCH_EXPONENT * math.log2(tokens / _REFERENCE_TOKENS))
    allowed = math.floor(math.log2(max(tokens / least_steps, _LEAST_BATCH)))
    return int(2 ** max(math.log2(_LEAST_BATCH), min(wished, allowed)))


def rate_of_batch(tokens_per_step: float) -> float:
    """Factor of all rates: larger batches take larger steps, smaller ones do not take smaller (docs/log.md)."""
    return min(2.0, max(1.0, math.sqrt(tokens_per_step / _REFERENCE_BATCH)))
