import os
import signal
import threading

import pytest

from nakochat.core import interrupts
from nakochat.core.interrupts import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_leaves(number, monkeypatch):
    left = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = signal.getsignal(number)
    with interruptible() as interrupt:
        assert not interrupt.asked
        signal.raise_signal(number)
        assert interrupt.asked
        signal.raise_signal(number)  # torchrun's, of the same Ctrl-C
        assert not left
        interrupt.at -= interrupts.AGAIN
        signal.raise_signal(number)
        assert left == [128 + number]
    assert signal.getsignal(number) is before


def test_handlers_are_put_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError), interruptible():
        raise RuntimeError
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_changes_no_handler():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with interruptible() as interrupt:
            seen.append((interrupt.asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
