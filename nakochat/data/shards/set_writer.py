"""Corpus files -> the shards of one part of a set (token_set.py), again and again the same bytes.

The tokens come in order from worker processes (tokenising.py).  Everything that depends on order is decided here, by
one writer: duplicates, what is held out, where a shard ends.  A shard is finished for good when its folder is there; it
says where reading goes on behind it, so that a killed preparation loses at most one shard's work.

Parts divide the input by files, file k to part k mod n: a machine reads nothing but its own files.  Dividing by the
hash of documents would find duplicates over all parts, but every machine would have to read and unpack everything, and
reading, not tokenising, would set the pace from a few machines on.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import (
    MANIFEST,
    is_whole,
    lock_file,
    read_json,
    sha256,
    whole_folder,
    write_bytes,
    write_json,
)
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.data.cleaning.cleaner import CleanSettings, Counts
from nakochat.data.cleaning.duplicates import Seen
from nakochat.data.cleaning.ngrams import Hashes
from nakochat.data.corpus.documents import corpus_fingerprint
from nakochat.data.held_out import RULE, VALIDATION_BYTES
from nakochat.data.shards.blocks import CHECKS, checksums
from nakochat.data.shards.shard import GrowingArray
from nakochat.data.shards.token_set import HELD_OUT, PART, SET, part_folder
from nakochat.data.shards.tokenising import START, Block, Encoded, Place, Reading, encoded_blocks
from nakochat.data.sources.catalog import source_of
from nakochat.text.tokenizer import Tokenizer

SHARD_TOKENS = 100_000_000  # 200 MB; ten billion tokens are a hundred open files
_KEYS = "keys"  # of the documents of each finished shard, while the part is being made


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What a set is made from."""

    reading: Reading
    sources: tuple[str, ...]
    """Names, by the number that files carry."""
    tokenizer: Path
    cleaning: CleanSettings = field(default_factory=CleanSettings)
    shard_tokens: int = SHARD_TOKENS
    parts: int = 1

    def describe(self) -> dict[str, Any]:
        """set.json: the same on every machine, and for the same input."""
        return {
            "sources": [self._source(number) for number in range(len(self.sources))],
            "fingerprint": corpus_fingerprint([entry.file.path for entry in self.reading.files]),
            "encoding": self.reading.encoding,
            "cleaning": self.cleaning.plain(),
            "held_out_rule": RULE,
            "tokenizer": Tokenizer.load(self.tokenizer).hash,
            "shard_tokens": self.shard_tokens,
            "parts": self.parts,
        }

    def _source(self, number: int) -> dict[str, Any]:
        files = [entry for entry in self.reading.files if entry.source == number]
        return {
            "name": self.sources[number],
            "catalogue": source_of(files[0].file.path) if files else None,
            "columns": sorted({entry.column for entry in files if entry.column}),
            "files": len(files),
            "bytes": sum(entry.file.path.stat().st_size for entry in files),
        }

    def of_part(self, part: int) -> Reading:
        """The files of a part, numbered from 1.  ConfigError where there are fewer files than parts."""
        files = self.reading.files
        if not 1 <= part <= self.parts:
            raise ConfigError(
                say(
                    f"--part {part}/{self.parts}: 첫 수는 1부터 {self.parts}까지여야 합니다.",
                    f"--part {part}/{self.parts}: the first number is between 1 and {self.parts}.",
                )
            )
        if self.parts > len(files):
            raise ConfigError(
                say(
                    f"파일이 {len(files)}개라 {self.parts}부분으로 나눌 수 없습니다: 파일 단위로 나눕니다. "
                    "파일을 나누거나 --part를 줄이세요.",
                    f"{len(files)} files cannot be divided into {self.parts} parts: a part is made of whole files. "
                    "Split the files, or use fewer parts.",
                )
            )
        return replace(self.reading, files=files[part - 1 :: self.parts])


