"""Plans of downloads -> the files on disk, several at once, under one progress bar.

The first file that cannot be had stops the others between two blocks; whatever came is kept for the next run.
"""

import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nakochat.core.errors import DataError
from nakochat.core.files import is_whole, sha256, whole_folder, write_json
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import Bar, console, speak
from nakochat.data.corpus.files import find_files
from nakochat.data.sources.catalog import LOCK, Source
from nakochat.data.sources.download import PARTIAL, RemoteFile, Stopped, fetch
from nakochat.data.sources.hub import Plan, write_lock
from nakochat.data.sources.pulled import data_folder, read_lock

WORKERS = 4
UNPACKED = "unpacked"
MOST_UNPACKED = 8 << 30  # bytes that an archive may hold: a crafted one of a few kB can claim terabytes


class _Counter:
    """Bytes that have come, from every thread."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self.bytes += number


def download(plans: Sequence[Plan], *, fresh: bool = False, workers: int = WORKERS) -> None:
    """Bring every missing file of the plans, then record them.  DataError, OSError where one cannot be had."""
    for plan in plans:
        old = read_lock(plan.folder)
        for path in plan.faults:  # a wrong file does not stay under its name, whatever happens next
            (plan.folder / path).unlink()
        if fresh and old:
            _drop_stale(plan, set(old["files"]))
        write_lock(plan)
    work = [(plan, file) for plan in plans for file in plan.missing]
    if work:
        _bring(work, sum(plan.to_come for plan in plans), workers)
    for plan in plans:
        learned = [_learn(plan.folder, f) if f in plan.chosen else f for f in plan.listing]
        write_lock(replace(plan, listing=tuple(learned)))
        shutil.rmtree(plan.folder / PARTIAL, ignore_errors=True)
        if plan.source.unpack:
            for file in plan.chosen:
                unpack(plan.folder / file.path, plan.folder / UNPACKED)


def _bring(work: Sequence[tuple[Plan, RemoteFile]], to_come: int, workers: int) -> None:
    counter, stop = _Counter(), threading.Event()
    pieces = (
        sum((file.bytes or 0) for _, file in work) - to_come
    )  # left by a run before, counted as they are found
    total = max(1, (to_come + pieces) // 1_000_000)
    title = say("받기 (MB)", "download (MB)")
    with ThreadPoolExecutor(workers) as pool, Bar(title, total) as bar:
        waiting: set[Future[Path]] = {
            pool.submit(fetch, file, plan.folder, counted=counter.add, stop=stop) for plan, file in work
        }
        try:
            began, shown = time.monotonic(), 0
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                now = min(total, counter.bytes // 1_000_000)
                if console.is_terminal or now * 20 // total != shown:  # a line for every twentieth in a log
                    shown = now * 20 // total
                    rate = (counter.bytes - pieces) / 1e6 / max(0.001, time.monotonic() - began)
                    bar.update(now, f"{rate:,.1f} MB/s")
        except BaseException as error:
            stop.set()
            for future in waiting:
                future.cancel()
            if isinstance(
                error, KeyboardInterrupt
            ):  # a connection on which nothing comes ends with its timeout
                speak(
                    say(
                        "멈추는 중입니다. 10초쯤 걸릴 수 있습니다.",
                        "stopping; this may take some ten seconds.",
                    )
                )
            for future in waiting:
                if not future.cancelled():
                    _leave(future)
            raise


def _leave(future: "Future[Path]") -> None:
    """Wait for a download that was told to stop; the first failure is the one that is told."""
    try:
        future.result()
    except (Stopped, DataError, OSError):
        return


def _learn(folder: Path, file: RemoteFile) -> RemoteFile:
    """The first download of a file whose hash nobody published says what it has to be from now on."""
    if file.sha256 or file.git_sha1:
        return file
    path = folder / file.path
    return replace(file, bytes=path.stat().st_size, sha256=sha256(path))


def _drop_stale(plan: Plan, old: set[str]) -> None:
    """Files of a version before that this one does not have."""
    for path in old - {file.path for file in plan.listing}:
        if ".." not in PurePosixPath(path).parts and not path.startswith("/"):
            (plan.folder / path).unlink(missing_ok=True)


def unpack(archive: Path, folder: Path) -> None:
    """A zip -> a folder, whole or not at all, unless it is there.  DataError for one that is broken or crafted."""
    if is_whole(folder):
        return
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            outside = [e.filename for e in entries if _leads_out(e.filename)]
            size = sum(e.file_size for e in entries)
            if outside or size > MOST_UNPACKED:
                raise _crafted(archive, outside, size)
            with whole_folder(folder) as beside:
                for entry in entries:
                    packed.extract(entry, beside)  # stops at the size that the entry claims
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError(
            say(
                f"압축 파일이 깨졌습니다: {archive} ({error}). 지우고 다시 받으세요.",
                f"a broken zip: {archive} ({error}). Delete it and pull again.",
            )
        ) from error


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or ":" in name


def _crafted(archive: Path, outside: list[str], size: int) -> DataError:
    korean = f"폴더 밖을 가리키는 이름 {outside[0]!r}" if outside else f"풀면 {size / 1e9:,.0f} GB"
    english = f"a name that leads out, {outside[0]!r}" if outside else f"{size / 1e9:,.0f} GB when unpacked"
    return DataError(
        say(
            f"믿을 수 없는 압축 파일입니다: {archive} ({korean}). 풀지 않았습니다. 지우고, 주소를 확인하세요.",
            f"a zip that cannot be trusted: {archive} ({english}). Not unpacked. Delete it and check the address.",
        )
    )


def take_manual(source: Source) -> int:
    """Record the files that a person brought to a source's folder; how many.  DataError with the steps before that."""
    folder = data_folder(source.name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        files = [file.path for file in find_files([folder])]
    except DataError as error:
        steps = say("\n".join(_numbered(source.steps_ko)), "\n".join(_numbered(source.steps_en)))
        raise DataError(
            say(
                f"{source.title}: 사람이 직접 받아야 합니다.\n{steps}\n폴더: {folder}",
                f"{source.title}: a person has to download it.\n{steps}\nfolder: {folder}",
            )
        ) from error
    entries = {
        str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in files
    }
    about = {"name": source.name, "title": source.title, "address": source.address, "licence": source.licence}
    about |= {"attribution": source.attribution, "branch": "", "revision": ""}
    write_json(
        folder / LOCK, {**about, "commercial": source.commercial, "shards": len(files), "files": entries}
    )
    return len(files)


def _numbered(steps: Sequence[str]) -> list[str]:
    return [f"  {number}. {step}" for number, step in enumerate(steps, 1)]


def in_background(names: Sequence[str], shards: int) -> tuple[int, Path]:
    """Start `nako data pull NAMES --shards N` as a process of its own; (process, its log).

    It lives on when this one and its terminal end.  It waits while another pull of the same source is at work.
    """
    log = home() / "data" / f"pull-{'-'.join(names)[:80]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "nakochat", "data", "pull", *names, "--shards", str(shards)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    return process.pid, log
