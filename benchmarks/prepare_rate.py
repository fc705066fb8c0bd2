"""Text -> how fast `nako data prepare` makes shards of it, beside the tokenizer alone in as many processes.

    python benchmarks/prepare_rate.py FILE... --tokenizer RUN [--megabytes 100] [--workers W] [--json FILE]

Both rates are of the same documents, clean, in bytes of UTF-8 a second.  The tokenizer alone gets them ready in memory
and throws its ids away; preparing reads the files, cleans, looks for duplicates, tokenises, writes and hashes.  On a
machine that does other things too, seconds say little: compare the seconds of processor time, printed beside.  Memory
is the highest of each process.  The aim: 80 % of the rate, below 1 GB a process.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from nakochat.core.paths import run_folder, set_folder
from nakochat.data.corpus.documents import read_documents
from nakochat.text.tokenizer import Tokenizer

NAME = "benchmark-prepare-rate"


def cpu_of(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def encode(folder: Path, chunks: list[list[str]]) -> float:
    """Processor seconds that the chunks take."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.load(folder)
    tokenizer.encode_batch(chunks[0][:1])
    started = time.process_time()
    for chunk in chunks:
        tokenizer.backend.encode_batch_fast(chunk, add_special_tokens=False)
    return time.process_time() - started


def tokenizer_alone(folder: Path, texts: list[str], workers: int) -> dict[str, float]:
    chunks, chunk, size = [], [], 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size > 100_000:
            chunks.append(chunk)
            chunk, size = [], 0
    chunks.append(chunk or [""])
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        pool.starmap(encode, [(folder, [["준비"]])] * workers)
        started = time.perf_counter()
        seconds = pool.starmap(encode, [(folder, chunks[n::workers]) for n in range(workers)], chunksize=1)
        return {"seconds": time.perf_counter() - started, "cpu_seconds": sum(seconds)}


def prepare(files: list[Path], run: str, workers: int, flags: list[str]) -> dict[str, float]:
    shutil.rmtree(set_folder(NAME), ignore_errors=True)
    words = [
        "data",
        "prepare",
        *map(str, files),
        "--tokenizer",
        run,
        "--name",
        NAME,
        "--workers",
        str(workers),
    ]
    before, started = cpu_of(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "nakochat", *words, *flags], check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(set_folder(NAME), ignore_errors=True)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_of(resource.RUSAGE_CHILDREN) - before,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tokenizer", required=True, help="run whose tokenizer is used")
    parser.add_argument(
        "--megabytes", type=float, default=100, help="of text, from the beginning of the files"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flags", default="", help="more flags of nako data prepare, in one word")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts, size = [], 0
    for text in islice(read_documents(options.files), 10**9):
        texts.append(text)
        size += len(text.encode())
        if size > options.megabytes * 1e6:
            break
    sample = set_folder(NAME).parent / f"{NAME}.jsonl"
    sample.parent.mkdir(parents=True, exist_ok=True)
    with sample.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    alone = tokenizer_alone(run_folder(options.tokenizer) / "tokenizer", texts, options.workers)
    del texts
    whole = prepare([sample], options.tokenizer, options.workers, options.flags.split())
    sample.unlink()
    figures = {"megabytes": size / 1e6, "workers": options.workers, "tokenizer": alone, "prepare": whole}
    for name, found in (("tokenizer alone", alone), ("prepare", whole)):
        print(
            f"{name:16} {size / 1e6 / found['seconds']:6.2f} MB/s   {found['seconds']:6.1f} s, "
            f"{found['cpu_seconds']:6.1f} s of processor"
        )
    print(
        f"prepare / tokenizer: {alone['seconds'] / whole['seconds']:.0%} by the clock, "
        f"{alone['cpu_seconds'] / whole['cpu_seconds']:.0%} by processor time; "
        f"peak memory {whole['peak_memory_mb']:.0f} MB a process"
    )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
