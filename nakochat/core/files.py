"""Bytes, text, JSON or a folder of files -> on disk, whole or not at all.  The one way this project writes files.

A file is written under a temporary name beside its place, fsynced and renamed: readers, and a power cut, see the old
one or the new one, never half of either.  A folder is complete when it has its manifest.json, which holds the size and
SHA-256 of every file and is written before the folder is renamed into place.  tests/core/test_crashes.py interrupts it
before, within and after every call of disk.py.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nakochat.core import disk
from nakochat.core.errors import CheckpointError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import speak_once

MANIFEST = "manifest.json"


def write_bytes(path: Path, data: bytes) -> None:
    """Replace path by data, atomically.  OSError where the disk is full or not writable; the old file stays then."""
    write_pieces(path, [data])


def write_pieces(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """As write_bytes, for data that need not be in memory at once.

    A link stays one: the file that it names is replaced.  A device or a pipe is no file, and is written to as it is.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb", buffering=0) as open_file:
            for piece in pieces:
                disk.write(open_file.fileno(), piece)
        return
    if path.is_symlink():
        path = path.resolve()
    _make_parents(path)
    beside = _beside(path)
    try:
        handle = disk.create(beside)
        try:
            for piece in pieces:
                disk.write(handle, piece)
            disk.sync(handle)
        finally:
            os.close(handle)
        disk.rename(beside, path)
    except BaseException:
        _clear(beside)
        raise
    disk.sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace path by text in UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Replace path by readable JSON, atomically."""
    write_text(path, _as_text(value))


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def lock_file(path: Path) -> int | None:
    """A handle that holds the lock of path until it is closed; None where another process holds it.

    Where the file system has no locks, as some of a network have not, everyone gets it: that is said once.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if _lock(handle, shared=False):
            return handle
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            os.close(handle)
            raise
        speak_once(
            say(
                f"이 파일 시스템에는 잠금이 없습니다: {path.parent} ({error.strerror}). 같은 실행을 두 곳에서 "
                "동시에 돌리지 마세요.",
                f"This file system has no locks: {path.parent} ({error.strerror}). Do not run the same "
                "run twice at a time.",
            )
        )
        return handle
    os.close(handle)
    return None


def is_locked(path: Path) -> bool:
    """Whether any process holds the lock of path."""
    if not path.is_file():
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        return not _lock(handle, shared=True)
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
        return False
    finally:
        os.close(handle)


# of NFS without its lock daemon, Lustre without -o flock, FUSE
_WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def _lock(handle: int, *, shared: bool) -> bool:
    """Whether the handle got its file's lock, which is released when it is closed or its process ends: never stale."""
    if os.name == "nt":
        return True
    import fcntl  # not on Windows

    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl")


def refuse_pickle(path: Path) -> None:
    """CheckpointError for a file that Python would unpickle: opening it can run whatever code is in it."""
    if path.suffix in PICKLED:
        raise CheckpointError(
            say(
                f"{josa(path.name, '은')} 열지 않습니다: 피클이라, 여는 것만으로 그 안의 코드가 실행될 수 있습니다. "
                "만든 프로그램에서 safetensors로 저장해(Transformers라면 save_pretrained) 'nako import 폴더 --name "
                "이름'으로 들여오거나, 'nako train'이 만든 실행의 폴더를 쓰세요.",
                f"{path.name} is not opened: it is a pickle, and opening one can run the code in it. Save it as "
                "safetensors with the program that made it (save_pretrained of Transformers) and run "
                "'nako import FOLDER --name NAME', or give the folder of a run that 'nako train' made.",
            )
        )


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields a temporary folder; when the block ends without an error it gets its manifest and takes path's place."""
    _make_parents(path)
    beside = _beside(path)
    disk.make_folder(beside)
    try:
        yield beside
        inside = sorted(beside.rglob("*"))
        files = [file for file in inside if file.is_file()]
        for file in files:
            _sync_file(file)
        for folder in (entry for entry in inside if entry.is_dir()):
            disk.sync_folder(folder)
        entries = {
            file.relative_to(beside).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256(file)}
            for file in files
        }
        write_json(beside / MANIFEST, {"files": entries})
        _take_place(beside, path)
        disk.sync_folder(path.parent)
    finally:
        _clear(beside)


def _take_place(beside: Path, path: Path) -> None:
    """Rename beside to path; a folder that was there is deleted only when the new name is on disk."""
    old = beside.with_name(f"{beside.name}.old")
    if path.exists():
        disk.rename(path, old)
    try:
        disk.rename(beside, path)
    except BaseException:
        if old.exists():
            disk.rename(old, path)
        raise
    if old.exists():
        disk.sync_folder(path.parent)
        _clear(old)


def remove_folder(path: Path) -> None:
    """Delete a folder so that a reader sees all of it or nothing.  OSError where it cannot be deleted."""
    gone = _beside(path)
    disk.rename(path, gone)
    disk.remove(gone)


def verify_folder(path: Path) -> None:
    """CheckpointError unless every file that the manifest names is there with its size and hash."""
    try:
        entries = _entries(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            say(
                f"완성되지 않은 폴더입니다: {path} (manifest.json이 없거나 깨졌습니다). 지우고 다시 실행하세요.",
                f"incomplete folder: {path} (manifest.json cannot be read). Delete it and run again.",
            )
        ) from error
    for name, (size, digest) in entries.items():
        file = path / name
        if not _is(file, size, digest):
            raise CheckpointError(
                say(
                    f"파일이 손상되었습니다: {file} (기록된 크기나 해시와 다릅니다).",
                    f"damaged file: {file} (its size or hash is not the recorded one).",
                )
            )


def _entries(path: Path) -> dict[str, tuple[int, str]]:
    """Size and hash of each file that a manifest names.  ValueError unless its bytes are those that were written."""
    text = (path / MANIFEST).read_bytes()
    manifest = json.loads(text)
    if _as_text(manifest).encode() != text:
        raise ValueError("not as it was written")
    return {name: (entry["bytes"], entry["sha256"]) for name, entry in manifest["files"].items()}


def _is(file: Path, size: int, digest: str) -> bool:
    """Whether a file has this size and hash; not where it cannot be read (a bad sector, or deleted just now)."""
    try:
        return file.is_file() and file.stat().st_size == size and sha256(file) == digest
    except (OSError, ValueError):  # ValueError: a damaged name that no file can have
        return False


def is_whole(path: Path) -> bool:
    """Whether verify_folder would pass."""
    try:
        verify_folder(path)
    except CheckpointError:
        return False
    return True


def has_its_sizes(path: Path) -> bool:
    """As is_whole, but by sizes alone: no content is read."""
    try:
        return all((path / name).stat().st_size == size for name, (size, _) in _entries(path).items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def has_its_hashes(path: Path, names: Iterable[str]) -> bool:
    """As is_whole, for these files alone; names that the manifest lacks are ignored."""
    try:
        entries = _entries(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return all(_is(path / name, *entries[name]) for name in names if name in entries)


def _make_parents(path: Path) -> None:
    """Make the folders above path and sync each, so that a power cut does not lose them."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process has made it meanwhile
            disk.make_folder(folder)
        disk.sync_folder(folder.parent)


def _beside(path: Path) -> Path:
    """A unique hidden name in the same folder, which begins with path's own."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _clear(path: Path) -> None:
    """Delete a leftover.  What cannot be deleted may stay: its name begins with a dot, and nothing reads it."""
    with contextlib.suppress(OSError):
        disk.remove(path)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        disk.sync(handle)
    finally:
        os.close(handle)
