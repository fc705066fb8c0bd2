"""Words -> how that command of nako ended, in a process of its own: a fork of one that has torch (forks.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path


class Commands:
    """Those of one home.  The environment is this process's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._server = subprocess.Popen(
            [sys.executable, "-X", "utf8", str(Path(__file__).with_name("forks.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "NAKO_LANG": "ko"},
            text=True,
        )
        assert self._answer() == {"ready": True}

    def run(self, *words, number=None, after=0.0, when=None, folder=None, at=None, stays=False):
        """number: of a signal that is sent `after` seconds, counted from when the glob `when` matches in the folder."""
        job = {"words": words, "signal": number, "after": after, "when": when, "stays": stays}
        job |= {"log": str(self.home / "log"), "errors": str(self.home / "errors")}
        return self._ask(job | {"in": str(folder or self.home), "home": str(at or self.home)})

    def well(self, *words, **how) -> float:
        """The seconds of a command that has to end well."""
        ended = self.run(*words, **how)
        assert ended["status"] == 0, (self.said() + self.errors())[-3000:]
        return float(ended["seconds"])

    def wait(self, pid: int) -> dict:
        """For one that stayed when it was signalled."""
        return self._ask({"wait": pid})

    def said(self) -> str:
        """By the last command on standard output."""
        return (self.home / "log").read_text(encoding="utf-8")

    def errors(self) -> str:
        """By the last command on standard error."""
        return (self.home / "errors").read_text(encoding="utf-8")

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._server.stdout.close()

    def _ask(self, job) -> dict:
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        return json.loads(self._server.stdout.readline())
