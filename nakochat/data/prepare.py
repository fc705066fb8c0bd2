"""A budget of tokens -> the token shards of one stage: texts of the village or a corpus, and conversations.

    RUN/data/validation.json   held-out texts, the same for every stage
    RUN/data/STAGE/text        this stage's texts
    RUN/data/STAGE/chat        this stage's conversations

Village documents are made and tokenised chunk by chunk, many of them in worker processes; the shard is the same for
every number of workers.  Corpus documents are divided by the hash of their text, so that validation does not depend on
their order.
"""

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from nakochat.core.errors import CheckpointError, DataError
from nakochat.core.files import MANIFEST, read_json, write_json
from nakochat.core.messages import say
from nakochat.core.progress import Bar
from nakochat.core.workers import worker_pool
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import corpus_fingerprint, read_documents
from nakochat.data.held_out import (
    RULE,
    VALIDATION_BYTES,
    before_tail,
    held_out_below,
    place,
    tail_begins,
)
from nakochat.data.sample import sample
from nakochat.data.shards.shard import TokenShard, read_about
from nakochat.data.sources.catalog import source_of
from nakochat.data.village.renaming import ASSISTANT
from nakochat.data.village.village import Village
from nakochat.text.conversation import render
from nakochat.text.tokenizer import Tokenizer

Kind = Literal["text", "chat"]
Encoded = tuple[Sequence[int] | NDArray[Any], list[bool] | None]

CHUNK = 500  # documents made by a worker at a time
SMALL_CHUNK = 50  # by this process alone
FEW = 100_000  # tokens that are made here in less time than workers need to start
SEARCH = 20  # times its budget is what a stage looks at for conversations that fit
# where each stage's documents begin: no document of the village is used twice
OFFSETS = {
    "tokenizer": 0,
    "base": 1_000_000_000,
    "mid": 2_000_000_000,
    "sft": 3_000_000_000,
    "validation": 9_000_000_000,
}
LONGEST = 20_000  # characters of a held-out document


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Where real texts come from; no paths means the village."""

    paths: tuple[Path, ...] = ()
    column: str | None = None
    encoding: str = "utf-8"
    tail: float | None = None
    """Held out is this share of all characters, at the end, as nanoGPT does; None: documents here and there."""
    damage: Damage = field(default_factory=Damage, compare=False)
    """What to do with a line that cannot be read."""

    def documents(self) -> Iterator[str]:
        return read_documents(self.paths, column=self.column, encoding=self.encoding, damage=self.damage)

    @cached_property
    def held_out_below(self) -> float:
        """The place below which its documents are held out (held_out.py)."""
        return held_out_below(self.documents())

    def training(self) -> Iterator[str]:
        """Documents to learn from."""
        if self.tail is None:
            yield from (text for text in self.documents() if place(text) >= self.held_out_below)
            return
        yield from before_tail(self.documents(), self._tail_begins(self.tail))

    def held_out(self) -> Iterator[str]:
        """Documents to measure on, in pieces of at most LONGEST characters."""
        if self.tail is None:
            yield from (text[:LONGEST] for text in self.documents() if place(text) < self.held_out_below)
            return
        begins = self._tail_begins(self.tail)
        for text in self.documents():
            yield from (text[at : at + LONGEST] for at in range(max(0, begins), len(text), LONGEST))
            begins -= len(text)

    def _tail_begins(self, tail: float) -> int:
        return tail_begins(sum(map(len, self.documents())), tail)


def validation_texts(corpus: Corpus, seed: int) -> list[str]:
    """Held-out texts, about VALIDATION_BYTES of them.  DataError where a corpus is too small to hold any out."""
    texts: list[str] = []
    size = 0
    village = Village(seed)
    source = (
        corpus.held_out() if corpus.paths else (village.text(OFFSETS["validation"] + n) for n in range(10**9))
    )
    for text in source:
        texts.append(text)
        size += len(texts[-1].encode())
        if size >= VALIDATION_BYTES:
            break
    if not texts:
        raise DataError(
            say(
                "말뭉치가 문서 하나뿐이라 평가용 글을 떼어 둘 수 없습니다. 글을 더 모으세요. "
                ".txt는 64 KB까지가 문서 하나이고, .jsonl과 .csv는 한 줄이 문서 하나입니다.",
                "the corpus is a single document, so that none can be held out for evaluation. Gather more texts. "
                "A .txt is a document up to 64 KB, in .jsonl and .csv every row is one.",
            )
        )
    return texts


def prepare_stage(
    folder: Path,
    stage: str,
    tokenizer: Tokenizer,
    *,
    corpus: Corpus,
    seed: int,
    text_tokens: int,
    chat_tokens: int,
    context: int | None = None,
    name: str = ASSISTANT,
    keep: bool = False,
) -> None:
    """Write the shards of a stage, unless they are there whole and were made from the same.

    context: longer conversations, which no row could take whole, are left out and counted; None takes all.
    name: what the model is called in the village's conversations.
    keep: what is there stays, whatever it was made from: a resume goes on in the documents that it began with.
    """
    for kind, tokens in (("text", text_tokens), ("chat", chat_tokens)):
        target = folder / stage / kind
        if tokens <= 0:
            continue
        about = {"tokenizer": tokenizer.hash, "stage": stage, "seed": seed, "budget": tokens}
        there = (target / MANIFEST).is_file()
        if there and keep:
            continue
        about |= _made_from(kind, corpus)
        fit = Fit(context + 1) if kind == "chat" and context is not None else None
        if fit is not None:
            about["context"] = context
        if kind == "chat" and name != ASSISTANT:
            about["name"] = name
        found = read_about(target / "about.json")
        if there and about.items() <= found.items() and about.get("name") == found.get("name"):
            continue
        tokenizer_folder = folder.parent / "tokenizer"
        documents: Iterator[Encoded]
        if kind == "text" and corpus.paths:
            documents = ((ids, None) for ids in sample(corpus.training, tokenizer, tokens, salt=stage))
        else:
            documents = _village_documents(kind, stage, tokenizer_folder, seed, tokens, name, fit)  # type: ignore[arg-type]
        shard = TokenShard.from_documents(documents, tokenizer.vocab_size, about)
        if kind == "text" and corpus.damage.lines:
            shard.about["damaged_lines"] = corpus.damage.lines
        if fit is not None and fit.too_long:
            shard.about["too_long"] = fit.too_long
        shard.save(target)


def prepare_validation(data: Path, corpus: Corpus, seed: int, *, keep: bool) -> None:
    """Write a run's held-out texts, unless they are there; keep as in prepare_stage."""
    texts, about = data / "validation.json", data / "validation_about.json"
    if texts.is_file() and keep:
        return
    made_from = {"seed": seed, **_made_from("text", corpus)}
    if texts.is_file() and read_about(about) == made_from:
        return
    write_json(texts, validation_texts(corpus, seed))
    write_json(about, made_from)


