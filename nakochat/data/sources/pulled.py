"""NAME -> its folder in NAKO_HOME/data, what was pulled into it, and who is pulling now.

    data/NAME/source.json   where it is from: address, commit, licence, whom to name, size and hash of every file
    data/NAME/...           the files under the paths that they have in their repository
    data/NAME/.partial/     pieces of what is on its way

The commit in source.json holds for every later pull: the shards of one corpus are of one version.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.files import lock_file, read_json
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import speak
from nakochat.data.sources.catalog import LOCK, Source


def data_folder(name: str) -> Path:
    return home() / "data" / name


def read_lock(folder: Path) -> dict[str, Any] | None:
    """What source.json says; None where nothing was pulled.  DataError where it cannot be read."""
    path = folder / LOCK
    if not path.is_file():
        return None
    try:
        lock: dict[str, Any] = read_json(path)
        known = all(isinstance(lock[key], str) for key in ("name", "branch"))
        known = known and isinstance(lock["revision"], str | None) and isinstance(lock["shards"], int)
        if known and all(isinstance(entry, dict) and "bytes" in entry for entry in lock["files"].values()):
            return lock
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # said below, with what to do
    raise DataError(
        say(
            f"기록을 읽을 수 없습니다: {path}. 이 파일을 지우고 다시 받으세요. 받은 파일은 그대로 확인합니다.",
            f"cannot read {path}. Delete it and pull again; files that are there are verified and kept.",
        )
    )


@contextlib.contextmanager
def hold(source: Source) -> Iterator[None]:
    """One pull of a source at a time; a second one waits, and says so."""
    folder = data_folder(source.name)
    folder.mkdir(parents=True, exist_ok=True)
    handle = lock_file(folder / ".lock")
    if handle is None:
        speak(
            say(
                f"{source.name}: 다른 프로세스가 받고 있습니다. 끝나기를 기다립니다.",
                f"{source.name}: another process is pulling it. Waiting for it.",
            )
        )
    while handle is None:
        time.sleep(0.2)
        handle = lock_file(folder / ".lock")
    try:
        yield
    finally:
        os.close(handle)
