"""A header and code on standard input -> the code runs in this process, which has locked itself in before.

Started by core/sandbox.py in a fresh interpreter; what runs here cannot import it again.  Three modes:

    run      the code is a program: what it prints goes to the parent
    serve    the code defines a function: calls come as lines from the judge, values go back as lines
    judge    the tests are code too: they see the function only as something that answers with plain values

The judge and the function are two processes.  Expected answers live in the judge's alone, and what comes back is made
anew from JSON, so that no object of the candidate's takes part in a comparison.
"""

import builtins
import functools
import importlib.machinery
import json
import os
import sys
import types
from collections.abc import Callable
from typing import IO, Any

from nakochat.core.sandbox_lock import LockError, lock

LONGEST = 4_000_000  # characters of a line between the two
_SYSTEM_LIBRARIES = ("/lib", "/usr/lib")


class NotPlain(TypeError):
    """A value that is no number, text, or collection of those."""


def encode(value: Any, depth: int = 0) -> Any:
    """A plain value -> what JSON can hold without loss.  Exact types only: a subclass could compare as it likes."""
    kind = type(value)
    if depth > 50:
        raise NotPlain("nested too deeply")
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"i": hex(value)}  # decimal digits of a huge one take quadratic time
    if kind is float:
        return {"f": value.hex()}
    if kind is complex:
        return {"c": [value.real.hex(), value.imag.hex()]}
    if kind is bytes:
        return {"b": value.hex()}
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind in (tuple, set, frozenset):
        return {kind.__name__: [encode(item, depth + 1) for item in value]}
    if kind is dict:
        return {"dict": [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]}
    raise NotPlain(f"not a plain value: {kind.__name__}")


_MAKE: dict[str, Callable[[Any], Any]] = {
    "i": lambda text: int(text, 16),
    "f": float.fromhex,
    "c": lambda parts: complex(*map(float.fromhex, parts)),
    "b": bytes.fromhex,
    "tuple": lambda items: tuple(map(decode, items)),
    "set": lambda items: set(map(decode, items)),
    "frozenset": lambda items: frozenset(map(decode, items)),
    "dict": lambda pairs: {decode(key): decode(item) for key, item in pairs},
}


def decode(value: Any) -> Any:
    """What encode() made -> the value."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        ((kind, inner),) = value.items()
        return _MAKE[kind](inner)
    return value


def load(name: str, code: bytes) -> types.ModuleType:
    """The code as a module that has just run."""
    path = f"{name.strip('_')}.py"
    with open(path, "wb") as file:  # noqa: PTH123 (pathlib costs 10 ms at start)
        file.write(code)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = types.ModuleType(name)
    module.__file__, module.__loader__ = path, loader
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def serve(code: bytes, entry: str, calls: IO[str], replies: IO[str]) -> None:
    """Answer calls until there are no more."""

    def answer(number: int, made: Callable[[], Any]) -> None:
        try:
            reply = {"id": number, "value": encode(made())}
        except BaseException as error:
            reply = {"id": number, "raised": type(error).__name__, "text": str(error)[:300]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    found: dict[str, Callable[..., Any]] = {}

    def start() -> None:
        found["function"] = getattr(load("candidate", code), entry)

    answer(0, start)  # a judge that reads of a failure here makes no call
    for line in calls:
        call = json.loads(line)
        answer(call["id"], functools.partial(_apply, found["function"], call))


def _apply(function: Callable[..., Any], call: dict[str, Any]) -> Any:
    return function(*decode(call["args"]), **decode(call["named"]))


class Candidate:
    """The function under test, as the tests see it."""

    def __init__(self, calls: IO[str], replies: IO[str]) -> None:
        self._calls, self._replies, self._number = calls, replies, 0
        self._receive()

    def __call__(self, *args: Any, **named: Any) -> Any:
        self._number += 1
        call = {"id": self._number, "args": encode(list(args)), "named": encode(named)}
        self._calls.write(json.dumps(call) + "\n")
        self._calls.flush()
        return self._receive()

    def _receive(self) -> Any:
        line = self._replies.readline(LONGEST)
        if not line.endswith("\n"):
            raise EOFError("the candidate's process ended, or its answer is too long")
        reply = json.loads(line)
        if type(reply) is not dict or reply.get("id") != self._number:
            raise ValueError("an answer to another call")
        if "raised" not in reply:
            return decode(reply["value"])
        kind = getattr(builtins, str(reply["raised"]), None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            raise kind(str(reply.get("text")))
        raise RuntimeError(str(reply.get("text")))


def judge(code: bytes, check: str, name: str, calls: IO[str], replies: IO[str]) -> dict[str, str]:
    """Run the tests' function `check` on the candidate, which the tests may also call by its name."""
    try:
        candidate, tests = Candidate(calls, replies), load("tests", code)
        setattr(tests, name, candidate)
        getattr(tests, check)(candidate)
    except BaseException as error:
        return {"verdict": "failed", "detail": f"{type(error).__name__}: {error}"[:500]}
    return {"verdict": "passed", "detail": ""}


