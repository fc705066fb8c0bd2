"""Files and folders of text in many formats -> a stream of clean documents.

    for document in read_documents([Path("kowiki.jsonl.zst"), Path("novels/")]):
        ...

.txt, .json, .jsonl, .csv, .tsv, .parquet and .arrow, each also as .gz or .zst.  Memory stays constant
however long the corpus is, and the same paths give the same documents in the same order.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.cleaning.cleaner import repair
from nakochat.data.corpus.arrow import arrow_documents, parquet_documents
from nakochat.data.corpus.damage import Damage, FileDamage
from nakochat.data.corpus.files import KINDS, CorpusFile, Kind, check_head, find_files
from nakochat.data.corpus.json_rows import json_documents, json_rows, jsonl_rows
from nakochat.data.corpus.streams import CHUNK_BYTES, unreadable
from nakochat.data.corpus.tables import table_documents
from nakochat.data.corpus.text import check_encoding, text_documents


def read_documents(
    paths: Sequence[Path],
    *,
    column: str | None = None,
    encoding: str = "utf-8",
    raw: bool = False,
    damage: Damage | None = None,
) -> Iterator[str]:
    """Every document of the corpus, clean and not empty, file after file.

    Clean is what `repair` makes of it (cleaning/cleaner.py); raw: as it stands in the file, for a Cleaner, which counts
    what it takes away.

    column names the text column where it is not plain which it is; one of a table without header goes by its
    number, from 1.  encoding is that of the text formats.  damage says what to do with a line that cannot be read, and
    counts them; without it, it is an error.

    DataError before the first document: a path that is missing, empty, of an unknown ending, or not what its
    name says.  DataError on the way: a damaged file, a line that cannot be read, a wrong column or encoding.
    """
    check_encoding(encoding)
    files = find_files(paths)
    for file in files:
        check_head(file, encoding)
    if column is not None and all(file.kind == "txt" for file in files):
        raise DataError(
            say(
                f"--column {josa(repr(column), '을')} 쓸 수 없습니다: .txt에는 열이 없습니다. --column을 빼세요.",
                f"--column '{column}' does not apply: a .txt has no columns. Leave it out.",
            )
        )
    return _documents(files, column, encoding, raw, damage or Damage())


def file_documents(
    file: CorpusFile,
    *,
    column: str | None = None,
    encoding: str = "utf-8",
    raw: bool = False,
    damage: Damage | None = None,
) -> Iterator[str]:
    """The documents of one file that find_files found; for whoever goes on in the middle of a corpus."""
    return _documents([file], column, encoding, raw, damage or Damage())


def corpus_fingerprint(paths: Sequence[Path], kinds: Sequence[Kind] = KINDS) -> str:
    """SHA-256, in hex, over the files in reading order: size, first MiB and last MiB of each.

    A cheap "is this the corpus I prepared?".  Names and times stay out, so that a moved or freshly downloaded
    copy counts as the same; a change of the same length deep inside a file of more than 2 MiB goes unseen.
    """
    digest = hashlib.sha256()
    for file in find_files(paths, kinds):
        try:
            size = file.path.stat().st_size
            with file.path.open("rb") as stream:
                first = stream.read(CHUNK_BYTES)
                stream.seek(max(0, size - CHUNK_BYTES))
                last = stream.read(CHUNK_BYTES)
        except OSError as error:
            raise unreadable(file.path, error) from error
        for part in (first, last):
            digest.update(hashlib.sha256(part).digest())
        digest.update(size.to_bytes(8, "little"))
    return digest.hexdigest()


def count_bytes(paths: Sequence[Path]) -> int:
    """The size of the corpus on disk, in bytes: packed files count as they lie there."""
    return sum(file.path.stat().st_size for file in find_files(paths))


def _documents(
    files: Sequence[CorpusFile], column: str | None, encoding: str, raw: bool, damage: Damage
) -> Iterator[str]:
    for file in files:
        found, of_file = False, damage.of(file.path)
        for document in _raw_documents(file, column, encoding, of_file):
            text = document if raw else repair(document, Counter())
            if text and not text.isspace():
                found = True
                yield text
        of_file.end()
        if not found and (file.named or file.kind != "txt"):
            raise DataError(
                say(
                    f"글이 하나도 없습니다: {file.path}. 글이 든 파일인지, --column이 맞는지 확인하세요.",
                    f"{file.path} holds no text at all. Check that it is the right file, and --column.",
                )
            )


def _raw_documents(file: CorpusFile, column: str | None, encoding: str, damage: FileDamage) -> Iterator[str]:
    match file.kind:
        case "txt":
            return text_documents(file.path, encoding, damage)
        case "jsonl":
            return json_documents(file.path, jsonl_rows(file.path, encoding, damage), column, damage)
        case "json":
            return json_documents(file.path, json_rows(file.path, encoding, damage), column, damage)
        case "csv":
            return table_documents(file.path, ",", column, encoding, damage)
        case "tsv":
            return table_documents(file.path, "\t", column, encoding, damage)
        case "parquet":
            return parquet_documents(file.path, column)
        case "arrow":
            return arrow_documents(file.path, column)
