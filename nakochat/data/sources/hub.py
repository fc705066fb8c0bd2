"""A source of the catalogue -> its files as the hub has them, of one version, and what of them is not here yet."""

import fnmatch
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import httpx2
from huggingface_hub import HfApi, RepoFile, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import hf_raise_for_status, http_backoff  # type: ignore[attr-defined]

from nakochat.core.errors import DataError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.data.sources.catalog import LOCK, Source
from nakochat.data.sources.download import RemoteFile, fault, refused, room_needed
from nakochat.data.sources.pulled import data_folder, read_lock

SPARE = 1 << 30  # bytes of disk that stay free
_TROUBLE = (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a pull of one source would do.  faults: what is on disk and wrong, with the words for it."""

    source: Source
    folder: Path
    branch: str
    revision: str | None
    listing: tuple[RemoteFile, ...]
    chosen: tuple[RemoteFile, ...]
    missing: tuple[RemoteFile, ...]
    faults: dict[str, str]
    resolved: bool

    @property
    def bytes(self) -> int:
        return sum(file.bytes or 0 for file in self.chosen)

    @property
    def to_come(self) -> int:
        return sum(room_needed(file, self.folder) for file in self.missing)


def look_up(
    source: Source,
    *,
    shards: int | None = None,
    fresh: bool = False,
    offline: bool = False,
    revision: str | None = None,
) -> Plan:
    """Ask the server what there is, choose the first `shards` files and verify those that are here.

    The listing of source.json is used where there is one, without asking anybody.  shards None: what was chosen the
    last time, at least the source's `start`.  fresh: ask again and take everything again.  DataError where the server
    does not say, where offline would have to ask, and for a manual source: its steps.
    """
    folder = data_folder(source.name)
    lock = read_lock(folder)
    known = lock is not None and lock.get("address") == source.address and not fresh
    if known and lock is not None and revision in (None, lock["revision"], lock["branch"]):
        branch, commit = lock["branch"], lock["revision"]
        listing = [_from_lock(source, commit, path, entry) for path, entry in lock["files"].items()]
        resolved = False
    elif offline:
        raise _never_pulled(source)
    else:
        branch, commit, resolved = _commit(source, revision)
        listing = (
            _list_hub(source, commit) if commit else [_measure(source, n) for n in range(len(source.urls))]
        )
    before = lock["shards"] if known and lock else 0
    count = shards if shards is not None else max(before, source.start or len(listing))
    chosen = listing[:count]
    faults, missing = ({}, chosen) if fresh else _verify(folder, chosen)
    if offline and missing:
        raise _not_here(source, missing, faults)
    return Plan(
        source=source, folder=folder, branch=branch, revision=commit, listing=tuple(listing), chosen=tuple(chosen),
        missing=tuple(missing), faults=faults, resolved=resolved,
    )  # fmt: skip


def _commit(source: Source, wanted: str | None) -> tuple[str, str | None, bool]:
    """(branch, commit, whether a name was turned into the commit); no commit for plain addresses."""
    branch = wanted or source.branch
    pinned = source.revision if wanted is None else wanted if len(wanted) == 40 else None
    if source.repo is None or pinned:
        return branch, pinned, False
    try:
        commit = HfApi().dataset_info(source.repo, revision=branch).sha
    except _TROUBLE as error:
        raise refused(error, f"{source.name} ({source.address})") from error
    return branch, commit, True


def _list_hub(source: Source, commit: str) -> list[RemoteFile]:
    """The files of a repository at a commit that the source's patterns name, sorted."""
    api, repo, found, seen = HfApi(), source.repo or "", {}, []
    try:
        for prefix in dict.fromkeys(map(_fixed_part, source.files)):
            for entry in api.list_repo_tree(
                repo, prefix, recursive=True, revision=commit, repo_type="dataset"
            ):
                if not isinstance(entry, RepoFile):
                    continue
                seen.append(entry.path)
                if any(fnmatch.fnmatchcase(entry.path, pattern) for pattern in source.files):
                    found[entry.path] = _remote(source, commit, entry)
    except _TROUBLE as error:
        raise refused(error, f"{source.name} ({source.address})") from error
    if not found:
        shown = ", ".join(sorted(seen)[:6])
        raise DataError(
            say(
                f"{source.name}: 저장소의 모양이 바뀌었습니다. {', '.join(source.files)} 같은 파일이 없고 이런 "
                f"파일이 있습니다: {shown or '없음'}. {source.address} 주소를 보고 직접 받아 --corpus로 주세요.",
                f"{source.name}: the repository has another layout. Nothing like {', '.join(source.files)}; there "
                f"is: {shown or 'nothing'}. See {source.address}, download it yourself and give it with --corpus.",
            )
        )
    return [found[path] for path in sorted(found)]


def _fixed_part(pattern: str) -> str | None:
    """The folder of a pattern before its first wildcard: big repositories are not listed whole."""
    parts = PurePosixPath(pattern).parts[:-1]
    wild = next((n for n, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    return "/".join(parts[:wild]) or None


def _remote(source: Source, commit: str, entry: RepoFile) -> RemoteFile:
    large = entry.lfs
    return _hub_file(
        source,
        commit,
        entry.path,
        bytes=large.size if large else entry.size,
        sha256=large.sha256 if large else None,
        git_sha1=None if large else entry.blob_id,
    )


def _hub_file(source: Source, commit: str, path: str, **known: Any) -> RemoteFile:
    _require_inside(source, path)
    url = hf_hub_url(source.repo or "", path, repo_type="dataset", revision=commit, endpoint=HfApi().endpoint)
    return RemoteFile(path=path, url=url, private=True, **known)


def _require_inside(source: Source, path: str) -> None:
    """DataError unless a path that a server or a source.json names stays in our folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or parts[0].startswith("."):
        raise DataError(
            say(
                f"{source.name}: 폴더 밖을 가리키는 이름입니다: {path!r}. 받지 않았습니다. 주소를 확인하세요.",
                f"{source.name}: a name that leads out of the folder: {path!r}. Not downloaded. Check the address.",
            )
        )


def _from_lock(source: Source, commit: str | None, path: str, entry: dict[str, Any]) -> RemoteFile:
    known: dict[str, Any] = {key: entry.get(key) for key in ("bytes", "sha256", "git_sha1")}
    if commit:
        return _hub_file(source, commit, path, **known)
    _require_inside(source, path)
    url = next((address.url for address in source.urls if address.path == path), source.address)
    return RemoteFile(path=path, url=url, **known)


def _measure(source: Source, number: int) -> RemoteFile:
    """A file at a plain address; a size that the catalogue does not know is asked for."""
    address = source.urls[number]
    size = address.bytes
    if size is None:
        try:
            plain = {"Accept-Encoding": "identity"}
            response = http_backoff("HEAD", address.url, headers=plain, timeout=10, follow_redirects=True)
            hf_raise_for_status(response)
        except _TROUBLE as error:
            raise refused(error, f"{source.name} ({address.url})") from error
        length = response.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else None
    return RemoteFile(path=address.path, url=address.url, bytes=size, sha256=address.sha256)


def _verify(folder: Path, files: Sequence[RemoteFile]) -> tuple[dict[str, str], list[RemoteFile]]:
    """(what is wrong with files that are there, the files to download).  Every byte is read."""
    here = [file for file in files if (folder / file.path).is_file()]
    with ThreadPoolExecutor(2) as pool:  # hashing needs no interpreter lock; disks want few readers
        found = list(pool.map(lambda file: fault(folder / file.path, file), here))
    faults = {file.path: why for file, why in zip(here, found, strict=True) if why}
    whole = {file.path for file in here} - faults.keys()
    return faults, [file for file in files if file.path not in whole]


def check_room(plans: Sequence[Plan]) -> None:
    """DataError where the disk does not hold what is to come."""
    needed = sum(plan.to_come * (4 if plan.source.unpack else 1) for plan in plans)
    if not needed:
        return
    folder = home() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise DataError(
            say(
                f"디스크에 자리가 모자랍니다: {needed / 1e9:,.1f} GB가 더 필요한데 {folder}에 {free / 1e9:,.1f} GB가 "
                "남았습니다. --shards로 덜 받거나, 자리를 비우거나, NAKO_HOME을 다른 디스크로 옮기세요.",
                f"not enough disk: {needed / 1e9:,.1f} GB are to come and {free / 1e9:,.1f} GB are free at {folder}. "
                "Take fewer with --shards, make room, or move NAKO_HOME to another disk.",
            )
        )


def write_lock(plan: Plan) -> None:
    """Record where a folder's files are from."""
    source = plan.source
    write_json(
        plan.folder / LOCK,
        {
            "name": source.name,
            "title": source.title,
            "address": source.address,
            "branch": plan.branch,
            "revision": plan.revision,
            "licence": source.licence,
            "commercial": source.commercial,
            "attribution": source.attribution,
            "shards": len(plan.chosen),
            "files": {file.path: _entry(file) for file in plan.listing},
        },
    )


def _entry(file: RemoteFile) -> dict[str, Any]:
    values = {"bytes": file.bytes, "sha256": file.sha256, "git_sha1": file.git_sha1}
    return {key: value for key, value in values.items() if value is not None or key == "bytes"}


def _never_pulled(source: Source) -> DataError:
    return DataError(
        say(
            f"{source.name}: 아직 받은 적이 없어 --offline으로는 알 수 없습니다. 연결된 곳에서 --offline 없이 한 번 "
            "실행하세요.",
            f"{source.name}: never pulled, so --offline knows nothing of it. Run once with a connection, without it.",
        )
    )


def _not_here(source: Source, missing: Sequence[RemoteFile], faults: dict[str, str]) -> DataError:
    shown = ", ".join(f"{f.path} ({faults.get(f.path, say('없음', 'missing'))})" for f in missing[:3])
    more = f" … {len(missing)}" if len(missing) > 3 else ""
    return DataError(
        say(
            f"{source.name}: 다음 파일이 없거나 잘못되었습니다: {shown}{more}. --offline 없이 다시 실행하면 받습니다.",
            f"{source.name}: missing or wrong: {shown}{more}. Run again without --offline to download.",
        )
    )
