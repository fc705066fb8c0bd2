"""Processes that work for another end with it, and do not hear Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

from nakochat.core.workers import worker_pool

PARENT = """
import os, time
from nakochat.core.workers import worker_pool

if __name__ == "__main__":
    with worker_pool(1, os.getpid) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:  # noqa: PTH123 (a process, no file)
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def remember(name: str, value: str) -> None:
    os.environ[name] = value


def hears_interrupt() -> bool:
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_workers_of_a_killed_process_end(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 60
        while is_alive(worker) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_alive(worker)


def test_workers_start_with_what_they_are_given_and_leave_ctrl_c_to_the_parent():
    with worker_pool(1, remember, "NAKO_TEST_STARTED", "yes") as pool:
        assert not pool.submit(hears_interrupt).result()
        assert pool.submit(os.getenv, "NAKO_TEST_STARTED").result() == "yes"
        assert pool.submit(os.getenv, "TOKENIZERS_PARALLELISM").result() == "false"
