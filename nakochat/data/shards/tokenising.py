"""Corpus files -> blocks of token ids, cleaned and tokenised in worker processes, in the order of the files.

One process reads, `workers` clean and tokenise, and whoever iterates gets the blocks in order: what comes out is the
same for every number of workers.  A block is bounded, and so are the blocks under way: memory stays flat.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.core.workers import worker_pool
from nakochat.data.cleaning.cleaner import Cleaner, CleanSettings, Counts
from nakochat.data.cleaning.duplicates import signatures
from nakochat.data.cleaning.ngrams import Hashes
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import file_documents
from nakochat.data.corpus.files import CorpusFile
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.text.tokenizer import Tokenizer

BLOCK_CHARACTERS = 1 << 19  # about a second of a worker
BLOCK_DOCUMENTS = 4096
PIECE_CHARACTERS = 1 << 18  # of a giant document that are tokenised together
HELD_OUT_CHARACTERS = 20_000  # of a document that is held out
_BREAK = re.compile(r"\n(?=\S)")


class Place(NamedTuple):
    """Where reading goes on: a file's number, and how many of its documents are read."""

    file: int
    document: int


START = Place(0, 0)


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file to prepare, and the number of the source that it belongs to."""

    file: CorpusFile
    source: int
    column: str | None = None
    """The one that holds the text, where it is not plain."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is read, and how."""

    files: tuple[SourceFile, ...]
    encoding: str = "utf-8"
    damage: Damage = field(default_factory=Damage, compare=False)
    """What to do with a line that cannot be read."""


class Block(NamedTuple):
    """Documents of one source, the place behind them, and the lines that were passed over on the way there."""

    texts: list[str]
    source: int
    after: Place
    damaged: int = 0


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """The documents of a block that cleaning left."""

    ids: NDArray[Any]
    lengths: NDArray[np.int64]  # in tokens, <|bos|> included
    characters: NDArray[np.int64]
    signatures: Hashes | None  # (documents, keys); None where no duplicates are looked for
    held_out: dict[int, str]
    """Documents that chance holds out for evaluation, by their number in the block."""
    counts: Counts


def blocks(reading: Reading, start: Place) -> Iterator[Block]:
    """Documents from a place on, as they stand in the files.  Starting at a block's end gives the same blocks."""
    texts: list[str] = []
    size, last, damage = 0, len(reading.files), reading.damage
    counted = damage.lines  # of the damaged lines, those that stand with a block
    for number, entry in enumerate(reading.files[start.file :], start.file):
        skip = start.document if number == start.file else 0
        documents = file_documents(
            entry.file, column=entry.column, encoding=reading.encoding, raw=True, damage=damage
        )
        for at, text in enumerate(documents, 1):
            if at <= skip:
                counted = damage.lines  # with a block of before
                continue
            texts.append(text)
            size += len(text)
            if size >= BLOCK_CHARACTERS or len(texts) >= BLOCK_DOCUMENTS:
                yield Block(texts, entry.source, Place(number, at), damage.lines - counted)
                texts, size, counted = [], 0, damage.lines
        behind = number + 1
        if (texts or damage.lines > counted) and (
            behind == last or reading.files[behind].source != entry.source
        ):
            yield Block(texts, entry.source, Place(behind, 0), damage.lines - counted)
            texts, size, counted = [], 0, damage.lines


def encoded_blocks(
    reading: Reading, start: Place, tokenizer: Path, cleaning: CleanSettings, workers: int
) -> Iterator[tuple[Block, Encoded]]:
    """The blocks from a place on, in order.  Their texts are gone.

    One worker is this process itself.  DataError for a corpus that cannot be read, or a worker that died.
    """
    source = blocks(reading, start)
    if workers == 1:
        encoder = Encoder(tokenizer, cleaning)
        for block in source:
            yield block._replace(texts=[]), encoder(block.texts)
        return
    with worker_pool(workers, _start_worker, tokenizer, cleaning) as pool:
        waiting: deque[tuple[Block, Future[Encoded]]] = deque()
        try:
            for block in source:
                waiting.append((block._replace(texts=[]), pool.submit(_encode, block.texts)))
                if len(waiting) > 2 * workers:
                    yield _result(*waiting.popleft())
            while waiting:
                yield _result(*waiting.popleft())
        except BrokenProcessPool as error:
            raise DataError(
                say(
                    "토큰으로 바꾸던 프로세스가 갑자기 끝났습니다. 메모리가 모자랐을 수 있습니다. --workers를 줄여 "
                    "다시 실행하세요. 끝난 조각은 다시 만들지 않습니다.",
                    "a process that tokenised died, for want of memory perhaps. Run again with fewer --workers; "
                    "finished shards are not made again.",
                )
            ) from error
        finally:
            for _, future in waiting:
                future.cancel()


