"""A file that another process appends to -> its whole lines, each once, as `tail -F` does.

A line is handed out when its newline is there.  A file that was replaced, emptied or rewritten is read from its start
again, and whoever reads is told so.  Memory is bounded: one `read` takes `most` bytes at most.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_REMEMBERED = 64  # bytes before the place: still there, or the file is another one


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one look at the file gave."""

    lines: tuple[bytes, ...] = ()
    """Without their newlines."""
    restarted: bool = False
    """What was read before is void: these lines are the first of the file."""
    lost: int = 0
    """Lines longer than `most`, which were passed over."""


class Tail:
    """Where a reader is in one file."""

    def __init__(self, path: Path, *, most: int = 4_000_000) -> None:
        self.path, self.most = path, most
        self.size = 0
        """Of the file, when it was last looked at."""
        self.place = 0
        """Everything before this byte was handed out."""
        self._inode: int | None = None
        self._before = b""
        self._inside_long_line = False

    @property
    def behind(self) -> bool:
        """Whether there was more than one read takes."""
        return self.size - self.place > self.most

    def read(self) -> Read:
        """The next lines.  No file is a file without lines; OSError where it is there and cannot be read."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            if self._inode is None:
                return Read()
            self._restart()
            self._inode, self.size = None, 0
            return Read(restarted=True)
        with file:
            status = os.fstat(file.fileno())
            self.size = status.st_size
            restarted = self._inode is not None and not self._is_same(file.fileno(), status)
            if restarted:
                self._restart()
            self._inode = status.st_ino
            data = _bytes_at(file.fileno(), self.place, self.most)
        lines, lost = self._take(data)
        return Read(lines=lines, restarted=restarted, lost=lost)

    def _is_same(self, handle: int, status: os.stat_result) -> bool:
        if status.st_ino != self._inode or status.st_size < self.place:
            return False
        kept = self.place - len(self._before)
        return _bytes_at(handle, kept, len(self._before)) == self._before

    def _restart(self) -> None:
        self.place, self._before, self._inside_long_line = 0, b"", False

    def _take(self, data: bytes) -> tuple[tuple[bytes, ...], int]:
        """Whole lines of what was read, and how many were too long to be one."""
        end = data.rfind(b"\n") + 1
        if end:
            lines = data[: end - 1].split(b"\n")
            if self._inside_long_line:
                lines = lines[1:]  # the rest of what was passed over
            self._inside_long_line = False
            self._advance(data[:end])
            return tuple(lines), 0
        if len(data) < self.most:
            return (), 0  # a line on its way
        lost = int(not self._inside_long_line)  # no row is that long: damage
        self._inside_long_line = True
        self._advance(data)
        return (), lost

    def _advance(self, data: bytes) -> None:
        self.place += len(data)
        self._before = (self._before + data)[-_REMEMBERED:]


def _bytes_at(handle: int, place: int, most: int) -> bytes:
    os.lseek(handle, place, os.SEEK_SET)
    found = bytearray()
    while len(found) < most and (piece := os.read(handle, most - len(found))):
        found += piece
    return bytes(found)
