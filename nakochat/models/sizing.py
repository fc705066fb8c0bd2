"""depth -> width, heads, and how many parameters and FLOPs that is.

One dial: a deeper model is wider too (64 of width per layer, as nanochat found best at 1e18 FLOPs), and the rest of
the shape follows.  Learning rates follow the width and the batch in training/optimizer.py.
"""

import math
from dataclasses import dataclass

from nakochat.models.nako import NakoConfig


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
    body: int
    head: int
    scalars: int
    flops_per_token: int

    @property
    def total(self) -> int:
        return self.embedding + self.value_embeddings + self.body + self.head + self.scalars

    @property
    def scaling(self) -> int:
        """What scaling laws count: body and head (Kaplan-style; gives nanochat the only stable tokens ratio)."""
        return self.body + self.head


def count(config: NakoConfig) -> Counts:
    """Exact, without building the model (a test holds it against the built one)."""
    c, v = config, config.padded_vocab
    kv_width = c.key_heads * c.head_width
    attention = 2 * c.width * c.width + 2 * c.width * kv_width
    body = c.layers * (attention + 8 * c.width * c.width)
    with_values = sum(c.has_value_embedding(layer) for layer in range(c.layers))
    gates = with_values * c.key_heads * c.gate_width + c.gate_width
    seen = (c.context + 1) / 2  # a causal position looks at half of the context on average
    attention_flops = 12 * c.width * seen * c.layers
    return Counts(
        embedding=v * c.width,
        value_embeddings=with_values * v * kv_width,
        body=body + gates,
        head=v * c.width,
        scalars=2 * c.layers + 1,
        flops_per_token=int(6 * (body + gates + v * c.width) + attention_flops),
    )
