"""Finished runs of several sizes -> a law of the loss, and what a budget buys by it.

    loss = floor + a / N^alpha + b / D^beta        (Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556, approach 3)

N counts body and head, D tokens; the loss is bits per byte of held-out text, which does not depend on the tokenizer.
The exponents are searched on a grid; the rest is least squares on relative errors with no coefficient below zero.
"""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.files import read_json, write_json
from nakochat.core.messages import say
from nakochat.core.paths import home

LEAST_POINTS = 5  # as many as the law has numbers; with so few it says little
_EXPONENTS = np.arange(0.05, 1.001, 0.025)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One finished run."""

    run: str
    depth: int
    parameters: int
    """Of body and head."""
    tokens: int
    flops: float
    loss: float
    """Bits per byte of held-out text."""


@dataclass(frozen=True, kw_only=True)
class Law:
    floor: float
    a: float
    alpha: float
    b: float
    beta: float
    spread: float
    """Root mean square of the relative errors on the points that it was fitted on."""
    points: int
    text: str
    """SHA-256 of the held-out texts: a run measured on others cannot be compared."""
    vocab_size: int
    context: int

    def loss(self, parameters: float, tokens: float) -> float:
        return float(self.floor + self.a / parameters**self.alpha + self.b / tokens**self.beta)


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What a budget buys."""

    depth: int
    tokens: float
    loss: float


def fit_law(points: Sequence[Point], *, text: str, vocab_size: int, context: int) -> Law:
    """DataError for fewer than five points, or where all are of one size or one length."""
    if (
        len(points) < LEAST_POINTS
        or min(len({p.parameters for p in points}), len({p.tokens for p in points})) < 2
    ):
        raise DataError(
            say(
                f"법칙을 맞추려면 크기와 길이가 다른 실행이 {LEAST_POINTS}개 이상 있어야 합니다: {len(points)}개. "
                "--budgets나 --depths를 늘리세요.",
                f"a law needs {LEAST_POINTS} runs or more of different sizes and lengths: {len(points)}. "
                "Give more --budgets or --depths.",
            )
        )
    sizes = np.array([p.parameters for p in points], dtype=np.float64)
    tokens = np.array([p.tokens for p in points], dtype=np.float64)
    losses = np.array([p.loss for p in points], dtype=np.float64)
    best: tuple[float, float, float, NDArray[np.float64]] | None = None
    for alpha, beta in itertools.product(_EXPONENTS, _EXPONENTS):
        # measured in the geometric mean, so that the three columns are of one size
        columns = np.stack([np.ones_like(sizes), _scaled(sizes, alpha), _scaled(tokens, beta)], axis=1)
        weights, error = not_negative(columns / losses[:, None], np.ones_like(losses))
        if best is None or error < best[0]:
            best = error, float(alpha), float(beta), weights
    assert best is not None  # the grid is not empty
    error, alpha, beta, weights = best
    return Law(
        floor=float(weights[0]),
        a=float(weights[1]) * _middle(sizes) ** alpha,
        alpha=alpha,
        b=float(weights[2]) * _middle(tokens) ** beta,
        beta=beta,
        spread=math.sqrt(error / len(points)),
        points=len(points),
        text=text,
        vocab_size=vocab_size,
        context=context,
    )


def _middle(values: NDArray[np.float64]) -> float:
    return float(np.exp(np.log(values).mean()))


def _scaled(values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (values / _middle(values)) ** -exponent
    return result


def not_negative(
    columns: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Weights >= 0 for which columns @ weights is nearest to the target, and the squared error.

    Every subset of the columns is tried.
    """
    best, least = np.zeros(columns.shape[1]), float(np.square(target).sum())
    for size in range(1, columns.shape[1] + 1):
        for chosen in itertools.combinations(range(columns.shape[1]), size):
            found = np.linalg.lstsq(columns[:, chosen], target, rcond=None)[0]
            error = float(np.square(columns[:, chosen] @ found - target).sum())
            if (found >= 0).all() and error < least:
                best, least = np.zeros(columns.shape[1]), error
                best[list(chosen)] = found
    return best, least


def buy(law: Law, flops: float, *, depths: Sequence[int] = tuple(range(1, 41))) -> Purchase:
    """The depth, and its tokens, whose loss the law says is the lowest for so many FLOPs."""
    from nakochat.models.sizing import (  # loads torch, which reading a law does not need
        config_of_depth,
        count,
    )

    found = []
    for depth in depths:
        counts = count(config_of_depth(depth, vocab_size=law.vocab_size, context=law.context))
        tokens = flops / counts.flops_per_token
        found.append(Purchase(depth=depth, tokens=tokens, loss=law.loss(counts.scaling, tokens)))
    return min(found, key=lambda purchase: purchase.loss)


def save_law(law: Law, points: Sequence[Point]) -> Path:
    path = law_file()
    content = {"law": dataclasses.asdict(law), "points": [dataclasses.asdict(point) for point in points]}
    write_json(path, content)
    return path


def load_law() -> Law | None:
    """The law that was fitted last; None where there is none.  DataError for a file that is not one."""
    path = law_file()
    if not path.is_file():
        return None
    try:
        content: Any = read_json(path)
        return Law(**content["law"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            say(
                f"법칙을 읽을 수 없습니다: {path}. 지우거나 'nako scaling'을 다시 실행하세요.",
                f"cannot read the law in {path}. Delete it or run 'nako scaling' again.",
            )
        ) from error


def law_file() -> Path:
    return home() / "law.json"
