"""Rows of figures by step -> a bounded number of points, each the mean of a stretch of steps.

Means and not a sample of rows, which would exaggerate the noise.  When there are too many points, stretches double.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

MOST_POINTS = 600


@dataclass
class _Stretch:
    """Neighbouring steps: the sums of their figures, and how many rows had each."""

    first: int
    last: int
    sums: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, figures: Mapping[str, float]) -> None:
        sums, rows = self.sums, self.rows  # a long log comes through here millions of times
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + value
            rows[name] = rows.get(name, 0) + 1

    def join(self, later: "_Stretch") -> None:
        self.last = later.last
        for name, value in later.sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.rows[name] = self.rows.get(name, 0) + later.rows[name]

    def mean(self, name: str) -> float | None:
        return self.sums[name] / self.rows[name] if name in self.rows else None


class Curves:
    """Figures of one stage, over its steps."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self.most = most
        self.width = 1
        """Steps in a stretch, a power of two."""
        self.generation = 0
        """Grows whenever points that were there have changed in another way than by the last one growing."""
        self._stretches: list[_Stretch] = []
        self._newest: set[str] = set()  # figures of the last row

    def __len__(self) -> int:
        return len(self._stretches)

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """One row.  Where the step has been done before (a resume), everything from it on is done again."""
        if self._stretches and step <= self._stretches[-1].last:
            self.forget_from(step)
        slot = step // self.width
        if not self._stretches or self._stretches[-1].first // self.width != slot:
            self._stretches.append(_Stretch(step, step))
        self._stretches[-1].last = step
        self._stretches[-1].add(figures)
        self._newest = set(figures)
        if len(self._stretches) > self.most:
            self._double()

    def complete(self, step: int, figures: Mapping[str, float]) -> None:
        """As `add`, but other figures of the very last step join its row."""
        if self._stretches and self._stretches[-1].last == step and not self._newest & figures.keys():
            self._stretches[-1].add(figures)
            self._newest |= figures.keys()
        else:
            self.add(step, figures)

    def forget_from(self, step: int) -> None:
        """Points that hold this step or later ones are void."""
        self.generation += 1
        while self._stretches and self._stretches[-1].last >= step:
            self._stretches.pop()

    def _double(self) -> None:
        self.generation += 1
        self.width *= 2
        joined: list[_Stretch] = []
        for stretch in self._stretches:
            if joined and joined[-1].first // self.width == stretch.first // self.width:
                joined[-1].join(stretch)
            else:
                joined.append(stretch)
        self._stretches = joined

    def steps(self, start: int = 0) -> list[float]:
        """The middle of every stretch, from the point numbered `start` on."""
        return [fmean((stretch.first, stretch.last)) for stretch in self._stretches[start:]]

    def column(self, name: str, start: int = 0) -> list[float | None]:
        """One figure for each point; None where no row had it."""
        return [stretch.mean(name) for stretch in self._stretches[start:]]

    @property
    def names(self) -> list[str]:
        """All figures, in the order in which they came."""
        return list(dict.fromkeys(name for stretch in self._stretches for name in stretch.sums))
