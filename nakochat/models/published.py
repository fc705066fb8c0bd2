"""Token ids -> logits: what the two published shapes, llama.py and gpt2.py, have in common.

Both are a table of tokens, layers that add to a stream, a last norm and a head, which may be the table itself.  The
interface is that of nako.py: forward, hidden, logits, new_cache, parameter_groups.
"""

from collections.abc import Iterable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.data.batches import document_starts
from nakochat.models.alike import linear
from nakochat.models.attention import Cache, CacheShape, KVCache, Packed, Sight, causal_bias
from nakochat.models.nako import Linear
from nakochat.models.parts import Apply, call

# beyond it the tables of positions alone take half a gigabyte: a config with more is refused
LONGEST_CONTEXT = 2**20


class PublishedConfig(CacheShape, Protocol):
    """What the code around a model asks of its config."""

    @property
    def vocab_size(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def context(self) -> int: ...
    @property
    def padded_vocab(self) -> int: ...
    @property
    def tied(self) -> bool: ...


class PublishedLayer(nn.Module):
    """Attention and MLP of one layer."""

    def forward(self, x: Tensor, angles: tuple[Tensor, ...], sight: Sight, cache: Cache | None) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        raise NotImplementedError


class Published(nn.Module):
    """Embedding, layers and head.  `dtype` is that of the activations; parameters are float32."""

    logit_cap: float | None = None
    """Logits are not capped."""
    packed: Packed | None = None
    """Attention kernel that takes the starts of documents (as in nako.py)."""
    recompute = False
    """Activation checkpointing (as in nako.py)."""

    def __init__(
        self, shape: PublishedConfig, layers: Iterable[PublishedLayer], last: nn.Module, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.shape, self.dtype = shape, dtype
        self.embedding = nn.Embedding(shape.padded_vocab, shape.width)
        self.layers = nn.ModuleList(layers)
        self.last_norm = last
        self.fast_head: nn.Module | None = None
        """The quantised or prepacked head, which then makes the logits (quantised.py, prepacked.py)."""
        self.own_head = None if shape.tied else Linear(shape.width, shape.padded_vocab)

    @property
    def head(self) -> nn.Embedding | Linear:
        """Whose weight (V, D) makes the logits: the token table itself where they are tied."""
        return self.embedding if self.own_head is None else self.own_head

    def forward(self, ids: Tensor, cache: Cache | None = None, documents: Tensor | None = None) -> Tensor:
        """Logits of the next token at every position.  -> (B, T, padded vocabulary) in the activation dtype"""
        return self.logits(self.hidden(ids, cache, documents))

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., D) -> (..., padded vocabulary)"""
        if self.fast_head is not None:
            fast: Tensor = self.fast_head(hidden)
            return fast
        return linear(hidden, self.head.weight.to(hidden.dtype))

    def hidden(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        documents: Tensor | None = None,
        starts: Tensor | None = None,
        apply: Apply = call,
    ) -> Tensor:
        """What the head reads at every position: arguments and result as in nako.py."""
        positions = _positions(ids, cache, documents)
        x, angles = apply(self.begin, ids, positions)
        sight = self._sight(ids, cache, documents, starts, apply)
        for layer in self.layers:
            inputs = (layer, x, angles, sight, cache)
            again = self.recompute and self.training
            x = checkpoint(apply, *inputs, use_reentrant=False) if again else apply(*inputs)
        last: Tensor = apply(self.last_norm, x)
        return last

    def begin(self, ids: Tensor, positions: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The residual stream before the first layer (B, T, D), and rotary angles for the layers, if they take any.

        ids and positions (B, T)
        """
        raise NotImplementedError

    def _sight(
        self,
        ids: Tensor,
        cache: Cache | None,
        documents: Tensor | None,
        starts: Tensor | None,
        apply: Apply,
    ) -> Sight:
        if cache is not None:
            return cache.sight(ids.shape[1])
        whose = torch.zeros_like(ids) if documents is None else documents
        if self.packed is not None:
            return Sight(None, document_starts(whose) if starts is None else starts, None, self.packed)
        return Sight(apply(causal_bias, whose, self.dtype))

    def new_cache(self, rows: int, length: int) -> KVCache:
        """An empty cache for generation.  Positions beyond the context are refused by the engine."""
        return KVCache.empty(self.shape, rows, length, self.dtype, self.embedding.weight.device)

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Every parameter under the name by which the optimizer sets its rates.

        All tables of tokens go at the head's rate: what comes from elsewhere, or is tied, has small numbers, which the
        rate of our own embedding (deviation 0.8) would wipe out.
        """
        tables = [*self.embedding.parameters(), *(self.own_head.parameters() if self.own_head else ())]
        places = self.learned_places()
        named = {id(parameter) for parameter in (*tables, *places)}
        rest = [parameter for parameter in self.parameters() if id(parameter) not in named]
        return {
            "matrices": [parameter for parameter in rest if parameter.dim() == 2],
            "head": tables,
            "gates": [*(parameter for parameter in rest if parameter.dim() != 2), *places],
        }

    def learned_places(self) -> list[nn.Parameter]:
        """The table of positions, where there is one that is learned."""
        return []


def require_sizes(context: int, *sizes: int) -> None:
    """ConfigError unless a model can have such sizes."""
    if min(context, *sizes) < 1 or context > LONGEST_CONTEXT:
        raise ConfigError(
            say(
                f"모델의 모든 크기는 1 이상, 문맥은 {LONGEST_CONTEXT:,} 이하여야 합니다.",
                f"every size of a model must be 1 or more, and its context {LONGEST_CONTEXT:,} or less.",
            )
        )


def _positions(ids: Tensor, cache: Cache | None, documents: Tensor | None) -> Tensor:
    """The place of every token: after what a cache holds, or from the start of its own document.  -> (B, T)"""
    if cache is not None:
        return cache.positions(ids.shape[1])
    places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    if documents is None:
        return places
    begins = F.pad(documents[:, 1:] != documents[:, :-1], (1, 0))  # (B, T)
    return places - torch.where(begins, places, 0).cummax(dim=1).values
