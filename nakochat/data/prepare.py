"""A budget of tokens -> the token shards of one stage: texts of the village or a corpus, and conversations.

    RUN/data/validation     held-out texts, the same for every stage
    RUN/data/STAGE/text     this stage's texts
    RUN/data/STAGE/chat     this stage's conversations

Village documents are made and tokenised in worker processes, chunk by chunk; the shard is the same for every number of
workers.  Corpus documents are divided by the hash of their text, so that validation does not depend on their order.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.core.progress import Bar
from nakochat.data.corpus import read_documents
from nakochat.data.shards import TokenShard
from nakochat.data.village.village import Village
from nakochat.text.conversation import render
from nakochat.text.tokenizer import Tokenizer

Kind = Literal["text", "chat"]
Encoded = tuple[list[int], list[bool] | None]

CHUNK = 500  # documents made by a worker at a time
# where each stage's documents begin: no document of the village is used twice
OFFSETS = {
    "tokenizer": 0,
    "base": 1_000_000_000,
    "mid": 2_000_000_000,
    "sft": 3_000_000_000,
    "validation": 9_000_000_000,
}
VALIDATION_SHARE = 0.01  # of a corpus
VALIDATION_BYTES = 600_000


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Where real texts come from; no paths means the village."""

    paths: tuple[Path, ...] = ()
    column: str | None = None
    encoding: str = "utf-8"

    def documents(self) -> Iterator[str]:
        return read_documents(self.paths, column=self.column, encoding=self.encoding)


def training_texts(corpus: Corpus, seed: int, characters: int) -> Iterator[str]:
    """Texts for training a tokenizer: half texts, half conversations, some `characters` in all."""
    village = Village(seed)
    made = 0
    documents = _spread(corpus, characters // 2) if corpus.paths else (village.text(n) for n in range(10**9))
    for text in documents:
        yield text
        made += len(text)
        if made >= characters // 2:
            break
    for number in range(10**9):
        for message in village.exercise(number).messages:
            for part in message.parts:
                yield part.text
                made += len(part.text)
        if made >= characters:
            return


def validation_texts(corpus: Corpus, seed: int) -> list[str]:
    """Held-out texts, about VALIDATION_BYTES of them.  DataError where a corpus is too small to hold any out."""
    texts: list[str] = []
    size = 0
    village = Village(seed)
    source = (
        (text for text in corpus.documents() if _place(text) < VALIDATION_SHARE)
        if corpus.paths
        else (village.text(OFFSETS["validation"] + n) for n in range(10**9))
    )
    for text in source:
        texts.append(text[:20_000])
        size += len(texts[-1].encode())
        if size >= VALIDATION_BYTES:
            break
    if not texts:
        raise DataError(
            say(
                "말뭉치가 너무 작아 평가용 글을 떼어 둘 수 없습니다. 문서가 수백 개는 되어야 합니다.",
                "the corpus is too small to hold out texts for evaluation. It needs some hundreds of documents.",
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
) -> None:
    """Write the shards of a stage, unless they are there whole."""
    for kind, tokens in (("text", text_tokens), ("chat", chat_tokens)):
        target = folder / stage / kind
        if tokens <= 0 or (target / "manifest.json").is_file():
            continue
        tokenizer_folder = folder.parent / "tokenizer"
        if kind == "text" and corpus.paths:
            documents = _corpus_documents(corpus, stage, tokenizer, tokens)
        else:
            documents = _village_documents(kind, stage, tokenizer_folder, seed, tokens)  # type: ignore[arg-type]
        about = {"tokenizer": tokenizer.hash, "source": _source(kind, corpus), "stage": stage, "seed": seed}
        TokenShard.from_documents(documents, tokenizer.vocab_size, about).save(target)


def _source(kind: str, corpus: Corpus) -> str:
    return ", ".join(path.name for path in corpus.paths) if kind == "text" and corpus.paths else "village"


def _village_documents(kind: Kind, stage: str, tokenizer: Path, seed: int, tokens: int) -> Iterator[Encoded]:
    """Documents in order of their number until there are `tokens` of them."""
    made = 0
    first = OFFSETS[stage]
    workers = min(8, os.cpu_count() or 1)
    title = say(f"마을 만들기 ({'글' if kind == 'text' else '대화'})", f"village ({kind})")
    with (
        ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), _start_worker, (tokenizer,)
        ) as pool,
        Bar(title, tokens, every=10**12) as bar,
    ):
        waiting: list[Future[list[Encoded]]] = []
        chunks = iter(range(first, first + 10**9, CHUNK))
        while made < tokens:
            while len(waiting) < 2 * workers:
                waiting.append(pool.submit(_make_chunk, kind, seed, next(chunks)))
            for document in waiting.pop(0).result():
                yield document
                made += len(document[0])
                if made >= tokens:
                    break
            bar.update(min(made, tokens))
        for future in waiting:
            future.cancel()


_worker_tokenizer: list[Tokenizer] = []


def _start_worker(tokenizer: Path) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one thread each: the processes are the parallelism
    _worker_tokenizer.append(Tokenizer.load(tokenizer))


def _make_chunk(kind: Kind, seed: int, first: int) -> list[Encoded]:
    tokenizer, village = _worker_tokenizer[0], Village(seed)
    numbers = range(first, first + CHUNK)
    if kind == "text":
        texts = tokenizer.encode_batch([village.text(number) for number in numbers])
        return [([tokenizer.bos, *ids], None) for ids in texts]
    return [render(tokenizer, village.exercise(number).messages) for number in numbers]


def _corpus_documents(corpus: Corpus, stage: str, tokenizer: Tokenizer, tokens: int) -> Iterator[Encoded]:
    """A sample of the corpus, spread evenly over it, of about `tokens` tokens; other documents for every stage."""
    made = 0
    batch: list[str] = []
    for text in _spread(corpus, int(tokens * 2.4), salt=stage):
        batch.append(text)
        if len(batch) == 256:
            for ids in tokenizer.encode_batch(batch):
                yield [tokenizer.bos, *ids], None
                made += len(ids) + 1
            batch = []
            if made >= tokens:
                return
    for ids in tokenizer.encode_batch(batch):
        yield [tokenizer.bos, *ids], None


def _spread(corpus: Corpus, characters: int, salt: str = "") -> Iterator[str]:
    """Documents of the training part of a corpus, about `characters` of them, from everywhere in it."""
    total = sum(len(text) for text in corpus.documents())
    share = min(1.0, 1.15 * characters / max(1, total))
    for text in corpus.documents():
        if _place(text) >= VALIDATION_SHARE and _place(text, salt or "tokenizer") < share:
            yield text


def _place(text: str, salt: str = "") -> float:
    """A number in [0, 1) by the text alone."""
    digest = hashlib.blake2b(text.encode(), digest_size=7, salt=salt.encode()[:16]).digest()
    return int.from_bytes(digest, "big") / 2**56
