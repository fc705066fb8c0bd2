"""Steps done -> a bar with ETA in a terminal, one line per log step elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nakochat.core.printable import printable

console = Console(highlight=False, soft_wrap=True)
TITLE_CELLS = 16  # of a bar's title: bars under each other begin in one column


def speak(text: str) -> None:
    """A line for the user; above the bar while one is shown.  No markup, no control characters."""
    console.print(printable(text), markup=False)


_spoken: set[str] = set()


def speak_once(text: str) -> None:
    """`speak`, unless this process has said so already."""
    if text not in _spoken:
        _spoken.add(text)
        speak(text)


def warn(text: str) -> None:
    """A line on standard error."""
    print(printable(text), file=sys.stderr)


def padded(text: str, cells: int) -> str:
    """The text with spaces behind it, so many cells wide in a terminal: a Hangul syllable takes two.  Never cut."""
    return text if cell_len(text) >= cells else set_cell_size(text, cells)


class Bar:
    """Progress of `total` steps under a title.  Without a terminal, a line every `every` steps."""

    def __init__(self, title: str, total: int, *, start: int = 0, every: int = 1, shown: bool = True) -> None:
        self.title, self.total, self.every, self.shown = title, total, every, shown
        self._start, self._began = start, time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if self.shown and console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[figures]}"),
                console=console,
            )
            self._bar.start()
            self._task = self._bar.add_task(
                padded(self.title, TITLE_CELLS), total=self.total, completed=self._start, figures=""
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, step: int, figures: str = "") -> None:
        """Show that `step` steps are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step, figures=figures)
        elif self.shown and (step % self.every == 0 or step == self.total):
            count = f"{step:>{len(str(self.total))}}/{self.total}"
            print(f"{self.title} {count} {figures} {self._remaining(step)}".rstrip(), flush=True)

    def _remaining(self, step: int) -> str:
        done = step - self._start
        if done <= 0 or step >= self.total:
            return ""
        seconds = (time.monotonic() - self._began) / done * (self.total - step)
        return f"ETA {int(seconds) // 60}:{int(seconds) % 60:02d}"
