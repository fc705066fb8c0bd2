"""A tokenizer and texts -> how fast it encodes and decodes, and how fast they become shards.  [nako bench tok]

    one process      encode, decode: of one thread
    W processes      encode: the tokenizer alone, the texts in memory, the ids thrown away
    prepare          what `nako data prepare` does: read, clean, look for duplicates and test items, tokenise, write

The three come in turn, so that a machine whose speed drifts is fair to all, and the median counts.  On a machine that
does other things too, seconds by the clock say little: seconds of processor time stand beside them.  Preparing starts
processes and gathers what is not to be learned, whatever the size of the text; how long that takes is measured on a
single document, and said.
"""

import json as json_format
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.core.paths import find_tokenizer, home
from nakochat.core.progress import speak
from nakochat.data.corpus.documents import read_documents
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer

CHUNK_CHARACTERS = 100_000


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How long some work took, over all processes."""

    seconds: float
    processor_seconds: float


def tok(
    paths: tuple[Path, ...] = (),
    /,
    *,
    tokenizer: str | None = None,
    column: str | None = None,
    megabytes: float = 20,
    workers: int | None = None,
    repeats: int = 3,
    json: OutFile | None = None,
) -> None:
    """Measure how fast a tokenizer encodes and decodes, and `nako data prepare` beside it.

    Parameters
    ----------
    paths
        글 파일이나 폴더; 기본: 마을의 글. | Files or folders of text; default: the village's.
    tokenizer
        이 실행의 토크나이저를 잽니다. 기본: 가장 새것. | Measure the tokenizer of this run.  Default: the newest.
    column
        글이 든 열의 이름. | The column that holds the text.
    megabytes
        앞에서부터 이만큼을 씁니다. | Of text, from the first on.
    workers
        동시에 일할 프로세스의 수. 기본: 코어마다 하나. | Processes at work.  Default: one for each core.
    repeats
        번갈아 잴 횟수; 중앙값을 씁니다. | Measurements of each, in turn; the median counts.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    workers = workers or os.cpu_count() or 1
    if megabytes <= 0 or workers < 1 or repeats < 1:
        raise ConfigError(
            say(
                "--megabytes는 0보다 커야 하고, --workers와 --repeats는 1 이상이어야 합니다.",
                "--megabytes must be above 0, --workers and --repeats 1 or more.",
            )
        )
    folder = find_tokenizer(tokenizer)
    texts = _texts(paths, column, round(megabytes * 1e6))
    size = sum(len(text.encode()) for text in texts)
    found: dict[str, list[Rate]] = {}
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=_scratch()) as scratch:
        whole, single = _written(Path(scratch) / "whole.jsonl", texts), Path(scratch) / "single.jsonl"
        _written(single, texts[:1])
        works: dict[str, Callable[[], Rate]] = {
            "encode_one_process": lambda: _in_processes(_encode, folder, texts, 1),
            "decode_one_process": lambda: _in_processes(_decode, folder, texts, 1),
            "encode": lambda: _in_processes(_encode, folder, texts, workers),
            "prepare_start": lambda: _prepare(single, folder, Path(scratch), workers),
            "prepare": lambda: _prepare(whole, folder, Path(scratch), workers),
        }
        for number in range(repeats):
            for name, work in works.items():
                found.setdefault(name, []).append(work())
                speak(f"  {number + 1}/{repeats} {name}: {found[name][-1].seconds:.1f} s")
    figures = _figures(found, size)
    _show(figures, workers)
    if json:
        write_json(json, {"megabytes": size / 1e6, "workers": workers, "repeats": repeats, **figures})


def _texts(paths: Sequence[Path], column: str | None, most: int) -> list[str]:
    """About `most` bytes of text.  DataError where there is none."""
    source: Iterator[str] = (
        read_documents(paths, column=column) if paths else map(Village(0).text, range(10**9))
    )
    texts, size = [], 0
    for text in source:
        texts.append(text)
        size += len(text.encode())
        if size >= most:
            break
    if not texts:
        raise DataError(say("잴 글이 없습니다.", "there is no text to measure."))
    return texts


