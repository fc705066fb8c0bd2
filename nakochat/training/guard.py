"""Loss and gradient norm of a step, before its update -> whether the update may be made.

A number that is not finite, or a loss that leaps, would spoil weights and the optimizer's averages for good.  Such a
batch is skipped: its gradients are dropped and the next one is taken, so that the position in the data, which a
checkpoint holds, is past it.  Where the next one is bad too, the weights are at fault and not the batch: training goes
back to its last checkpoint; a third in a row ends it.  The loop reads both numbers anyway before the update, so the
guard costs no synchronisation.

Sources: skipped steps in PaLM (https://arxiv.org/abs/2204.02311, section 5.1), OLMo's limit of six deviations.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

WINDOW = 128  # losses that are remembered
ENOUGH = 64  # fewer say nothing about what is usual
DEVIATIONS = 6.0
LEAST_LEAP = 1.0  # nats above the mean: a small model's losses lie close together
LARGEST_NORM = 1e18  # Adam keeps the squares of gradients in float32, whose largest number is 3.4e38
IN_A_ROW = 3  # as many end the training


@dataclass
class Guard:
    """Recent losses and faults.  The same on every rank: it is given sums over all of them."""

    spikes: bool = True
    """Whether a loss may be too large; a policy gradient's has no usual size."""
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    row: list[str] = field(default_factory=list)
    """The faults since the last good step."""
    skipped: int = 0

    def fault(self, loss: float, norm: float) -> str | None:
        """What is wrong with a step, which is recorded; None for a good one.  loss in nats per target."""
        found = self._look(loss, norm)
        if found is None:
            self.losses.append(loss)
            self.row.clear()
        else:
            self.note(found)
        return found

    def note(self, fault: str) -> None:
        """Record one more fault in a row."""
        self.row.append(fault)
        self.skipped += 1

    @property
    def gives_up(self) -> bool:
        return len(self.row) >= IN_A_ROW

    def _look(self, loss: float, norm: float) -> str | None:
        if not math.isfinite(loss):
            return f"loss {loss}"
        if not norm <= LARGEST_NORM:  # also for NaN
            return f"gradient norm {norm}"
        limit = self._limit()
        return f"loss {loss:.3f} > {limit:.3f}" if loss > limit else None

    def _limit(self) -> float:
        """The largest loss that is not a leap."""
        if not self.spikes or len(self.losses) < ENOUGH:
            return math.inf
        mean = sum(self.losses) / len(self.losses)
        variance = sum((loss - mean) ** 2 for loss in self.losses) / len(self.losses)
        return mean + max(DEVIATIONS * math.sqrt(variance), LEAST_LEAP)

    def state(self) -> dict[str, Any]:
        """As JSON, exactly: a resumed run skips what the uninterrupted one skips."""
        return {"losses": list(self.losses), "row": list(self.row), "skipped": self.skipped}

    def restore(self, state: dict[str, Any]) -> None:
        self.losses = deque(state["losses"], maxlen=WINDOW)
        self.row, self.skipped = list(state["row"]), state["skipped"]