def stored_validation(data: Path) -> list[str]:
    """The held-out texts of a run.  CheckpointError where they are missing."""
    path = data / "validation.json"
    if not path.is_file():
        raise CheckpointError(
            say(
                f"평가용 글이 없습니다: {path}. 이 실행의 'nako train base'가 만드는 파일입니다. 되돌려 놓으세요.",
                f"the held-out texts are missing: {path}. The run's 'nako train base' made this file. Bring it back.",
            )
        )
    texts: list[str] = read_json(path)
    return texts


def _made_from(kind: str, corpus: Corpus) -> dict[str, Any]:
    """What the documents of a kind follow from, but for seed and budget."""
    if kind != "text" or not corpus.paths:
        return {"source": "village"}
    named = [name for name in dict.fromkeys(map(source_of, corpus.paths)) if name]
    return {
        "source": ", ".join(path.name for path in corpus.paths),
        **({"catalogue": named} if named else {}),
        "corpus": corpus_fingerprint(corpus.paths),
        "column": corpus.column,
        "encoding": corpus.encoding,
        "held_out_rule": RULE,
        **({} if corpus.tail is None else {"tail": corpus.tail}),
    }


@dataclass
class Fit:
    """The longest document that fits, in tokens, and how many were longer."""

    longest: int
    too_long: int = 0


def _village_documents(
    kind: Kind,
    stage: str,
    tokenizer: Path,
    seed: int,
    tokens: int,
    name: str = ASSISTANT,
    fit: Fit | None = None,
) -> Iterator[Encoded]:
    """Documents that fit in order of their number, until there are `tokens` of them; fewer where hardly any fits."""
    made = looked_at = 0
    title = say(f"마을의 {'글' if kind == 'text' else '대화'} (토큰)", f"village {kind} (tokens)")
    asked = kind, seed, name, OFFSETS[stage]
    chunks = _chunks_made_here(tokenizer, *asked) if tokens <= FEW else _chunks_of_workers(tokenizer, *asked)
    with contextlib.closing(chunks), Bar(title, tokens, every=10**12) as bar:
        for chunk in chunks:
            for document in chunk:
                looked_at += len(document[0])
                if fit is not None and len(document[0]) > fit.longest:
                    fit.too_long += 1
                else:
                    yield document
                    made += len(document[0])
                if enough := made >= tokens or looked_at >= SEARCH * tokens:
                    break
            bar.update(min(made, tokens))
            if enough:
                return


def _chunks_made_here(
    folder: Path, kind: Kind, seed: int, name: str, first: int
) -> Generator[list[Encoded], None, None]:
    tokenizer, village = Tokenizer.load(folder), Village(seed, name)
    for begin in itertools.count(first, SMALL_CHUNK):
        yield _make(tokenizer, village, kind, range(begin, begin + SMALL_CHUNK))


def _chunks_of_workers(
    folder: Path, kind: Kind, seed: int, name: str, first: int
) -> Generator[list[Encoded], None, None]:
    workers = min(8, os.cpu_count() or 1)
    with worker_pool(workers, _start_worker, folder) as pool:
        waiting: deque[Future[list[Encoded]]] = deque()
        try:
            for begin in itertools.count(first, CHUNK):
                waiting.append(pool.submit(_make_chunk, kind, seed, name, begin))
                if len(waiting) == 2 * workers:
                    yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_worker_tokenizer: list[Tokenizer] = []


def _start_worker(tokenizer: Path) -> None:
    _worker_tokenizer.append(Tokenizer.load(tokenizer))


def _make_chunk(kind: Kind, seed: int, name: str, first: int) -> list[Encoded]:
    return _make(_worker_tokenizer[0], Village(seed, name), kind, range(first, first + CHUNK))


def _make(tokenizer: Tokenizer, village: Village, kind: Kind, numbers: range) -> list[Encoded]:
    if kind == "text":
        texts = tokenizer.encode_batch([village.text(number) for number in numbers])
        return [([tokenizer.bos, *ids], None) for ids in texts]
    return [render(tokenizer, village.exercise(number).messages) for number in numbers]
