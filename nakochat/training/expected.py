"""Earlier runs of the same kind, a fitted law -> the curve that a stage on its way is expected to follow.

The loss is expected where finished runs of the same shape on the same data had it at that step (loss_watch.py).  Bits
per byte are expected where the law of `nako scaling` has runs that end after so many tokens; a run that goes on
stands a little above, since its learning rate has not come down yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from nakochat.core.curves import Curves
from nakochat.training.law import Law
from nakochat.training.loss_watch import TOLERANCE

POINTS = 48


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Middle, lower and upper edge by step; `source` names the runs, or is empty for a law."""

    steps: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    source: tuple[str, ...] = ()


def expected_loss(earlier: Sequence[tuple[str, Curves]], *, name: str = "loss") -> Expected | None:
    """From curves of finished runs by name; None where there is none."""
    lines = [(run, list(zip(c.steps(), c.column(name), strict=True))) for run, c in earlier]
    known = [(run, [(x, y) for x, y in line if y is not None]) for run, line in lines]
    known = [(run, line) for run, line in known if len(line) > 1]
    if not known:
        return None
    last = min(line[-1][0] for _, line in known)
    half = last / POINTS / 2
    rows: list[tuple[float, float, float, float]] = []
    for number in range(1, POINTS + 1):
        x = last * number / POINTS
        means = [_mean_near(line, x, half) for _, line in known]
        found = [mean for mean in means if mean is not None]
        if found:
            middle = fmean(found)
            room = TOLERANCE * abs(middle)
            rows.append((x, middle, min(*found, middle - room), max(*found, middle + room)))
    if not rows:
        return None
    steps, middles, low, high = (tuple(column) for column in zip(*rows, strict=True))
    return Expected(steps=steps, middle=middles, low=low, high=high, source=tuple(run for run, _ in known))


def _mean_near(line: Sequence[tuple[float, float]], x: float, half: float) -> float | None:
    found = [y for at, y in line if abs(at - x) <= max(half, 0.5)]
    return fmean(found) if found else None


def expected_bits(law: Law, *, parameters: float, tokens_per_step: float, steps: int) -> Expected:
    """What the law says of runs that end at each of the steps."""
    at = tuple(steps * number / POINTS for number in range(1, POINTS + 1))
    middle = tuple(law.loss(parameters, tokens_per_step * x) for x in at)
    room = max(TOLERANCE, 3 * law.spread)
    return Expected(
        steps=at,
        middle=middle,
        low=tuple(y * (1 - room) for y in middle),
        high=tuple(y * (1 + room) for y in middle),
    )