def _readable() -> list[str]:
    """The standard library, what it is linked with, and harmless devices."""
    found = [path for path in sys.path if os.path.isdir(path)]  # noqa: PTH112
    if sys.platform.startswith("linux"):
        with open("/proc/self/maps") as file:  # noqa: PTH123
            mapped = {line.split()[-1] for line in file if ".so" in line}
        for path in mapped:
            system = path.startswith(_SYSTEM_LIBRARIES)
            found.append(os.path.dirname(path) if system else path)  # noqa: PTH120
    devices = ["/dev/null", "/dev/zero", "/dev/urandom", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return sorted({*found, *devices})


def _read_exactly(count: int) -> bytes:
    parts = []
    while count and (part := os.read(0, min(count, 1 << 16))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _read_header() -> dict[str, Any]:
    header = bytearray()
    while (byte := os.read(0, 1)) not in (b"\n", b""):  # one by one: what follows is the code's own input
        header += byte
    value: dict[str, Any] = json.loads(header)
    return value


def _close_others(kept: list[int]) -> None:
    for handle in range(3, 256):
        if handle not in kept:
            try:
                os.close(handle)
            except OSError:
                continue  # not open


def main() -> None:
    header = _read_header()
    code = _read_exactly(header["code"])
    sys.path.pop(0)  # where this package lies: what runs here has the standard library alone
    readable = _readable()
    for name in [name for name in sys.modules if name.partition(".")[0] == "nakochat"]:
        del sys.modules[name]
    mode, kept, refusal = header["mode"], list(header["handles"]), header["refusal"]
    if mode != "run":
        if mode == "judge":
            kept.append(os.dup(1))
        nothing = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(nothing, handle)
    _close_others([*kept, refusal])
    try:
        locks = lock(
            header["folder"], readable, header["limits"],
            namespaces=header["namespaces"], unsafe=header["unsafe"],
        )  # fmt: skip
    except (LockError, OSError, ValueError) as error:
        os.write(refusal, (str(error) or type(error).__name__).encode())
        os._exit(1)
    os.close(refusal)  # before the code runs, which could write there what it likes
    if mode == "run":
        if header.get("show_locks"):
            print(json.dumps(locks), flush=True)
        sys.argv = ["program.py"]
        load("__main__", code)
        return
    # what JSON needs of its modules is there: a candidate that breaks them breaks its own answers only
    calls, replies = (os.fdopen(handle, way, encoding="utf-8") for handle, way in zip(
        kept, ("r", "w") if mode == "serve" else ("w", "r"), strict=False))  # fmt: skip
    if mode == "serve":
        serve(code, header["entry"], calls, replies)
        return
    verdict = judge(code, header["check"], header["entry"], calls, replies)
    os.write(kept[2], json.dumps(verdict).encode() + b"\n")
    os._exit(0)
