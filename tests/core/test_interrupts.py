import os
import signal
import threading

import pytest

from nakochat.core import interrupts
from nakochat.core.interrupts import interruptible, listening


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


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize("nohup", [False, True])
def test_a_terminal_that_is_closed_asks_but_not_under_nohup(nohup):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
    try:
        with interruptible() as interrupt:
            signal.raise_signal(signal.SIGHUP)
            assert interrupt.asked is not nohup
    finally:
        signal.signal(signal.SIGHUP, before)


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


@pytest.fixture
def pythons_own():
    """Python's own handler of Ctrl-C: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_a_wish_that_a_bare_except_swallowed_is_there_when_the_loop_begins(pythons_own):
    with listening():
        with interruptible() as interrupt:
            assert not interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with interruptible() as interrupt:
            assert interrupt.asked
    assert signal.getsignal(signal.SIGINT) is pythons_own
    with interruptible() as interrupt:
        assert not interrupt.asked  # of another command


def test_a_handler_that_is_not_pythons_own_stays():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with listening():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
