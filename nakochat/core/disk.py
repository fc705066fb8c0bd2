"""Every operation that changes the disk, one function each, so that a test can count, fail and interrupt each of them.

core/files.py builds atomic files and folders from these.
"""

import os
import shutil
from pathlib import Path


def create(path: Path) -> int:
    """A handle of a new file, with permissions by the umask.  FileExistsError where it exists."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)


def make_folder(path: Path) -> None:
    """FileExistsError where it exists."""
    path.mkdir()


def write(handle: int, data: bytes | memoryview) -> None:
    """All of the data: the system may write less at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest[: 1 << 26]) :]


def sync(handle: int) -> None:
    """Until a file's content is on the disk and not only in its cache."""
    os.fsync(handle)


def sync_folder(path: Path) -> None:
    """The same for the names in a folder."""
    if os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(path: Path, target: Path) -> None:
    """Atomically take target's place."""
    path.replace(target)


def remove(path: Path) -> None:
    """Delete a file, or a folder with its content; a file that is gone already is no error.  OSError otherwise."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
