"""Code that a model wrote -> what it printed, or whether it passes tests, without harm to this machine.

A child process locks itself in (core/sandbox_lock.py) before it reads the code; this side bounds its time and its
output, kills its group, and removes its folder.  Tests run in a second locked child: the code under test never sees
what is expected of it (core/sandbox_child.py).

Where the kernel cannot hold a child, ConfigError: nothing runs, unless unsafe=True accepts that.  What the locks do not
cover: docs/decisions/sandbox.md.
"""

import contextlib
import json
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nakochat.core import sandbox_lock
from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.progress import speak_once

Ending = Literal["finished", "failed", "timeout", "flood"]
_PACKAGE = Path(__file__).parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from nakochat.core.sandbox_child import main; main()"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a program may use."""

    seconds: float = 5.0
    """Of computing."""
    patience: float = 15.0
    """Seconds until it is killed whatever it does; on a busy machine computing takes longer."""
    memory_bytes: int = 512 << 20
    output_bytes: int = 64 << 10
    """Of standard output and error together; a program that writes more is killed."""
    file_bytes: int = 1 << 20
    """The largest file."""
    disk_bytes: int = 4 << 20
    """All files, where namespaces are allowed."""
    namespaces: bool = True
    """Try for namespaces; Landlock and seccomp hold without them."""

    def header(self) -> dict[str, int]:
        return {
            "memory": self.memory_bytes,
            "cpu_seconds": max(1, math.ceil(self.seconds)),
            "file": self.file_bytes,
            "disk": self.disk_bytes,
        }


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it wrote."""

    ending: Ending
    output: str
    errors: str
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """Whether code passes tests, and if not why."""

    passed: bool
    detail: str
    seconds: float


def missing() -> str | None:
    """What this machine lacks to hold a child; None if nothing."""
    if not sys.platform.startswith("linux"):
        return f"Linux ({sys.platform})"
    if sandbox_lock.architecture() is None:
        return "x86_64, aarch64"
    if not sandbox_lock.landlock_version():
        return "Landlock (Linux >= 5.13)"
    return None if sandbox_lock.has_seccomp() else "seccomp"


def run_code(
    code: str,
    *,
    stdin: str = "",
    limits: Limits | None = None,
    unsafe: bool = False,
    show_locks: bool = False,
) -> Ran:
    """Run a program.  ConfigError where nothing holds it, unless unsafe.

    show_locks: its first line of output names the locks that closed.
    """
    limits = limits or Limits()
    _require(unsafe)
    began = time.perf_counter()
    with _Child("run", code, limits, unsafe, extra={"show_locks": show_locks}, after=stdin) as child:
        ending = _watch(child, [], limits, began)
    _require_locked(child)
    if ending == "finished" and child.process.returncode != 0:
        ending = "failed"
    return Ran(ending, child.text("out"), child.text("err"), time.perf_counter() - began)


def judge_code(
    code: str,
    tests: str,
    *,
    entry: str,
    check: str = "check",
    limits: Limits | None = None,
    unsafe: bool = False,
) -> Verdict:
    """Whether the function `entry` that the code defines passes the function `check(candidate)` that tests defines.

    Arguments and values are plain: numbers, texts, bytes, None and lists, tuples, sets and dicts of those.
    """
    limits = limits or Limits()
    _require(unsafe)
    began = time.perf_counter()
    with contextlib.ExitStack() as stack:
        calls, replies = os.pipe(), os.pipe()
        ours = [stack.enter_context(os.fdopen(handle, "rb")) for handle in (*calls, *replies)]
        candidate = stack.enter_context(
            _Child("serve", code, limits, unsafe, extra={"entry": entry}, handles=(calls[0], replies[1]))
        )
        judge = stack.enter_context(
            _Child(
                "judge",
                tests,
                limits,
                unsafe,
                extra={"entry": entry, "check": check},
                handles=(calls[1], replies[0]),
            )
        )
        for end in ours:  # the children hold theirs: one that ends is noticed by the other
            end.close()
        ending = _watch(judge, [candidate], limits, began)
    _require_locked(judge, candidate)
    seconds = time.perf_counter() - began
    if ending != "finished":
        return Verdict(False, ending, seconds)
    try:
        found = json.loads(judge.text("out"))
    except ValueError:
        return Verdict(False, "the judge ended without a verdict", seconds)
    return Verdict(found["verdict"] == "passed", found["detail"], seconds)


class _Child:
    """A locked process with its folder; killed with its group, and cleaned up, at the end."""

    def __init__(
        self,
        mode: str,
        code: str,
        limits: Limits,
        unsafe: bool,
        *,
        extra: dict[str, Any],
        handles: tuple[int, ...] = (),
        after: str = "",
    ) -> None:
        self.folder = tempfile.mkdtemp(prefix="nako-")
        self.unlocked = ""
        """Why it could not lock itself in, and ran nothing; known at the end."""
        self._refusal, refusal = os.pipe()
        body = code.encode("utf-8", errors="surrogatepass")
        header = {
            "mode": mode, "code": len(body), "folder": self.folder, "limits": limits.header(),
            "namespaces": limits.namespaces, "unsafe": unsafe, "handles": handles,
            "refusal": refusal, **extra,
        }  # fmt: skip
        self.waiting = memoryview(json.dumps(header).encode() + b"\n" + body + after.encode())
        self.read = {"out": bytearray(), "err": bytearray()}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _START, str(_PACKAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if mode == "serve" else subprocess.PIPE,
            stderr=subprocess.DEVNULL if mode == "serve" else subprocess.PIPE,
            env={}, cwd="/", start_new_session=True, pass_fds=(*handles, refusal),
        )  # fmt: skip
        os.close(refusal)

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with os.fdopen(self._refusal, "rb") as told:
            self.unlocked = told.read().decode("utf-8", errors="replace")
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        _remove(self.folder)

    def text(self, which: str) -> str:
        return self.read[which].decode("utf-8", errors="replace")


def _watch(child: _Child, helpers: Sequence[_Child], limits: Limits, began: float) -> Ending:
    """Feed the children and read the first one's output until it ends, floods or runs out of time."""
    with selectors.DefaultSelector() as selector:
        for each in (child, *helpers):
            assert each.process.stdin is not None
            os.set_blocking(each.process.stdin.fileno(), False)
            selector.register(each.process.stdin, selectors.EVENT_WRITE, (each, "in"))
        for name, stream in (("out", child.process.stdout), ("err", child.process.stderr)):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, (child, name))
        reading = 2
        while reading:
            remaining = began + limits.patience - time.perf_counter()
            if remaining <= 0:
                return "timeout"
            for key, _ in selector.select(remaining):
                each, name = key.data
                if name == "in":
                    if not _feed(each):
                        selector.unregister(key.fileobj)
                        each.process.stdin.close()
                    continue
                part = os.read(key.fd, 1 << 14)
                each.read[name] += part
                if not part:
                    selector.unregister(key.fileobj)
                    reading -= 1
            if sum(map(len, child.read.values())) > limits.output_bytes:
                return "flood"
        return _wait(child, began + limits.patience)


