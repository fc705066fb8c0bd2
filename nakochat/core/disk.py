"""What changes the disk, one function each -> so that a test can count, break and cut short every one of them.

core/files.py makes whole files and folders out of these.
"""

import os
import shutil
from pathlib import Path


def create(path: Path) -> int:
    """A handle of a new file, readable as the umask says.  FileExistsError where there is one."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)


def make_folder(path: Path) -> None:
    """FileExistsError where there is one."""
    path.mkdir()


def write(handle: int, data: bytes | memoryview) -> None:
    """All of it: the system may take less at a time."""
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
    """Take target's place, in one moment."""
    path.replace(target)


def remove(path: Path) -> None:
    """A file, or a folder with all that is in it.  OSError where that cannot be; what is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
