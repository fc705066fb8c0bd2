"""Bytes, text, JSON or a folder of files -> on disk, whole or not at all.  The one way this project writes files.

A file is written beside its place, fsynced and renamed, so that a reader and a power cut see the old one or the new
one, never half of either.  A folder is complete when its manifest.json is there, which holds the size and the SHA-256
of every file and is written before the folder is renamed into place.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nakochat.core.errors import CheckpointError
from nakochat.core.messages import say

MANIFEST = "manifest.json"


def write_bytes(path: Path, data: bytes) -> None:
    """Replace path by data, atomically.  OSError where the disk is full or not writable; the old file stays then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner reads
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace path by text in UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Replace path by readable JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def lock_file(path: Path) -> int | None:
    """A handle that holds the lock of path until it is closed; None where another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if os.name == "nt":
        return handle
    import fcntl  # not on Windows

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # falls with its process: a lock is never stale
    except OSError:
        os.close(handle)
        return None
    return handle


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields a folder beside path; when the block ends well it gets its manifest and takes path's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield beside
        files = sorted(file for file in beside.rglob("*") if file.is_file())
        for file in files:
            _sync_file(file)
        entries = {
            str(f.relative_to(beside)): {"bytes": f.stat().st_size, "sha256": sha256(f)} for f in files
        }
        write_json(beside / MANIFEST, {"files": entries})
        beside.chmod(0o777 & ~_umask())
        _take_place(beside, path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _take_place(beside: Path, path: Path) -> None:
    """Rename beside to path; a folder that stood there is deleted only then."""
    old = beside.with_name(f"{beside.name}.old")
    if path.exists():
        path.replace(old)
    try:
        beside.replace(path)
    except BaseException:
        if old.exists():
            old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def verify_folder(path: Path) -> None:
    """CheckpointError unless every file that the manifest names is there with its size and hash."""
    try:
        entries = read_json(path / MANIFEST)["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            say(
                f"완성되지 않은 폴더입니다: {path} (manifest.json이 없거나 깨졌습니다). 지우고 다시 실행하세요.",
                f"incomplete folder: {path} (manifest.json cannot be read). Delete it and run again.",
            )
        ) from error
    for name, entry in entries.items():
        file = path / name
        if not file.is_file() or file.stat().st_size != entry["bytes"] or sha256(file) != entry["sha256"]:
            raise CheckpointError(
                say(
                    f"파일이 손상되었습니다: {file} (기록된 크기나 해시와 다릅니다).",
                    f"damaged file: {file} (its size or hash is not the recorded one).",
                )
            )


def is_whole(path: Path) -> bool:
    """Whether verify_folder would pass."""
    try:
        verify_folder(path)
    except CheckpointError:
        return False
    return True


def has_its_sizes(path: Path) -> bool:
    """Whether every file that the manifest names is there with its size; no content is read."""
    try:
        entries = read_json(path / MANIFEST)["files"]
        return all((path / name).stat().st_size == entry["bytes"] for name, entry in entries.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