def _result(block: Block, future: "Future[Encoded]") -> tuple[Block, Encoded]:
    return block, future.result()


class Encoder:
    """Texts as they stand in a file -> clean, signed and tokenised."""

    def __init__(self, tokenizer: Path, cleaning: CleanSettings) -> None:
        self._tokenizer = Tokenizer.load(tokenizer)
        self._cleaning = cleaning
        self._dtype = np.uint16 if self._tokenizer.vocab_size <= 2**16 else np.uint32

    def __call__(self, texts: Sequence[str]) -> Encoded:
        cleaner = Cleaner(self._cleaning)
        documents = [found for text in texts if (found := cleaner.keep(text)) is not None]
        kept = [document.text for document in documents]
        ids, lengths = self._ids(kept)
        exact, near = self._cleaning.exact_duplicates, self._cleaning.near_duplicates
        return Encoded(
            ids=ids,
            lengths=np.array(lengths, dtype=np.int64),
            characters=np.array([len(text) for text in kept], dtype=np.int64),
            signatures=signatures(kept, exact=exact, near=near) if exact or near else None,
            held_out={
                number: document.text[:HELD_OUT_CHARACTERS]
                for number, document in enumerate(documents)
                if place(document.unmasked) < VALIDATION_SHARE
            },
            counts=cleaner.counts,
        )

    def _ids(self, texts: Sequence[str]) -> tuple[NDArray[Any], list[int]]:
        """The ids of all texts, each behind <|bos|>, and how many each has.

        Few characters are given to the library at a time, which keeps 200 bytes a token.
        """
        found: list[NDArray[Any]] = [np.zeros(0, dtype=self._dtype)]
        lengths: list[int] = []
        group: list[str] = []
        size = 0
        for number, text in enumerate(texts, 1):
            giant = len(text) > PIECE_CHARACTERS
            if not giant:
                group.append(text)
                size += len(text)
            if giant or size >= PIECE_CHARACTERS or number == len(texts):
                found.append(self._group(group, lengths))
                group, size = [], 0
            if giant:
                parts = [self._tokenizer.encode_batch([piece])[0] for piece in pieces(text)]
                found += [np.array(part, dtype=self._dtype) for part in ([self._tokenizer.bos], *parts)]
                lengths.append(1 + sum(map(len, parts)))
        return np.concatenate(found), lengths

    def _group(self, texts: Sequence[str], lengths: list[int]) -> NDArray[Any]:
        flat: list[int] = []
        for ids in self._tokenizer.encode_batch(texts) if texts else []:
            flat.append(self._tokenizer.bos)
            flat += ids
            lengths.append(len(ids) + 1)
        return np.array(flat, dtype=self._dtype)


def pieces(text: str) -> Iterator[str]:
    """A giant text in pieces of PIECE_CHARACTERS and less, each cut behind a line where there is one.

    No token of the usual split pattern goes over the end of a line into a letter, so cutting there changes none.
    """
    start = 0
    while len(text) - start > PIECE_CHARACTERS:
        end = start + PIECE_CHARACTERS
        cut = max((found.end() for found in _BREAK.finditer(text, start + 1, end)), default=end)
        yield text[start:cut]
        start = cut
    yield text[start:]


_encoder: list[Encoder] = []


def _start_worker(tokenizer: Path, cleaning: CleanSettings) -> None:
    _encoder.append(Encoder(tokenizer, cleaning))


def _encode(texts: list[str]) -> Encoded:
    return _encoder[0](texts)
