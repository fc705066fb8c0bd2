"""Files and folders of conversations -> their rows, one at a time, each with the place that an error can name.

.jsonl, .json (a list or lines), .csv, .tsv, .parquet and .arrow, each also as .gz or .zst.  What a row means is
conversations.py's.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.core.messages import say
from nakochat.data.corpus.arrow import columnar_rows
from nakochat.data.corpus.damage import Damage, FileDamage
from nakochat.data.corpus.files import CorpusFile, Kind, check_head, find_files
from nakochat.data.corpus.json_rows import json_rows, jsonl_rows
from nakochat.data.corpus.tables import named_rows
from nakochat.data.corpus.text import check_encoding

CHAT_KINDS: tuple[Kind, ...] = ("jsonl", "json", "csv", "tsv", "parquet", "arrow")


@dataclass(frozen=True)
class Place:
    """Where a row stands: a line of a text file, a row of a columnar one, both counted from 1."""

    path: Path
    number: int
    is_line: bool

    def __str__(self) -> str:
        if self.is_line:
            return say(f"{self.path}의 {self.number}번째 줄", f"{self.path}, line {self.number}")
        return say(f"{self.path}의 {self.number}번째 행", f"{self.path}, row {self.number}")


def chat_files(paths: Sequence[Path], encoding: str) -> list[CorpusFile]:
    """The files behind paths, in order.  DataError where one is missing or plainly not what its name says."""
    check_encoding(encoding)
    files = find_files(paths, CHAT_KINDS)
    for file in files:
        check_head(file, encoding)
    return files


def chat_rows(
    file: CorpusFile, wanted: Collection[str], encoding: str, damage: FileDamage | None = None
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every row of a file; of columnar ones, only the wanted columns are read."""
    is_line = file.kind not in ("parquet", "arrow")
    damage = damage or Damage().of(file.path)
    for number, row in _rows(file, wanted, encoding, damage):
        if not is_line:
            damage.read += 1
        yield Place(file.path, number, is_line), row


def _rows(
    file: CorpusFile, wanted: Collection[str], encoding: str, damage: FileDamage
) -> Iterator[tuple[int, dict[str, Any]]]:
    match file.kind:
        case "jsonl":
            return jsonl_rows(file.path, encoding, damage)
        case "csv":
            return named_rows(file.path, ",", encoding, damage)
        case "tsv":
            return named_rows(file.path, "\t", encoding, damage)
        case "parquet" | "arrow":
            return columnar_rows(file.path, file.kind, wanted)
        case _:
            return json_rows(file.path, encoding, damage)
