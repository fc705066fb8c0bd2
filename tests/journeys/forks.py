"""Lines of JSON, one command each -> the command in a process of its own, which may be killed.  Run with -m.

Importing torch takes longer than a toy stage: it happens once, here, and every command is a fork.  A command is
{"words": [...], "log": FILE, "errors": FILE, "environment": {...}, "signal": number or null, "after": seconds,
"when": glob or null, "in": FOLDER}; it is signalled so many seconds after its start, or after the glob first matches
in the folder.  The answer says how it ended.  With "stays" it comes when it was signalled, {"pid": …}; a
{"wait": pid} has the rest.

"script" in place of the first word is a file of Python and not a command of nako.  "ranks" is a list of environments:
the command in as many processes, which meet as torchrun's do; it ends when all have, or with the first that fails.
"""

import json
import os
import runpy
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType

from torch.distributed import TCPStore

from nakochat import cli
from nakochat.commands import speedrun  # imported before the first fork, and with it the stages
from nakochat.data import prepare
from nakochat.models.native import native


def speak(job) -> None:
    """From here on this process's words go to the job's files."""
    for name, stream in (("log", 1), ("errors", 2)):
        file = os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o644)
        os.dup2(file, stream)


def child(job, environment) -> None:
    """Never returns."""
    os.environ.update(environment)
    sys.modules["__main__"] = ModuleType(
        "__main__"
    )  # else this one is imported by every worker that it spawns
    # what a shell starts in the background ignores Ctrl-C, and so would this
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 70  # what no command ends with
    try:
        if job["script"]:
            sys.argv = [job["script"], *job["words"]]
            runpy.run_path(job["script"], run_name="__main__")
            status = 0
        else:
            sys.argv = ["nako", *job["words"]]
            status = cli.run(job["words"])
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def agent(job) -> None:
    """The ranks, and the store at which they meet: torchrun keeps one too.  Never returns."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    world = len(job["ranks"])
    meeting = {"WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    meeting |= {"TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "0"}
    running = set()
    for rank, own in enumerate(job["ranks"]):
        running.add(pid := os.fork())
        if pid == 0:
            child(job, {"RANK": str(rank), "LOCAL_RANK": str(rank), **meeting, **own})
    # after the forks: it has a thread
    store = TCPStore("127.0.0.1", port, None, True, wait_for_workers=False)
    failed = 0
    while running:
        pid, status = os.wait()
        running.remove(pid)
        failed = failed or os.waitstatus_to_exitcode(status)
        for left in running if failed else ():
            os.kill(left, signal.SIGKILL)
    del store
    os._exit(failed and 71)


def run(job) -> dict:
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        speak(job)
        os.environ.update(job["environment"])
        if job["ranks"]:
            agent(job)
        child(job, {})
    counts_from, signalled = None if job["when"] else began, None
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            break
        if counts_from is None and any(Path(job["in"]).glob(job["when"])):
            counts_from = time.monotonic()
        due = counts_from is not None and time.monotonic() - counts_from >= job["after"]
        if job["signal"] and signalled is None and due:
            os.kill(pid, job["signal"])
            signalled = time.monotonic()
            if job["stays"]:
                return {"pid": pid}
        time.sleep(0.001)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
        "left_after": None if signalled is None else time.monotonic() - signalled,
    }


def end(pid) -> dict:
    began = time.monotonic()
    _, status = os.waitpid(pid, 0)
    return {"status": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - began}


if __name__ == "__main__":
    assert speedrun.STAGES
    native()  # built before the first fork, or every home of a test would build it
    prepare.VALIDATION_BYTES = 60_000  # a tenth: what is measured on them is most of a toy stage's time
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(end(job["wait"]) if "wait" in job else run(job)), flush=True)
