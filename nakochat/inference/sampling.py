"""Logits -> the next token of every row, each row by its own settings, seed and position.

The randomness is a hash of (seed, position): no generator, no state.  So a seed gives the same draws alone, in a batch
and after a restart.  Rows of one kind are drawn together, and a row's kind follows from its own settings alone: what
other rows ask for does not change the order in which its numbers are added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nakochat.core.dtypes import float64_device
from nakochat.inference.options import Sampling as Sampling  # what most callers want beside choose()

COLDEST = 1e-5  # a temperature below counts as 0: divided by it, logits would leave what float32 can say


@dataclass(frozen=True)
class _Kind:
    """Rows that draw in the same way."""

    rows: Tensor  # (b,) of the batch
    top_k: int | None
    ordered: bool
    """Whether one of them asks for top_p, which looks at tokens from the likeliest on."""
    temperature: Tensor  # (b, 1)
    top_p: Tensor  # (b, 1)
    min_p: Tensor  # (b, 1)
    seeds: Tensor  # (b,) int64, where float64 is computed: there the numbers are drawn


class Knobs:
    """The settings of a batch's rows, as tensors; made anew when the batch changes."""

    def __init__(self, samplings: Sequence[Sampling], device: torch.device, block: int | None = None) -> None:
        """block: draw for so many rows at once, never more or fewer, where a kernel's sums depend on their number."""
        kinds: dict[tuple[int | None, bool], list[int]] = {}
        for row, sampling in enumerate(samplings):
            if sampling.temperature >= COLDEST:
                cuts = sampling.top_p is not None and sampling.top_p < 1
                kinds.setdefault((sampling.top_k, cuts), []).append(row)
        self.kinds = [
            self._kind(samplings, some, *kind, device)
            for kind, rows in kinds.items()
            for some in _blocks(rows, block)
        ]

    @staticmethod
    def _kind(
        samplings: Sequence[Sampling], rows: list[int], top_k: int | None, ordered: bool, device: torch.device
    ) -> _Kind:
        chosen = [samplings[row] for row in rows]

        def column(values: list[float]) -> Tensor:
            return torch.tensor(values, device=device)[:, None]

        return _Kind(
            torch.tensor(rows, device=device),
            top_k,
            ordered,
            column([s.temperature for s in chosen]),
            column([1.0 if s.top_p is None else s.top_p for s in chosen]),
            column([s.min_p or 0.0 for s in chosen]),
            torch.tensor([s.seed for s in chosen], device=float64_device(device)),
        )


def _blocks(rows: list[int], size: int | None) -> list[list[int]]:
    """All rows at once, or so many at a time; the last block is filled with its last row, drawn several times."""
    if size is None:
        return [rows]
    filled = rows + rows[-1:] * (-len(rows) % size)
    return [filled[at : at + size] for at in range(0, len(filled), size)]


def choose(logits: Tensor, knobs: Knobs, positions: Tensor) -> Tensor:
    """The next token of each row.

    logits (B, V) float32; positions (B,) int64.  -> (B,) int64; -1 where a row's logits are no numbers
    """
    chosen = logits.argmax(dim=-1)  # for which NaN is the largest
    fine = logits.gather(1, chosen[:, None])[:, 0].isfinite()
    for kind in knobs.kinds:
        chosen[kind.rows] = _draw(logits[kind.rows], kind, positions[kind.rows])
    return torch.where(fine, chosen, -1)


def _draw(logits: Tensor, kind: _Kind, positions: Tensor) -> Tensor:
    """Sample each row from the tokens that its settings leave.  -> (b,)"""
    if kind.top_k is not None and kind.top_k < logits.shape[-1]:
        logits, ids = logits.topk(kind.top_k, dim=-1)  # sorted
    elif kind.ordered:
        logits, ids = logits.sort(dim=-1, descending=True, stable=True)
    else:
        ids = None
    logits = logits / kind.temperature
    best = logits.max(dim=-1, keepdim=True).values
    logits = logits.masked_fill((logits - best).exp() < kind.min_p, float("-inf"))
    if kind.ordered:
        probabilities = logits.softmax(dim=-1)
        before = probabilities.cumsum(dim=-1) - probabilities  # of all that is likelier
        # the likeliest has nothing before it and stays, though top_p be 0
        logits = logits.masked_fill((before >= kind.top_p) & (before > 0), float("-inf"))
    shares = logits.softmax(dim=-1).cumsum(dim=-1)  # (b, ...), rising to about 1
    drawn = uniform(kind.seeds, positions.to(kind.seeds.device)).to(shares.dtype).to(shares.device)
    drawn = drawn[:, None] * shares[:, -1:]
    # a draw that rounds up to the total must not land past the last allowed token
    places = ((shares <= drawn) & (shares < shares[:, -1:])).sum(dim=-1)
    return places if ids is None else ids.gather(1, places[:, None])[:, 0]


class Written:
    """What penalties depend on: which tokens a row holds, (V,) bool, and how often it generated each, (V,)."""

    def __init__(self, prompt: Sequence[int], vocabulary: int, device: torch.device) -> None:
        self.counts = torch.zeros(vocabulary, device=device)
        self.seen = torch.zeros(vocabulary, dtype=torch.bool, device=device)
        self.seen[torch.tensor(prompt, device=device)] = True

    def add(self, token: int) -> None:
        self.counts[token] += 1
        self.seen[token] = True


def penalise(
    logits: Tensor, sampling: Sampling, written: Written | None, bias: Mapping[int, float]
) -> Tensor:
    """The logits (V,) of a row after its penalties and its logit_bias."""
    if written is not None:
        penalty = sampling.repetition_penalty  # Keskar et al. 2019, https://arxiv.org/abs/1909.05858
        less = torch.where(logits > 0, logits / penalty, logits * penalty)
        logits = torch.where(written.seen, less, logits)
        logits = logits - sampling.frequency_penalty * written.counts
        logits = logits - sampling.presence_penalty * (written.counts > 0)
    if bias:
        at = torch.tensor(list(bias), device=logits.device)
        logits = logits.index_add(0, at, torch.tensor(list(bias.values()), device=logits.device))
    return logits


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
