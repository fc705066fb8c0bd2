"""Ctrl-C, SIGTERM, a terminal that is closed -> a flag that the loop reads between steps.  A second leaves at once.

Under torchrun one Ctrl-C arrives twice, from the terminal and from the agent: only a signal that comes at least a
second after the first counts as the second.

Before the loop begins, Ctrl-C raises KeyboardInterrupt, as always.  A library that is just being imported may swallow
it (a bare `except:` around an optional import), so it is also remembered: the loop then stops before its first step.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

AGAIN = 1.0  # seconds after which another signal is a second request

_unheeded: list[float] = []  # when Ctrl-C came with no loop to look at it


class Interrupted(KeyboardInterrupt):
    """The user or the system asked to stop; everything is saved, and that was said."""


class Unwanted(KeyboardInterrupt):
    """Work was abandoned because of a request to stop, and nothing of it was kept."""


class Interrupt:
    """`asked` turns True when the process should save and leave."""

    asked = False
    at = 0.0
    _breaks = False

    @contextlib.contextmanager
    def breaking(self) -> Iterator[None]:
        """Within the block, which must not change anything that lasts, a request to stop raises Unwanted at once."""
        if self.asked:
            raise Unwanted
        self._breaks = True
        try:
            yield
        finally:
            self._breaks = False

    def ask(self) -> None:
        self.asked, self.at = True, time.monotonic()
        if self._breaks:
            raise Unwanted


def to_stop() -> list[signal.Signals]:
    """The signals that ask to stop.  SIGHUP, of a terminal that is closed, is not one of them under nohup."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if (
        hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    ):  # Windows has none
        numbers.append(signal.SIGHUP)
    return numbers


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Within the block Ctrl-C is remembered for the next `interruptible`, and raises KeyboardInterrupt.

    Only where Python's own handler stands, and in a main thread.
    """
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not own or threading.current_thread() is not threading.main_thread():
        yield
        return

    def remember(number: int, frame: FrameType | None) -> None:
        _unheeded.append(time.monotonic())
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _unheeded.clear()


@contextlib.contextmanager
def interruptible(interrupt: Interrupt | None = None) -> Iterator[Interrupt]:
    """Within the block the first signal sets the flag; outside a main thread nothing is changed.

    interrupt: the flag, where others than the block look at it too.
    """
    interrupt = interrupt or Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def remember(number: int, frame: FrameType | None) -> None:
        if not interrupt.asked:
            interrupt.ask()
        elif time.monotonic() - interrupt.at >= AGAIN:
            os._exit(128 + number)

    if _unheeded:
        interrupt.ask()
    before = {number: signal.signal(number, remember) for number in to_stop()}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
