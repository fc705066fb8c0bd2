"""The folder of one stage -> what it says so far, followed while it is written.  Nothing in it is ever changed.

A record can be read while the stage trains, from another process or machine, after a crash of either side, and of a
log with millions of rows: it keeps a few hundred points, some samples and the last rows.  What cannot be read is named,
not raised: a room full of runs stays open when one of them is damaged.
"""

import contextlib
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from nakochat.core.curves import Curves
from nakochat.core.files import is_locked
from nakochat.core.rows import Row, Skipped, number, read_row, text
from nakochat.core.tail import Tail

Health = Literal["waiting", "training", "stopped", "finished"]
FILES = ("config.json", "origin.json", "plan.json", "loss_watch.json", "scores.json")
MOST_FIGURES = 40  # of one row: a damaged one may have any number
KEPT_ROWS = 200
_PACED = 100  # steps whose pace is the pace now
_LARGEST_FILE = 20_000_000


class JsonFile:
    """An object in a file that is replaced now and then.  `value` is the last one that could be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.value: Row = {}
        self.damaged = False
        self._seen: tuple[int, int, int] | None = None

    def refresh(self) -> None:
        try:
            status = self.path.stat()
            seen = status.st_ino, status.st_mtime_ns, status.st_size
            if seen == self._seen:
                return
            found = read_row(self.path.read_bytes()) if status.st_size <= _LARGEST_FILE else None
        except FileNotFoundError:
            self.value, self.damaged, self._seen = {}, False, None
            return
        except OSError:
            found, seen = None, None
        self._seen, self.damaged = seen, found is None
        self.value = self.value if found is None else found


class Samples:
    """What the model wrote for the same prompts, over the steps.  Of many, evenly spread ones are kept."""

    most_prompts, most_steps, most_characters = 6, 32, 4000

    def __init__(self) -> None:
        self.version = 0
        self.of: dict[str, list[tuple[int, str]]] = {}

    def add(self, step: int, prompt: str, written: str) -> None:
        prompt = prompt[: self.most_characters]
        if prompt not in self.of and len(self.of) == self.most_prompts:
            return
        kept = [
            sample for sample in self.of.get(prompt, []) if sample[0] < step
        ]  # a step done again counts once
        if len(kept) == self.most_steps:
            kept = kept[::2]
        self.of[prompt] = [*kept, (step, written[: self.most_characters])]
        self.version += 1


class StageRecord:
    """One stage as far as it was read.  `refresh` reads on."""

    def __init__(self, folder: Path, *, most_bytes: int = 4_000_000) -> None:
        self.folder = folder
        self.files = {name: JsonFile(folder / name) for name in FILES}
        self._tail = Tail(folder / "metrics.jsonl", most=most_bytes)
        self.generation = 0
        """Grows when the log began anew: everything read before is void."""
        self.health: Health = "waiting"
        self.unreadable = 0
        self._forget()

    def _forget(self) -> None:
        self.steps, self.checks, self.samples = Curves(), Curves(), Samples()
        self._rows: deque[tuple[int, Row]] = deque(maxlen=KEPT_ROWS)
        self._events: deque[tuple[int, Row]] = deque(maxlen=KEPT_ROWS)
        self.last: Row = {}
        """The last row of a step."""
        self.end: Row | None = None
        self.unreadable = self._count = 0
        self._skipped = Skipped()
        self._paced: deque[tuple[int, float]] = deque(maxlen=_PACED + 1)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def skipped(self) -> int:
        """Batches that the training has passed over."""
        return self._skipped.count

    @property
    def log(self) -> list[tuple[int, Row]]:
        """The last rows of steps and the last of everything else but samples, numbered from the log's first."""
        return sorted([*self._rows, *self._events], key=lambda row: row[0])

    @property
    def share_read(self) -> float:
        """Of the log, 0 to 1."""
        return self._tail.place / self._tail.size if self._tail.behind else 1.0

    def refresh(self) -> None:
        """Read what is new; of a long log, the next few megabytes."""
        for file in self.files.values():
            file.refresh()
        try:
            read = self._tail.read()
        except OSError:
            self.unreadable = max(self.unreadable, 1)
            return
        if read.restarted:
            self.generation += 1
            self._forget()
        self.unreadable += read.lost
        for place, line in enumerate(read.lines):
            if line.strip():
                # of a long log most rows would be shortened to be forgotten at once
                self._take(read_row(line), is_late=place >= len(read.lines) - KEPT_ROWS)
        self.health = self._health()

    def _take(self, row: Row | None, *, is_late: bool) -> None:
        step = None if row is None else _step(row)
        kind = None if row is None else row.get("kind")
        if row is None or not isinstance(kind, str) or (step is None and kind in ("step", "check", "sample")):
            self.unreadable += 1
            return
        if kind == "sample" and step is not None:
            self.samples.add(step, text(row, "prompt"), text(row, "text"))
            return
        self._count += 1
        if kind != "step":
            self._events.append((self._count, _short(row)))
        elif is_late:
            self._rows.append((self._count, _short(row)))
        if kind == "step" and step is not None:
            self._take_step(step, row)
        elif kind == "check" and step is not None:
            self.checks.complete(step, _figures(row))
        elif kind == "end":
            self.end = row
        else:
            self._skipped.add(row)

    def _take_step(self, step: int, row: Row) -> None:
        self.last, self.end = row, None  # after an end: training went on
        self.steps.add(step, _figures(row))
        seconds = number(row, "seconds")
        if self._paced and (step <= self._paced[-1][0] or seconds is None or seconds < self._paced[-1][1]):
            self._paced.clear()
        if seconds is not None:
            self._paced.append((step, seconds))

    def _health(self) -> Health:
        locked = False
        with contextlib.suppress(OSError):  # a file system without locks: nobody is known to hold it
            locked = is_locked(self.folder / "lock")
        if self.end is not None:
            return "finished"
        return "training" if locked else "stopped" if self.last else "waiting"

    @property
    def step(self) -> int:
        return _step(self.last) or 0

    @property
    def step_count(self) -> int | None:
        """How many steps the stage is to have; None where nothing says it."""
        predicted = self.files["plan.json"].value.get("predicted")
        plans = (
            self.end or {},
            predicted if isinstance(predicted, dict) else {},
            self.files["config.json"].value,
        )
        found = [int(steps) for plan in plans if (steps := number(plan, "steps")) is not None and steps > 0]
        return found[0] if found else None

    @property
    def step_seconds(self) -> float | None:
        """Seconds for a step, measuring and saving included: the mean of the last hundred."""
        if len(self._paced) < 2:
            return None
        (first, began), (last, ended) = self._paced[0], self._paced[-1]
        return (ended - began) / (last - first)

    @property
    def seconds_left(self) -> float | None:
        """At the pace of now; None where training is not going on, or too young."""
        if self.health != "training" or self.step_count is None or self.step_seconds is None:
            return None
        return max(0, self.step_count - self.step) * self.step_seconds

    @property
    def changed(self) -> float | None:
        """When the log was written to last, in seconds of the clock of its disk; None where there is no log."""
        try:
            return (self.folder / "metrics.jsonl").stat().st_mtime
        except OSError:
            return None


def _step(row: Row) -> int | None:
    found = number(row, "step")
    return int(found) if found is not None and 0 <= found < 2**53 else None


def _figures(row: Row) -> Mapping[str, float]:
    """The figures of a row, but for its step."""
    names = [name for name in row if name != "step"][:MOST_FIGURES]
    return {name: value for name in names if (value := number(row, name)) is not None}


def _short(row: Row) -> Row:
    """What of a row the end of the log shows: figures and short texts."""
    kept = list(row.items())[:MOST_FIGURES]
    return {
        name: value[:200] if isinstance(value, str) else value
        for name, value in kept
        if isinstance(value, str | bool) or number(row, name) is not None
    }
