"""A remote file with its size and hash -> on disk whole, or not at all.

What has come is kept beside as .partial/NAME until the whole file is there and verified, so that a run that was killed
goes on where it stopped.  The library's own hf_hub_download throws such pieces away (docs/decisions/downloads.md).
"""

import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import httpx2
from huggingface_hub import logging as hub_log
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, disable_progress_bars  # type: ignore[attr-defined]

from nakochat.core.errors import DataError
from nakochat.core.messages import say

PARTIAL = ".partial"
WAITS = (1.0, 2.0, 4.0)  # seconds after which a server in trouble is asked again
_POINTER = b"version https://git-lfs"
_PAGES = (b"<!doctype html", b"<html", b"<?xml")


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One file to have.  git_sha1: git's own hash of a small file; bytes and hashes None where nobody knows them."""

    path: str
    url: str
    bytes: int | None
    sha256: str | None = None
    git_sha1: str | None = None
    private: bool = False  # the library's token goes along


class Stopped(Exception):
    """Another download failed, or the user asked to stop."""


class _Sink:
    """The file that http_get writes to: counts, and ends the download when it is asked to stop."""

    def __init__(self, file: BinaryIO, counted: Callable[[int], None], stop: threading.Event) -> None:
        self.file, self.counted, self.stop = file, counted, stop

    def write(self, data: bytes) -> int:
        if self.stop.is_set():
            raise Stopped
        rest = memoryview(data)
        while rest:  # an almost full disk takes a part, and says so only the next time
            rest = rest[self.file.write(rest) :]
        self.counted(len(data))
        return len(data)

    def seek(self, place: int) -> int:
        self.counted(place - self.file.tell())  # the server began again from the start
        return self.file.seek(place)

    def tell(self) -> int:
        return self.file.tell()

    def truncate(self) -> int:
        return self.file.truncate()


def fault(path: Path, remote: RemoteFile) -> str | None:
    """What is wrong with the file on disk, in words; None where it is the one that remote describes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512)
    if size != remote.bytes or remote.bytes is None:
        if head.startswith(_POINTER):
            return say(
                "내용이 아니라 Git LFS 포인터입니다 (내용을 가리키는 몇 줄뿐)",
                "a Git LFS pointer, a few lines in place of the content",
            )
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES):
            return say("데이터가 아니라 웹 페이지(HTML)입니다", "a web page (HTML), not data")
    if remote.bytes is not None and size != remote.bytes:
        short = size < remote.bytes
        return say(
            f"{'짧습니다' if short else '깁니다'} ({remote.bytes:,}바이트여야 하는데 {size:,}바이트)",
            f"too {'short' if short else 'long'} ({size:,} bytes of {remote.bytes:,})",
        )
    if _hash_of(path, remote) != (remote.sha256 or remote.git_sha1):
        return say("내용이 바뀌었습니다 (해시가 다릅니다)", "altered (its hash is another)")
    return None


def _hash_of(path: Path, remote: RemoteFile) -> str | None:
    """The file's hash, of the kind that remote gives."""
    with path.open("rb") as file:
        if remote.sha256:
            return hashlib.file_digest(file, "sha256").hexdigest()
        if remote.git_sha1:
            size = path.stat().st_size
            digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    return None


def fetch(remote: RemoteFile, folder: Path, *, counted: Callable[[int], None], stop: threading.Event) -> Path:
    """Download remote to folder/path, going on from what a run before left.

    counted is told of every byte that came, and of bytes that have to come again (negative).  DataError where it does
    not come, or comes wrong: then nothing stands under its name, and a wrong piece is gone too.
    """
    target, partial = folder / remote.path, partial_of(remote, folder)
    for path in (target, partial):
        path.parent.mkdir(parents=True, exist_ok=True)
    resumed = partial.stat().st_size if partial.is_file() else 0
    counted(resumed)
    _receive(remote, partial, counted, stop)
    wrong = fault(partial, remote)
    if wrong and resumed:  # the piece may be what was wrong: once more from the start
        counted(-partial.stat().st_size)
        partial.unlink()
        _receive(remote, partial, counted, stop)
        wrong = fault(partial, remote)
    if wrong:
        partial.unlink()
        raise DataError(
            say(
                f"받은 파일을 쓸 수 없습니다: {remote.path}: {wrong}. 지웠습니다. 다시 실행하세요. 거듭되면 "
                f"브라우저로 {remote.url} 주소를 열어 까닭을 보세요.",
                f"what came cannot be used: {remote.path}: {wrong}. It is deleted. Run again. If it stays so, "
                f"open {remote.url} in a browser to see why.",
            )
        )
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    return target


