"""Ctrl-C and SIGTERM -> a flag that the loop reads between steps.  A second signal leaves at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupt:
    """`asked` turns True when the process should save and leave."""

    asked = False
    signal = signal.SIGINT


@contextlib.contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Within the block the first signal sets the flag; outside a main thread nothing is changed."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def remember(number: int, frame: FrameType | None) -> None:
        if interrupt.asked:
            os._exit(128 + number)
        interrupt.asked, interrupt.signal = True, signal.Signals(number)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
