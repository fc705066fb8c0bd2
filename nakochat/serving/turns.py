"""A conversation -> one that leaves room for an answer; pieces of an answer -> the parts of a message."""

from collections.abc import Iterable
from typing import Protocol

from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.inference.request import TooLong
from nakochat.text.conversation import Conversation, Part, PartKind, render_prompt
from nakochat.text.tokenizer import Tokenizer


class Reader(Protocol):
    """What decides whether a conversation fits: an engine, or what the front knows of a model."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def context(self) -> int: ...


class Spoken(Protocol):
    """Some new text of one kind."""

    @property
    def kind(self) -> PartKind: ...

    @property
    def text(self) -> str: ...


def room_for_answer(reader: Reader, tokens: int, sampling: Sampling) -> int:
    """How many tokens an answer to a prompt of so many may have.  TooLong when too few are left.

    An eighth of the context has to be left, or max_tokens where that is less: an answer of three tokens helps nobody.
    """
    if tokens > reader.context - min(sampling.max_tokens, max(1, reader.context // 8)):
        raise TooLong(
            say(
                f"대화가 너무 깁니다: {tokens}토큰이고, 이 모델은 답까지 {reader.context}토큰만 다룹니다. "
                "더 짧게 쓰거나 새 대화를 시작하세요.",
                f"the conversation is too long: {tokens} tokens, and this model takes {reader.context} "
                "with its answer. Write less or start a new one.",
            )
        )
    return min(sampling.max_tokens, reader.context - tokens)


def refuse_hopeless(reader: Reader, texts: Iterable[str]) -> None:
    """TooLong for texts that cannot fit, however they are tokenized; to tokenize them would take a while."""
    least = sum(map(reader.tokenizer.least_tokens, texts))
    if least > reader.context:
        raise TooLong(
            say(
                f"대화가 너무 깁니다: 적어도 {least}토큰이고, 이 모델은 답까지 {reader.context}토큰만 다룹니다. "
                "더 짧게 쓰거나 새 대화를 시작하세요.",
                f"the conversation is too long: at least {least} tokens, and this model takes {reader.context} "
                "with its answer. Write less or start a new one.",
            )
        )


def prompt_tokens(reader: Reader, conversation: Conversation, sampling: Sampling) -> int:
    """How many tokens the model reads before it answers.  TooLong when too few are left for the answer."""
    tokens = len(render_prompt(reader.tokenizer, conversation))
    room_for_answer(reader, tokens, sampling)
    return tokens


def shorten(reader: Reader, conversation: Conversation, sampling: Sampling) -> Conversation:
    """The conversation without its oldest turns, as many as needed.  TooLong when the last message alone is too much.

    A turn is what the user said and what follows it; a system message at the head stays.
    """
    while True:
        try:
            prompt_tokens(reader, conversation, sampling)
        except TooLong:
            asked = [index for index, message in enumerate(conversation) if message.role == "user"]
            if len(asked) < 2:
                raise
            conversation = conversation[: asked[0]] + conversation[asked[1] :]
        else:
            return conversation


def join(pieces: Iterable[Spoken]) -> tuple[Part, ...]:
    """The pieces of one answer as parts, each kind in one.  A call that was cut off before its result is left out."""
    parts: list[Part] = []
    for piece in pieces:
        if parts and parts[-1].kind == piece.kind:
            parts[-1] = Part(piece.kind, parts[-1].text + piece.text)
        elif piece.text:
            parts.append(Part(piece.kind, piece.text))
    if parts and parts[-1].kind == "python":
        parts.pop()
    return tuple(parts)