def _scratch() -> Path:
    """Where the benchmark writes: on the disk that holds what people prepare."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(path: Path, texts: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json_format.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    return path


def _in_processes(
    work: Callable[[Path, list[list[str]]], Rate], folder: Path, texts: Sequence[str], count: int
) -> Rate:
    """The clock of the slowest process, from when all are ready; the processor time of all."""
    chunks = _chunks(texts)
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        pool.starmap(work, [(folder, [texts[:1]])] * count, chunksize=1)
        found = pool.starmap(work, [(folder, chunks[n::count]) for n in range(count)], chunksize=1)
    return Rate(
        seconds=max(rate.seconds for rate in found),
        processor_seconds=sum(rate.processor_seconds for rate in found),
    )


def _chunks(texts: Sequence[str]) -> list[list[str]]:
    chunks: list[list[str]] = [[]]
    size = 0
    for text in texts:
        chunks[-1].append(text)
        size += len(text)
        if size > CHUNK_CHARACTERS:
            chunks.append([])
            size = 0
    return chunks


def _encode(folder: Path, chunks: list[list[str]]) -> Rate:
    backend = _alone(folder).backend
    with _Watch() as watch:
        for chunk in chunks:
            backend.encode_batch_fast(chunk, add_special_tokens=False)
    return watch.rate


def _decode(folder: Path, chunks: list[list[str]]) -> Rate:
    tokenizer, rates = _alone(folder), []
    for chunk in chunks:  # one at a time: tokens take many times the memory of their text
        ids = tokenizer.encode_batch(chunk)
        with _Watch() as watch:
            tokenizer.backend.decode_batch(ids)
        rates.append(watch.rate)
    return Rate(
        seconds=sum(rate.seconds for rate in rates),
        processor_seconds=sum(rate.processor_seconds for rate in rates),
    )


def _alone(folder: Path) -> Tokenizer:
    """The tokenizer in one thread."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return Tokenizer.load(folder)


class _Watch:
    """Seconds of this process between `with` and its end."""

    def __enter__(self) -> "_Watch":
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.rate = Rate(
            seconds=time.perf_counter() - self._started[0],
            processor_seconds=time.process_time() - self._started[1],
        )


def _prepare(path: Path, tokenizer: Path, scratch: Path, workers: int) -> Rate:
    """`nako data prepare` of a file, as a person runs it, into a home of its own."""
    with tempfile.TemporaryDirectory(prefix="home-", dir=scratch) as name:
        run = Path(name) / "runs" / "bench"
        run.mkdir(parents=True)
        (run / "tokenizer").symlink_to(tokenizer.resolve())
        words = ["data", "prepare", str(path), "--tokenizer", "bench", "--workers", str(workers)]
        before, started = _of_children(), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "nakochat", *words],
            env={**os.environ, "NAKO_HOME": name},
            capture_output=True,
            text=True,
            check=False,
        )
        rate = Rate(seconds=time.perf_counter() - started, processor_seconds=_of_children() - before)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise DataError(say(f"준비하지 못했습니다: {last}", f"preparing failed: {last}"))
    return rate


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figures(found: dict[str, list[Rate]], size: int) -> dict[str, Any]:
    """Medians; the shares are of what preparing takes without its start."""
    clock = {name: statistics.median(rate.seconds for rate in rates) for name, rates in found.items()}
    processor = {
        name: statistics.median(rate.processor_seconds for rate in rates) for name, rates in found.items()
    }
    rates = {
        name: {
            "megabytes_per_second": size / 1e6 / clock[name],
            "seconds": clock[name],
            "processor_seconds": processor[name],
        }
        for name in found
        if name != "prepare_start"
    }
    return {
        **rates,
        "prepare_start_seconds": clock["prepare_start"],
        "prepare_share_of_encode": _share(clock),
        "prepare_share_of_encode_by_processor_time": _share(processor),
    }


def _share(seconds: dict[str, float]) -> float | None:
    """None where the text was too little to take longer than the start."""
    working = seconds["prepare"] - seconds["prepare_start"]
    return seconds["encode"] / working if working > 0 else None


def _show(figures: dict[str, Any], workers: int) -> None:
    names = {
        "encode_one_process": say("부호화, 프로세스 1개", "encode, 1 process"),
        "decode_one_process": say("복원, 프로세스 1개", "decode, 1 process"),
        "encode": say(f"부호화, 프로세스 {workers}개", f"encode, {workers} processes"),
        "prepare": say(f"자료 준비, 프로세스 {workers}개", f"prepare, {workers} processes"),
    }
    for key, name in names.items():
        row = figures[key]
        speak(
            say(
                f"{row['megabytes_per_second']:8.2f} MB/s  {name} "
                f"({row['seconds']:.1f}초, 프로세서 {row['processor_seconds']:.1f}초)",
                f"{row['megabytes_per_second']:8.2f} MB/s  {name} "
                f"({row['seconds']:.1f} s, {row['processor_seconds']:.1f} s of processor)",
            )
        )
    share, by_processor = (
        figures[name] for name in ("prepare_share_of_encode", "prepare_share_of_encode_by_processor_time")
    )
    if share is None or by_processor is None:
        speak(
            say(
                "글이 적어 자료 준비의 비율을 알 수 없습니다. --megabytes를 늘리세요.",
                "too little text to tell the share of preparing. Raise --megabytes.",
            )
        )
        return
    speak(
        say(
            f"시작하는 {figures['prepare_start_seconds']:.1f}초를 빼면, 자료 준비는 토크나이저만 돌릴 때의 "
            f"{share:.0%} (프로세서 시간으로 {by_processor:.0%}).",
            f"Without the {figures['prepare_start_seconds']:.1f} s of its start, preparing runs at {share:.0%} of the "
            f"tokenizer alone ({by_processor:.0%} by processor time).",
        )
    )