def partial_of(remote: RemoteFile, folder: Path) -> Path:
    """Where the piece of a file is kept: the hash is part of its name, so that two versions never mix."""
    mark = (remote.sha256 or remote.git_sha1 or "unknown")[:16]
    return folder / PARTIAL / f"{remote.path.replace('/', '__')}.{mark}"


def _receive(
    remote: RemoteFile, partial: Path, counted: Callable[[int], None], stop: threading.Event
) -> None:
    """Append to partial until the server says that it has sent everything."""
    for pause in (*WAITS, None):
        size = partial.stat().st_size if partial.is_file() else 0
        if size and size == remote.bytes:
            return
        if remote.bytes is not None and size > remote.bytes:
            counted(-size)
            partial.unlink()
            size = 0
        elif remote.bytes is None:  # without a length nobody can tell whether it is only a piece
            counted(-size)
            size = 0
        try:
            with partial.open("ab" if size else "wb", buffering=0) as file:
                file.seek(size)
                headers = build_hf_headers(token=None if remote.private else False, library_name="nakochat")
                # compressed on the way would be another number of bytes, and could not be gone on with
                headers["Accept-Encoding"] = "identity"
                sink = cast(BinaryIO, _Sink(cast(BinaryIO, file), counted, stop))
                http_get(remote.url, sink, resume_size=size, headers=headers)
            return
        except HfHubHTTPError as error:
            if error.response.status_code < 500 or pause is None:
                raise refused(error, remote.path) from error
        except (httpx2.HTTPError, OfflineModeIsEnabled) as error:
            raise refused(error, remote.path) from error
        except OSError as error:
            if error.errno is not None:  # the disk's, not the library's word that the length is wrong
                raise
            return
        if stop.wait(pause):
            raise Stopped


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The library draws no bars and writes no English warnings: we have one bar and our own words."""
    disable_progress_bars("huggingface_hub.http_get")
    level = hub_log.get_verbosity()
    hub_log.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hub_log.set_verbosity(level)


def refused(error: Exception, what: str) -> DataError:
    """Why the server did not give something, and what to do, in words.  Addresses with signatures stay out."""
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if isinstance(error, OfflineModeIsEnabled):
        why = say(
            "HF_HUB_OFFLINE이 켜져 있습니다. 끄거나, 받아 둔 것만 쓰려면 --offline을 붙이세요.",
            "HF_HUB_OFFLINE is set. Unset it, or add --offline to use what is here.",
        )
    elif isinstance(error, GatedRepoError) or (status in (401, 403) and not _missing(error)):
        why = say(
            "허락이 있어야 합니다. 저장소의 쪽에서 조건에 동의하고 'hf auth login'으로 로그인한 뒤 다시 "
            "실행하세요.",
            "permission is needed. Agree to the terms on its page, log in with 'hf auth login' and run again.",
        )
    elif isinstance(error, RevisionNotFoundError):
        why = say(
            "고정한 판(커밋)이 서버에 없습니다. 지금 판을 받으려면 --revision main --fresh를 붙이세요.",
            "the pinned commit is not there any more. For what is there now add --revision main --fresh.",
        )
    elif isinstance(error, (RepositoryNotFoundError, EntryNotFoundError)) or status == 404:
        why = say(
            "그 주소에 없습니다. 옮겨졌거나 지워졌거나 비공개입니다. 비공개라면 'hf auth login'으로 "
            "로그인하세요.",
            "nothing at that address: moved, deleted or private. If private, log in with 'hf auth login'.",
        )
    elif status == 429:
        why = say(
            "서버가 요청이 너무 많다고 합니다 (429). 몇 분 뒤 다시 실행하거나 'hf auth login'으로 로그인하세요.",
            "too many requests, says the server (429). Run again in some minutes, or log in with "
            "'hf auth login'.",
        )
    elif status is not None:
        why = say(
            f"서버가 응답하지 못합니다 ({status}). 잠시 뒤 다시 실행하거나 HF_ENDPOINT로 다른 서버를 쓰세요.",
            f"the server cannot answer ({status}). Run again later, or name a mirror with HF_ENDPOINT.",
        )
    else:
        why = say(
            f"연결이 끊겼습니다 ({type(error).__name__}). 받은 만큼은 두었습니다. 연결을 확인하고 다시 "
            "실행하세요.",
            f"the connection failed ({type(error).__name__}). What came is kept. Check it and run again.",
        )
    return DataError(say(f"받지 못했습니다: {what}: {why}", f"could not download {what}: {why}"))


def _missing(error: Exception) -> bool:
    """The hub says 401 for a repository that does not exist, too."""
    return isinstance(error, RepositoryNotFoundError) and error.response.status_code == 404


def room_needed(remote: RemoteFile, folder: Path) -> int:
    """Bytes that are still to come."""
    partial = partial_of(remote, folder)
    here = partial.stat().st_size if partial.is_file() else 0
    return max(0, (remote.bytes or 0) - here)