def _wait(child: _Child, until: float) -> Ending:
    """A program may close its output and go on."""
    try:
        child.process.wait(max(0.0, until - time.perf_counter()))
    except subprocess.TimeoutExpired:
        return "timeout"
    # the kernel's answer to one that computes on
    return "timeout" if child.process.returncode in (-signal.SIGKILL, -signal.SIGXCPU) else "finished"


def _feed(child: _Child) -> bool:
    """Write some more to a child; False when all is written or it no longer reads."""
    assert child.process.stdin is not None
    try:
        written = os.write(child.process.stdin.fileno(), child.waiting[: 1 << 16])
    except BlockingIOError:
        return True
    except BrokenPipeError:
        return False
    child.waiting = child.waiting[written:]
    return bool(child.waiting)


def _remove(folder: str) -> None:
    """A candidate's folder.  It cannot hold links (Landlock), and may hold folders deeper than Python recurses."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in files:
            with contextlib.suppress(OSError):
                Path(place, name).unlink()
        for name in folders:
            with contextlib.suppress(OSError):
                Path(place, name).rmdir()
    with contextlib.suppress(OSError):
        Path(folder).rmdir()


def _require(unsafe: bool) -> None:
    lacks = missing()
    if lacks is None:
        return
    if not unsafe:
        raise _refusal(lacks)
    speak_once(
        say(
            f"모델이 쓴 코드를 가두지 않고 실행합니다 (이 컴퓨터에 없는 것: {lacks}).",
            f"Running a model's code without holding it in (this machine lacks: {lacks}).",
        )
    )


def _require_locked(*ended: _Child) -> None:
    for child in ended:
        if child.unlocked:
            raise _refusal(child.unlocked)


def _refusal(why: str) -> ConfigError:
    return ConfigError(
        say(
            f"모델이 쓴 코드를 안전하게 실행할 수 없습니다: {why.strip()}. 이 컴퓨터를 잃어도 괜찮을 때만 "
            "--unsafe로 실행하세요.",
            f"cannot run a model's code safely: {why.strip()}. Use --unsafe only where you can lose this machine.",
        )
    )
