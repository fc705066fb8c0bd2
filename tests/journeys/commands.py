"""Words -> how that command of nako ended, in a process of its own: a fork of one that has torch (forks.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path


class ForkServer:
    """The process that is forked.  The environment is this one's."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", "tests.journeys.forks"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "NAKO_LANG": "ko"},
            text=True,
        )
        assert self._answer() == {"ready": True}

    def ask(self, job) -> dict:
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _answer(self) -> dict:
        return json.loads(self._process.stdout.readline())


class Commands:
    """Those of one home."""

    def __init__(self, server: ForkServer, home: Path) -> None:
        self.home = home
        self._server = server

    def run(
        self,
        *words,
        number=None,
        after=0.0,
        when=None,
        folder=None,
        at=None,
        stays=False,
        script=None,
        ranks=(),
    ):
        """number: of a signal that is sent `after` seconds, counted from when the glob `when` matches in the folder.

        ranks: the environment of each of several processes that share the work; script: what runs instead of nako.
        """
        job = {"words": words, "signal": number, "after": after, "when": when, "stays": stays}
        job |= {"log": str(self.home / "log"), "errors": str(self.home / "errors")}
        job |= {"script": None if script is None else str(script), "ranks": list(ranks)}
        job |= {"in": str(folder or self.home), "environment": {"NAKO_HOME": str(at or self.home)}}
        return self._server.ask(job)

    def well(self, *words, **how) -> float:
        """The seconds of a command that has to end well."""
        ended = self.run(*words, **how)
        assert ended["status"] == 0, (self.said() + self.errors())[-3000:]
        return float(ended["seconds"])

    def python(self, words, **ignored) -> subprocess.CompletedProcess:
        """subprocess.run of this Python with -c, alone or under torchrun, for who has to believe that it is that."""
        from torch.distributed.run import get_args_parser

        ranks, (python, flag, *rest) = [], words
        if rest[0] == "torch.distributed.run":
            asked = get_args_parser().parse_args(rest[1:])  # torchrun would understand it
            assert asked.standalone
            assert asked.no_python
            ranks = [{}] * int(asked.nproc_per_node)
            python, flag, *rest = asked.training_script, *asked.training_script_args
        assert (python, flag) == (sys.executable, "-c")
        code, *arguments = rest
        script = self.home / "code.py"
        script.write_text(code, encoding="utf-8")
        ended = self.run(*arguments, script=script, ranks=ranks)
        return subprocess.CompletedProcess(words, ended["status"], self.said(), self.errors())

    def wait(self, pid: int) -> dict:
        """For one that stayed when it was signalled."""
        return self._server.ask({"wait": pid})

    def said(self) -> str:
        """By the last command on standard output."""
        return (self.home / "log").read_text(encoding="utf-8")

    def errors(self) -> str:
        """By the last command on standard error."""
        return (self.home / "errors").read_text(encoding="utf-8")
