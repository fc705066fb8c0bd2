"""A step -> the share of the peak learning rate, momentum and weight decay at that step.

Warm up linearly, stay, then go down linearly over a long last part: the longest free win that nanochat's log knows
(warmdown 0.2 -> 0.65; https://github.com/karpathy/nanochat, commits ae0bf52 and 6ed7d1d).  A cosine down from the peak
(https://arxiv.org/abs/1608.03983) is there for recipes that are written for it.
"""

import math
from dataclasses import dataclass
from typing import Literal

Curve = Literal["linear", "cosine"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Shares are of `steps`; the rate begins at 1/warmup, ends at `final`."""

    steps: int
    warmup: int
    warmdown: float = 0.65
    final: float = 0.05
    curve: Curve = "linear"

    def rate(self, step: int) -> float:
        """Learning rate of the update that follows `step` finished steps, as a share of the peak."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        if self.curve == "cosine":
            done = min(1.0, (step - self.warmup) / max(1, self.steps - self.warmup))
            return self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2
        left = (self.steps - step) / max(1, round(self.warmdown * self.steps))
        return min(1.0, self.final + (1 - self.final) * left) if self.warmdown else 1.0

    def momentum(self, step: int) -> float:
        """Muon's: 0.85 -> 0.97 over the first 15 % of the steps, 400 at most; -> 0.90 as the rate falls to 0."""
        rising = min(1.0, step / max(1, min(400, round(0.15 * self.steps))))
        falling = 1 - self.rate(step) if step >= self.warmup else 0.0  # during warmup the rate does not fall
        return 0.85 + 0.12 * rising - 0.07 * falling

    def decay(self, step: int) -> float:
        """Weight decay as a share of its peak: falls with the rate."""
        return self.rate(step) if step >= self.warmup else 1.0
