"""What a stage does -> its folder: config.json, origin.json, metrics.jsonl, under one writer's lock.

runs/NAME/sft/  config.json    the resolved settings, what resume reads
                origin.json    where it came from: command, commit, versions, machine, seed, parent checkpoint
                metrics.jsonl  one row per log step, check and sample; appended, never rewritten
                plan.json      training/forecast.py writes here what was predicted, and what came
                checkpoints/   models/checkpoint.py writes here
                scores.json    evals/ writes here
"""

import contextlib
import datetime
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nakochat import __version__
from nakochat.core.code_size import code_size
from nakochat.core.errors import CheckpointError
from nakochat.core.files import lock_file, read_json, write_json
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.core.redaction import redact
from nakochat.core.trackers import IDENTITY, SECRETS, Row, Tracker, row_of

PLAN = "plan.json"
_VERSIONS_OF = ("torch", "tokenizers", "safetensors", "numpy", "pyarrow")
TIMED = ("session", "end")  # rows that say at what time they were written
_LOCK_TRIES = 5
_SECRET_FLAGS = tuple("--" + name.replace("_", "-") for name in SECRETS)


class Run:
    """The folder of one stage of one run, held by one writer.  On ranks above 0 it only reads."""

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self.folder = folder
        self.writes = writes
        self._lock: int | None = None
        self._metrics: Any = None
        self._trackers: dict[str, Tracker] = {}
        self.also: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        """What is known of a row beyond what the loop says: (kind, values) -> more values."""

    def track(self, name: str, tracker: Tracker) -> None:
        """Rows go to this dashboard too.  It is closed with the run."""
        self._trackers[name] = tracker

    def __enter__(self) -> Self:
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _take_lock(self.folder / "lock")
            self._metrics = (self.folder / "metrics.jsonl").open("a", encoding="utf-8")
            _end_torn_line(self.folder / "metrics.jsonl", self._metrics)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._trackers):
            self._ask_tracker(name, lambda tracker: tracker.close(error is not None))
        if self._metrics is not None:
            try:
                self._metrics.close()
            except OSError as failure:  # rows that a full disk kept back are written, or lost, here
                _say_lost(failure)
        if self._lock is not None:
            os.close(self._lock)

    def write_config(self, settings: dict[str, Any]) -> None:
        if self.writes:
            write_json(self.folder / "config.json", settings)

    def read_config(self) -> dict[str, Any] | None:
        """The settings that this stage started with, if it ever started."""
        path = self.folder / "config.json"
        return read_json(path) if path.is_file() else None

    def write_origin(self, *, machine: dict[str, Any], seed: int, parent: dict[str, Any] | None) -> None:
        if self.writes:
            write_json(
                self.folder / "origin.json",
                {
                    "command": command_line(sys.argv),
                    "commit": _commit(),
                    "versions": {"nakochat": __version__, "python": sys.version.split()[0], **_versions()},
                    "machine": machine,
                    "seed": seed,
                    "parent": parent,
                    "code": code_size(),
                    "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
                },
            )

    def log(self, kind: str, **values: Any) -> None:
        """Append one row to metrics.jsonl.  A full disk loses the row, not the run."""
        if self._metrics is None:
            return
        if kind in TIMED:
            values = {**values, "time": round(time.time(), 1)}
        if self.also is not None:
            values = {**values, **self.also(kind, values)}
        try:
            self._metrics.write(json.dumps({"kind": kind, **values}, ensure_ascii=False) + "\n")
            self._metrics.flush()
        except OSError as error:
            _say_lost(error)
        self._show(row_of(kind, values))

    def _show(self, row: Row | None) -> None:
        if row is not None:
            for name in list(self._trackers):
                self._ask_tracker(name, lambda tracker: tracker.log(row))

    def _ask_tracker(self, name: str, ask: Callable[[Tracker], None]) -> None:
        """A dashboard that fails is left behind: said once, and recorded.  Training goes on."""
        try:
            ask(self._trackers[name])
        except Exception as error:  # each library has errors of its own
            del self._trackers[name]
            warn(
                say(
                    f"--track {name}에 더 기록하지 못합니다: {error}. 학습은 계속되고 metrics.jsonl은 남습니다.",
                    f"--track {name} is lost: {error}. Training goes on, and so does metrics.jsonl.",
                )
            )
            self.log("tracker_lost", name=name, error=str(error))

    def forget_rows(self) -> None:
        """Empty metrics.jsonl: the stage starts over."""
        if self._metrics is not None:
            self._metrics.truncate(0)
            (self.folder / IDENTITY).unlink(missing_ok=True)


def read_metrics(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of metrics.jsonl; a torn line is passed over."""
    path = folder / "metrics.jsonl"
    if not path.is_file():
        return
    # a line torn within a character is no UTF-8: it is replaced here, and then no JSON
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


def is_closed(folder: Path) -> bool:
    """Whether a stage's log ends with the row that is written when everything else is."""
    closed = False
    for row in read_metrics(folder):
        if row.get("kind") in ("step", "end"):
            closed = row["kind"] == "end"
    return closed


def command_line(arguments: list[str]) -> str:
    """The command as typed, with secrets left out: the values of their flags, and whatever looks like one."""
    shown = ["nako", *arguments[1:]]
    for index, word in enumerate(shown):
        flag, separator, _ = word.partition("=")
        if flag in _SECRET_FLAGS:
            if separator:
                shown[index] = flag + "=***"
            elif index + 1 < len(shown):
                shown[index + 1] = "***"
    return redact(" ".join(shown))


def _say_lost(error: OSError) -> None:
    warn(say(f"기록하지 못했습니다: {error}", f"could not log: {error}"))


def _take_lock(path: Path) -> int:
    """The lock of a stage, with its holder's name in it.  CheckpointError where another process lives on with it."""
    for _ in range(_LOCK_TRIES):
        handle = lock_file(path)
        if handle is not None:
            with contextlib.suppress(OSError):  # a full disk: the lock holds without a name
                os.ftruncate(handle, 0)
                os.write(handle, f"{os.getpid()} ({socket.gethostname()})\n".encode())
            return handle
        time.sleep(0.1)  # `nako runs` looks whether it is held, and holds it while it does
    holder = path.read_text(encoding="utf-8", errors="replace").strip()
    raise CheckpointError(
        say(
            f"{josa(f'다른 프로세스 {holder}', '이')} 이 단계를 학습하고 있습니다: {path.parent}. "
            "기다리거나 다른 --name을 쓰세요.",
            f"another process, {holder}, is training this stage: {path.parent}. Wait for it or use another --name.",
        )
    )


def _end_torn_line(path: Path, file: Any) -> None:
    with path.open("rb") as written:
        if written.seek(0, os.SEEK_END):
            written.seek(-1, os.SEEK_END)
            if written.read(1) != b"\n":
                file.write("\n")


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _VERSIONS_OF}


def _commit() -> str | None:
    here = Path(__file__).parents[2]
    if not (here / "pyproject.toml").is_file():
        return None  # installed: what git knows of the folders around is of another project
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None  # no git here
