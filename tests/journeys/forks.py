"""Lines of JSON, one command each -> the command in a process of its own, which may be killed.  Run as a script.

Importing torch takes longer than a toy stage: it happens once, here, and every command is a fork.  A command is
{"words": [...], "log": FILE, "errors": FILE, "home": FOLDER, "signal": number or null, "after": seconds,
"when": glob or null, "in": FOLDER}; it is signalled so many seconds after its start, or after the glob first matches
in the folder.  The answer says how it ended.  With "stays" it comes when it was signalled, {"pid": …}; a
{"wait": pid} has the rest.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from nakochat import cli
from nakochat.commands import speedrun  # imported before the first fork, and with it the stages
from nakochat.data import prepare


def child(job) -> None:
    """Never returns."""
    for name, stream in (("log", 1), ("errors", 2)):
        file = os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o644)
        os.dup2(file, stream)
    os.environ["NAKO_HOME"] = job["home"]
    sys.argv = ["nako", *job["words"]]
    # what a shell starts in the background ignores Ctrl-C, and so would this
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 70  # what no command ends with
    try:
        status = cli.run(job["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run(job) -> dict:
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(job)
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
    prepare.VALIDATION_BYTES = 60_000  # a tenth: what is measured on them is most of a toy stage's time
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(end(job["wait"]) if "wait" in job else run(job)), flush=True)
