"""A conversation -> one that leaves room for an answer; pieces of an answer -> the parts of a message."""

from collections.abc import Iterable

from nakochat.core.errors import RequestError
from nakochat.core.messages import say
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.text.conversation import Conversation, Part, render_prompt


class TooLong(RequestError):
    """A conversation that leaves no room for an answer in the model's context."""


def prompt_tokens(engine: Engine, conversation: Conversation, sampling: Sampling) -> int:
    """How many tokens the model reads before it answers.  TooLong when too few are left for the answer.

    An eighth of the context has to be left, or max_tokens where that is less: an answer of three tokens helps nobody.
    """
    tokens = len(render_prompt(engine.tokenizer, conversation))
    if tokens > engine.context - min(sampling.max_tokens, max(1, engine.context // 8)):
        raise TooLong(
            say(
                f"대화가 너무 깁니다: {tokens}토큰이고, 이 모델은 답까지 {engine.context}토큰만 다룹니다. "
                "더 짧게 쓰거나 새 대화를 시작하세요.",
                f"the conversation is too long: {tokens} tokens, and this model takes {engine.context} "
                "with its answer. Write less or start a new one.",
            )
        )
    return tokens


def shorten(engine: Engine, conversation: Conversation, sampling: Sampling) -> Conversation:
    """The conversation without its oldest turns, as many as needed.  TooLong when the last message alone is too much.

    A turn is what the user said and what follows it; a system message at the head stays.
    """
    while True:
        try:
            prompt_tokens(engine, conversation, sampling)
        except TooLong:
            asked = [index for index, message in enumerate(conversation) if message.role == "user"]
            if len(asked) < 2:
                raise
            conversation = conversation[: asked[0]] + conversation[asked[1] :]
        else:
            return conversation


def join(pieces: Iterable[Piece]) -> tuple[Part, ...]:
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
