"""A conversation -> one that leaves room for an answer; pieces of an answer -> the parts of a message."""

import bisect
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
    asked = [index for index, message in enumerate(conversation) if message.role == "user"]

    def without(turns: int) -> Conversation:
        return conversation[: asked[0]] + conversation[asked[turns] :] if turns else conversation

    def fits(turns: int) -> bool:
        left = without(turns)
        try:
            refuse_hopeless(reader, (part.text for message in left for part in message.parts))
            prompt_tokens(reader, left, sampling)
        except TooLong:
            return False
        return True

    if fits(0):
        return conversation
    # the more turns are dropped the fewer tokens are left: ten looks find the place among a thousand turns
    dropped = bisect.bisect_left(range(1, len(asked)), True, key=fits) + 1
    if dropped >= len(asked):
        prompt_tokens(reader, without(max(0, len(asked) - 1)), sampling)  # says how long the last message is
    return without(dropped)


def join(pieces: Iterable[Spoken], *, cut_call: bool = False) -> tuple[Part, ...]:
    """The pieces of one answer as parts, each kind in one.

    cut_call: whether a call that was cut off before its result is one of them.  To show it is honest; to go on from it
    would teach the model to call without an answer.
    """
    parts: list[Part] = []
    for piece in pieces:
        if parts and parts[-1].kind == piece.kind:
            parts[-1] = Part(piece.kind, parts[-1].text + piece.text)
        elif piece.text:
            parts.append(Part(piece.kind, piece.text))
    if parts and parts[-1].kind == "python" and not cut_call:
        parts.pop()
    return tuple(parts)
