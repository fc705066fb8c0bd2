"""A disk that fails at one chosen place -> what a kill, a power cut, a full or a broken disk leave behind.

Every call of core/disk.py is numbered.  `Dying` ends the process before or after one of them, or in the middle of a
write: from then on nothing reaches the disk, clean-up code included.  With power=True what was not yet synced is lost
too, in the worst order: new files are zeros, renames that no sync of their folder followed did not happen.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nakochat.core import disk

CALLS = ("create", "make_folder", "write", "sync", "sync_folder", "rename", "remove")


class Killed(BaseException):
    """The process is no more."""


class Dying:
    """Dies at point 3n (before), 3n + 1 (within a write) or 3n + 2 (after) of call n."""

    def __init__(self, point: int, *, power: bool) -> None:
        self.point, self.power = point, power
        self.calls: list[str] = []
        self.dead = False
        self._paths: dict[int, Path] = {}
        self._unsynced: dict[int, Path] = {}
        self._renames: list[tuple[Path, Path, bytes | None]] = []

    def call(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if self.dead:
            raise Killed
        number = len(self.calls)
        self.calls.append(name)
        if self.point == 3 * number:
            self._die()
        if self.point == 3 * number + 1 and name == "write":
            real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            self._note(name, arguments, None)
            self._die()
        if name == "rename":
            replaced = arguments[1].read_bytes() if arguments[1].is_file() else None
            self._renames.append((arguments[0], arguments[1], replaced))
        made = real(*arguments)
        self._note(name, arguments, made)
        if self.point == 3 * number + 2:
            self._die()
        return made

    def _note(self, name: str, arguments: tuple[Any, ...], made: Any) -> None:
        """Files are told apart by their inode: numbers of handles come again, and names move."""
        if name == "create":
            self._paths[os.fstat(made).st_ino] = arguments[0]
        elif name == "write":
            inode = os.fstat(arguments[0]).st_ino
            self._unsynced[inode] = self._paths[inode]
        elif name == "sync":
            self._unsynced.pop(os.fstat(arguments[0]).st_ino, None)
        elif name == "rename":
            source, target = arguments
            for inode, path in self._unsynced.items():
                if path.is_relative_to(source):
                    self._unsynced[inode] = target / path.relative_to(source)
        elif name == "sync_folder":
            self._renames = [entry for entry in self._renames if entry[1].parent != arguments[0]]

    def _die(self) -> None:
        self.dead = True
        if self.power:
            for path in self._unsynced.values():
                path.write_bytes(bytes(path.stat().st_size))
            for source, target, replaced in reversed(self._renames):
                if target.exists():
                    target.rename(source)
                if replaced is not None:
                    target.write_bytes(replaced)
        raise Killed


class Refusing:
    """Call n fails with an error of the system, once."""

    def __init__(self, number: int, code: int) -> None:
        self.number, self.code = number, code
        self.calls: list[str] = []

    def call(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.number:
            if name == "write" and self.code == errno.ENOSPC:
                real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            raise OSError(self.code, os.strerror(self.code))
        return real(*arguments)


@contextlib.contextmanager
def broken(fault: Dying | Refusing) -> Iterator[None]:
    """The disk with this fault; the real one afterwards."""
    real = {name: getattr(disk, name) for name in CALLS}

    def through(name: str) -> Callable[..., Any]:
        return lambda *arguments: fault.call(name, real[name], *arguments)

    for name in CALLS:
        setattr(disk, name, through(name))
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(disk, name, function)
