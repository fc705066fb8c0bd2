"""A folder of token shards that were prepared together -> one source of documents.

    SET/set.json              what it was made from: sources, cleaning, tokenizer, number of parts
    SET/part-1/part.json      the part is complete: its shards by hash, and what was counted
    SET/part-1/00000/         a shard (shard.py) with the texts that were held out on the way to it
    SET/part-1/00001/ …

The parts are made one by one, on one machine or on many; documents are numbered over all of them.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.files import read_json
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import set_folder
from nakochat.data.cleaning.cleaner import Counts
from nakochat.data.shards.shard import TokenShard

SET, PART, HELD_OUT = "set.json", "part.json", "held_out.json"


def part_folder(folder: Path, part: int) -> Path:
    return folder / f"part-{part}"


def find_set(named: Path) -> Path:
    """The folder of a set: a path to one, or the name of one that was prepared here.  DataError if it is neither."""
    folder = named.expanduser()
    if (folder / SET).is_file():
        return folder.resolve()
    if len(named.parts) == 1 and not folder.is_file() and (set_folder(named.name) / SET).is_file():
        return set_folder(named.name)
    raise DataError(
        say(
            f"준비된 자료가 아닙니다: {named}. 먼저 'nako data prepare 글 --name 이름'으로 준비하고 "
            "그 이름을 주세요.",
            f"not a prepared set: {named}. Prepare it first with 'nako data prepare TEXT --name NAME' and give "
            "that name.",
        )
    )


@dataclass(frozen=True)
class TokenSet:
    """Texts of many shards under one numbering."""

    folder: Path
    shards: tuple[TokenShard, ...]
    about: dict[str, Any]
    """set.json"""
    counts: dict[str, Counts]
    """What was read, cleaned and kept of each source, over all parts."""

    is_text = True

    @classmethod
    def load(cls, folder: Path, *, tokenizer_hash: str | None = None, verify: bool = True) -> Self:
        """The set, its tokens on disk.  DataError when a part is missing, a shard damaged, or the tokenizer another.

        verify: as in TokenShard.load.
        """
        about = _read(folder / SET)
        shards: list[TokenShard] = []
        counts: dict[str, Counts] = {source["name"]: Counter() for source in about["sources"]}
        missing = [n for n in range(1, about["parts"] + 1) if not (part_folder(folder, n) / PART).is_file()]
        if missing:
            raise _incomplete(folder, missing, about["parts"])
        if tokenizer_hash is not None and about["tokenizer"] != tokenizer_hash:
            raise _other_tokenizer(folder)
        for number in range(1, about["parts"] + 1):
            part = _read(part_folder(folder, number) / PART)
            for index, identity in enumerate(part["shards"]):
                shard = TokenShard.load(part_folder(folder, number) / f"{index:05d}", verify=verify)
                if shard.identity != identity:
                    raise _not_its_own(part_folder(folder, number))
                shards.append(shard)
            for name, found in part["counts"].items():
                counts[name].update(found)
        return cls(folder, tuple(shards), about, counts)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def tokens(self) -> int:
        return sum(shard.tokens for shard in self.shards)

    @cached_property
    def identity(self) -> str:
        """SHA-256 over its shards'."""
        return hashlib.sha256("".join(shard.identity for shard in self.shards).encode()).hexdigest()

    def fits(self, room: int) -> bool:
        return any(shard.fits(room) for shard in self.shards)

    def lengths(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each of these documents."""
        shards = np.searchsorted(self._starts, documents, side="right") - 1
        lengths = np.empty(len(documents), dtype=np.int64)
        for shard in np.unique(shards):
            mine = shards == shard
            lengths[mine] = self.shards[shard].lengths(documents[mine] - self._starts[shard])
        return lengths

    def part(self, document: int, start: int, length: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Ids of `length` tokens of a document from `start`; all of them count."""
        shard = bisect_right(self._ends, document)
        return self.shards[shard].part(document - int(self._starts[shard]), start, length)

    def held_out(self) -> list[str]:
        """The texts that were held out for evaluation, of every source."""
        return [
            text
            for number in range(1, self.about["parts"] + 1)
            for path in sorted(part_folder(self.folder, number).glob(f"[0-9]*/{HELD_OUT}"))
            for text in read_json(path)
        ]

    @cached_property
    def _ends(self) -> list[int]:
        ends: list[int] = self._starts[1:].tolist()
        return ends

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *(len(shard) for shard in self.shards)])


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = read_json(path)
    except (OSError, ValueError) as error:
        raise DataError(
            say(
                f"읽을 수 없는 파일입니다: {path} ({error}). 'nako data prepare'를 다시 실행하세요.",
                f"cannot read {path} ({error}). Run 'nako data prepare' again.",
            )
        ) from error
    return found


def _incomplete(folder: Path, missing: list[int], parts: int) -> DataError:
    which = ", ".join(f"{number}/{parts}" for number in missing[:8])
    return DataError(
        say(
            f"다 준비되지 않은 자료입니다: {folder} (없는 부분: {which}). 같은 'nako data prepare' 명령을 "
            + (
                "다시 실행하세요."
                if parts == 1
                else f"{josa(f'--part {missing[0]}/{parts}', '으로')} 실행하세요."
            ),
            f"the set {folder} is not finished (missing: {which}). Run the same 'nako data prepare' command "
            + ("again." if parts == 1 else f"with --part {missing[0]}/{parts}."),
        )
    )


def _other_tokenizer(folder: Path) -> DataError:
    return DataError(
        say(
            f"이 실행의 것이 아닌 토크나이저로 준비한 자료입니다: {folder}. --tokenizer에 이 실행의 이름을 주고 "
            "다시 준비하세요.",
            f"the set {folder} was prepared with another tokenizer than the run's. Prepare it again with "
            "--tokenizer and the name of this run.",
        )
    )


def _not_its_own(folder: Path) -> DataError:
    return DataError(
        say(
            f"부분과 조각이 서로 맞지 않습니다: {folder}. 이 폴더를 지우고 'nako data prepare'를 다시 "
            "실행하세요.",
            f"the part and its shards do not belong together: {folder}. Delete the folder and run "
            "'nako data prepare' again.",
        )
    )