@dataclass(kw_only=True)
class Progress:
    """How far a part is: all that a resume needs."""

    place: Place = START
    counts: dict[str, Counts] = field(default_factory=dict)
    held_out_bytes: dict[str, int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        return sum(counts[name] for counts in self.counts.values())


Watch = Callable[[Progress], None]


def prepare_part(folder: Path, made_from: Preparation, part: int, workers: int, watch: Watch) -> None:
    """Write a part of the set in a folder, or what is missing of it.

    ConfigError where the set was begun from something else; DataError where the corpus cannot be read, where a
    finished part is damaged, and where another process is at work on it.
    """
    reading, target = made_from.of_part(part), part_folder(folder, part)
    _agree(folder / SET, made_from.describe())
    with _alone(target):
        if (target / PART).is_file():
            _check_finished(target)
        else:
            _Writer(target, made_from, reading, part).write(workers, watch)
        shutil.rmtree(target / _KEYS, ignore_errors=True)


class _Writer:
    """Makes the shards of one part."""

    def __init__(self, folder: Path, made_from: Preparation, reading: Reading, part: int) -> None:
        self.folder, self.made_from, self.reading, self.part = folder, made_from, reading, part
        self.tokenizer = Tokenizer.load(made_from.tokenizer)
        cleaning = made_from.cleaning
        self.seen = Seen() if cleaning.exact_duplicates or cleaning.near_duplicates else None
        self.progress = Progress()
        self.held_out_most = VALIDATION_BYTES // (len(made_from.sources) * made_from.parts)

    def write(self, workers: int, watch: Watch) -> None:
        finished = self._finished()
        self._forget_from(finished)
        stream = _Stream(
            encoded_blocks(
                self.reading,
                self._take_up(finished),
                self.made_from.tokenizer,
                self.made_from.cleaning,
                workers,
            )
        )
        try:
            while stream.ahead is not None:
                self._write_shard(finished, stream, watch)
                finished += 1
        finally:
            stream.close()
        shards = [_identity(self.folder / _name(number)) for number in range(finished)]
        write_json(
            self.folder / PART,
            {"part": self.part, "shards": shards, "counts": _plain(self.progress.counts)},
        )

    def _write_shard(self, number: int, stream: "_Stream", watch: Watch) -> None:
        dtype = np.dtype(np.uint16 if self.tokenizer.vocab_size <= 2**16 else np.uint32)
        held_out: list[str] = []
        keys: list[Hashes] = []
        with whole_folder(self.folder / _name(number)) as files:
            with (
                GrowingArray(files / "ids.npy", dtype) as ids,
                GrowingArray(files / "ends.npy", np.dtype(np.int64)) as ends,
            ):
                while (ahead := stream.ahead) is not None and (
                    not ids.count or ids.count + len(ahead[1].ids) <= self.made_from.shard_tokens
                ):
                    block, encoded = stream.take()
                    new = self._new(encoded)
                    if encoded.signatures is not None:
                        keys.append(encoded.signatures[new])
                    kept = self._admit(block, encoded, new, held_out)
                    ends.append(ids.count + np.cumsum(encoded.lengths[kept]))
                    ids.append(encoded.ids[np.repeat(kept, encoded.lengths)])
                    watch(self.progress)
            written = np.load(files / "ids.npy", mmap_mode="r" if ids.count else None, allow_pickle=False)
            np.save(files / CHECKS, checksums(written, None), allow_pickle=False)
            write_json(files / HELD_OUT, held_out)
            write_json(files / "about.json", self._about(number, ends.count, ids.count))
            self._save_keys(number, keys)  # first: a shard without its keys would let duplicates through

    def _new(self, encoded: Encoded) -> NDArray[np.bool_]:
        """Which documents repeat none before them."""
        if self.seen is None or encoded.signatures is None:
            return np.ones(len(encoded.lengths), dtype=np.bool_)
        return np.array([self.seen.add(keys) for keys in encoded.signatures], dtype=np.bool_)

    def _admit(
        self, block: Block, encoded: Encoded, new: NDArray[np.bool_], held_out: list[str]
    ) -> NDArray[np.bool_]:
        """Which documents go into the shard; of those that do not, what becomes of them is counted."""
        name, progress, kept = self.made_from.sources[block.source], self.progress, new.copy()
        counts = Counter(encoded.counts)
        if block.damaged:
            counts["damaged_lines"] = block.damaged
        if self.seen is not None:
            counts.update(self.seen.counts)
            self.seen.counts.clear()
        for number, text in encoded.held_out.items():
            kept[number] = False
            bytes_so_far = progress.held_out_bytes.get(name, 0)
            if new[number] and bytes_so_far < self.held_out_most:
                progress.held_out_bytes[name] = bytes_so_far + len(text.encode())
                counts["held_out"] += 1
                held_out.append(text)
            elif new[number]:  # not learned either: anybody may measure on it
                counts["held_out_unused"] += 1
        counts["documents_out"] = int(np.count_nonzero(kept))
        counts["characters_out"] = int(encoded.characters[kept].sum())
        counts["tokens"] = int(encoded.lengths[kept].sum())
        progress.counts.setdefault(name, Counter()).update(counts)
        progress.place = block.after
        return kept

    def _about(self, number: int, documents: int, tokens: int) -> dict[str, Any]:
        return {
            "tokenizer": self.tokenizer.hash,
            "part": self.part,
            "number": number,
            "documents": documents,
            "tokens": tokens,
            "next": list(self.progress.place),
            "counts": _plain(self.progress.counts),
            "held_out_bytes": self.progress.held_out_bytes,
        }

    def _save_keys(self, number: int, keys: list[Hashes]) -> None:
        if self.seen is not None:
            out = BytesIO()
            rows = np.concatenate(keys) if keys else np.zeros((0, 1), dtype=np.uint64)
            np.save(out, rows, allow_pickle=False)
            write_bytes(self._keys_of(number), out.getvalue())

    def _keys_of(self, number: int) -> Path:
        return self.folder / _KEYS / f"{number:05d}.npy"

    def _finished(self) -> int:
        """How many shards are there whole, from the first on."""
        number = 0
        while is_whole(self.folder / _name(number)) and (
            self.seen is None or self._keys_of(number).is_file()
        ):
            number += 1
        return number

    def _take_up(self, finished: int) -> Place:
        """The place behind the finished shards; the counts and duplicates that they have seen."""
        if not finished:
            return self.progress.place
        about = read_json(self.folder / _name(finished - 1) / "about.json")
        self.progress.place = Place(*about["next"])
        self.progress.counts = {name: Counter(counts) for name, counts in about["counts"].items()}
        self.progress.held_out_bytes = about["held_out_bytes"]
        if self.seen is not None:
            for number in range(finished):
                for keys in np.load(self._keys_of(number), allow_pickle=False):
                    self.seen.add(keys)
            self.seen.counts.clear()
        return self.progress.place

    def _forget_from(self, number: int) -> None:
        """Delete what a killed preparation left half done, and shards behind one that is damaged."""
        for path in self.folder.iterdir():
            if path.name.startswith("."):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.name.isdecimal() and int(path.name) >= number:
                warn(say(f"조각을 다시 만듭니다: {path}", f"making the shard again: {path}"))
                shutil.rmtree(path)


class _Stream:
    """Encoded blocks, of which the next can be looked at."""

    def __init__(self, source: Iterator[tuple[Block, Encoded]]) -> None:
        self._source = source
        self.ahead = next(source, None)

    def take(self) -> tuple[Block, Encoded]:
        taken = self.ahead
        assert taken is not None
        self.ahead = next(self._source, None)
        return taken

    def close(self) -> None:
        self._source.close()  # type: ignore[attr-defined]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "lock"
    handle = lock_file(lock)
    if handle is None:
        raise DataError(
            say(
                f"다른 프로세스가 이 자료를 준비하고 있습니다: {folder}. 끝나기를 기다리거나 다른 --name을 쓰세요.",
                f"another process is preparing this set: {folder}. Wait for it, or use another --name.",
            )
        )
    try:
        yield
        lock.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _agree(path: Path, now: dict[str, Any]) -> None:
    """Write set.json, or ConfigError where it was begun from something else."""
    if not path.is_file():
        write_json(path, now)
        return
    before = read_json(path)
    changed = [name for name in now if before.get(name) != now[name]]
    if changed:
        raise ConfigError(
            say(
                f"이 이름의 자료는 다른 것으로 준비하기 시작했습니다 (다른 것: {', '.join(changed)}): {path.parent}. "
                "다른 --name을 쓰거나 이 폴더를 지우세요.",
                f"the set of this name was begun from something else (what differs: {', '.join(changed)}): "
                f"{path.parent}. Use another --name, or delete that folder.",
            )
        )


def _check_finished(folder: Path) -> None:
    for number, identity in enumerate(read_json(folder / PART)["shards"]):
        path = folder / _name(number)
        if not is_whole(path) or _identity(path) != identity:
            raise DataError(
                say(
                    f"끝난 자료의 조각이 손상되었습니다: {path}. {josa(str(folder), '을')} 지우고 다시 실행하세요.",
                    f"a shard of the finished set is damaged: {path}. Delete {folder} and run again.",
                )
            )


def _identity(folder: Path) -> str:
    return sha256(folder / MANIFEST)


def _name(number: int) -> str:
    return f"{number:05d}"


def _plain(counts: dict[str, Counts]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(found.items())) for name, found in counts.items()}
