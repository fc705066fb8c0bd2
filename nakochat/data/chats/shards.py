"""Conversations of one's own -> the token shards that mid and sft mix with the village's, and what they hold.

    RUN/data/STAGE/chats-1     the first --data
    RUN/data/STAGE/chats-2     the second

A conversation that is longer than the model's context is left out, and counted: cut off, its end would teach the
model to stop in the middle.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.files import MANIFEST
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.batches import Source
from nakochat.data.chats.conversations import Passed, read_chats
from nakochat.data.chats.rows import CHAT_KINDS, Place
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import corpus_fingerprint
from nakochat.data.shards.shard import TokenShard, read_about
from nakochat.data.sources.catalog import source_of
from nakochat.data.weighted import Weighted
from nakochat.text.conversation import Conversation, render_batch
from nakochat.text.tokenizer import Tokenizer

_TOGETHER = 1000  # conversations tokenised at one time
_READING = (
    2  # of the ways to read a row: what an older one has read is read again, but for a run that goes on
)


@dataclass(frozen=True, kw_only=True)
class Chats:
    """Conversations as the settings name them."""

    sources: tuple[Weighted, ...] = ()
    chat_format: str | None = None
    encoding: str = "utf-8"
    clean: bool = True
    """Without conversations of another model's name, mixed speech levels or translationese (quality.py)."""
    damage: Damage = field(default_factory=Damage, compare=False)
    """What to do with a row that cannot be read."""


def prepare_chats(
    folder: Path, chats: Chats, tokenizer: Tokenizer, *, context: int, keep: bool = False
) -> None:
    """Write a shard for each source, unless it is there whole and was made from the same; and say what is in it.

    keep: what is there stays, whatever the files are now: a resume goes on in what it began with.
    DataError where a file cannot be read or holds nothing that can be learned from, and for a damaged shard.
    """
    for number, source in enumerate(chats.sources, start=1):
        target = _target(folder, number)
        if not (keep and (target / MANIFEST).is_file()):
            _prepare(target, source, chats, tokenizer, context)
        about = TokenShard.load(target, verify=False).about
        speak(f"  {source.path.name} ×{source.weight:g}: {_summary(about)}")


def chat_sources(
    folder: Path, chats: Chats, tokenizer: Tokenizer, *, room: float, verify: bool = True
) -> tuple[list[Source], float]:
    """What prepare_chats has written, to be mixed into a stage that has room for so many tokens of conversations;
    and how many of them they take.

    Where they are more than that, each comes less often, which is said: an epoch stays what the stage goes through.
    verify: as in TokenShard.load.
    """
    shards = [
        TokenShard.load(_target(folder, number), tokenizer_hash=tokenizer.hash, verify=verify)
        for number in range(1, len(chats.sources) + 1)
    ]
    named = list(zip(shards, chats.sources, strict=True))
    asked = sum(source.weight * shard.tokens for shard, source in named)
    scale = min(1.0, room / asked) if asked else 1.0
    sources = [Source(shard, source.weight * scale, source.path.name) for shard, source in named]
    return sources, asked * scale


def _target(folder: Path, number: int) -> Path:
    return folder / f"chats-{number}"


def _prepare(target: Path, source: Weighted, chats: Chats, tokenizer: Tokenizer, context: int) -> None:
    made_from = {
        "tokenizer": tokenizer.hash,
        "source": source.path.name,
        "corpus": corpus_fingerprint([source.path], CHAT_KINDS),
        "chat_format": chats.chat_format,
        "reading": _READING,
        "encoding": chats.encoding,
        "context": context,
        "clean": chats.clean,
    }
    if (target / MANIFEST).is_file() and made_from.items() <= read_about(target / "about.json").items():
        return
    passed = Passed()
    found = read_chats(
        [source.path],
        passed,
        chat_format=chats.chat_format,
        encoding=chats.encoding,
        clean=chats.clean,
        damage=chats.damage,
    )
    shard = TokenShard.from_documents(
        _encoded(found, tokenizer, context, passed), tokenizer.vocab_size, made_from
    )
    if not len(shard):
        raise _nothing(source.path, passed, context)
    known = source_of(source.path)
    if known is not None:
        shard.about["catalogue"] = [known]
    shard.about.update(left_out=dict(passed.reasons), first_left_out=passed.first)
    shard.save(target)


def _encoded(
    found: Iterator[tuple[Place, Conversation]], tokenizer: Tokenizer, context: int, passed: Passed
) -> Iterator[tuple[list[int], list[bool]]]:
    """Ids and scores of the conversations that fit: a row holds one token more than the context."""

    def fitting(batch: Sequence[tuple[Place, Conversation]]) -> Iterator[tuple[list[int], list[bool]]]:
        encoded = render_batch(tokenizer, [conversation for _, conversation in batch])
        for (place, _), document in zip(batch, encoded, strict=True):
            if len(document[0]) <= context + 1:
                yield document
            else:
                passed.kept -= 1
                passed.over("long", place)

    batch: list[tuple[Place, Conversation]] = []
    for one in found:
        batch.append(one)
        if len(batch) == _TOGETHER:
            yield from fitting(batch)
            batch = []
    yield from fitting(batch)


def _summary(about: dict[str, Any]) -> str:
    text = say(
        f"대화 {about['documents']:,}개, {about['tokens']:,}토큰",
        f"{about['documents']:,} conversations, {about['tokens']:,} tokens",
    )
    passed = Passed(reasons=Counter(about["left_out"]), first=about["first_left_out"])
    return text + (say(f"; 뺀 것: {passed}", f"; left out: {passed}") if passed.reasons else "")


def _nothing(path: Path, passed: Passed, context: int) -> DataError:
    why = str(passed) or "-"
    return DataError(
        say(
            f"배울 수 있는 대화가 하나도 없습니다: {path} ({why}). 사용자와 어시스턴트가 번갈아 말하고 "
            f"문맥 {context}토큰 안에 들어야 합니다. 파일을 고치거나 --chat-format을 확인하세요.",
            f"{path} holds no conversation that can be learned from ({why}). User and assistant must speak in turn, "
            f"within the context of {context} tokens. Mend the file, or check --chat-format.",
        )
    )
