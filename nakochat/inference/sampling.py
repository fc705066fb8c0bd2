"""Logits -> the next token of every row, each row by its own seed and position.

The randomness is a hash of (seed, position): no generator, no state.  So a seed gives the same draws alone, in a batch
and after a restart (and the same answer, where the batch does not change the logits' last bits).
"""

import torch
from torch import Tensor

from nakochat.inference.options import Sampling as Sampling  # what most callers want beside choose()


def choose(
    logits: Tensor, sampling: Sampling, seeds: Tensor, positions: Tensor, seen: Tensor | None = None
) -> Tensor:
    """The next token of each row.

    logits (B, V) float32, not to be used afterwards; seeds and positions (B,) int64; seen (B, V) bool, the tokens
    that the repetition penalty is for.  -> (B,) int64
    """
    if seen is not None and sampling.repetition_penalty != 1.0:
        penalty = sampling.repetition_penalty  # Keskar et al. 2019, https://arxiv.org/abs/1909.05858
        logits = torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    logits = logits / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    if sampling.min_p is not None:
        best = logits.max(dim=-1, keepdim=True).values
        logits = logits.masked_fill((logits - best).exp() < sampling.min_p, float("-inf"))
    if sampling.top_p is not None and sampling.top_p < 1:
        logits = _keep_top_p(logits, sampling.top_p)
    shares = logits.softmax(dim=-1).cumsum(dim=-1)  # (B, V), rising to about 1
    drawn = uniform(seeds, positions).to(shares.dtype)[:, None] * shares[:, -1:]
    # a draw that rounds up to the whole must not fall behind the last token that is allowed
    return ((shares <= drawn) & (shares < shares[:, -1:])).sum(dim=-1)


def _keep_top_p(logits: Tensor, top_p: float) -> Tensor:
    ordered, order = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities  # of all that is likelier
    kept = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before < top_p)
    return logits.masked_fill(~kept, float("-inf"))


def uniform(seeds: Tensor, positions: Tensor) -> Tensor:
    """A number in [0, 1) for every row, a function of (seed, position) alone.  -> (B,) float64"""
    hashed = _scramble(_scramble(seeds) + positions)
    return ((hashed >> 11) & (2**53 - 1)).double() * 2.0**-53


def _scramble(x: Tensor) -> Tensor:
    """The finaliser of splitmix64 on int64, which wraps (https://prng.di.unimi.it/splitmix64.c)."""
    x = x + -7046029254386353131
    x = (x ^ _shift(x, 30)) * -4658895280553007687
    x = (x ^ _shift(x, 27)) * -7723592293110705685
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """x >> bits without the sign."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)
