"""A conversation -> token ids and which of them the assistant wrote.

    <|bos|><|im_start|>user
    37+45는?<|im_end|>
    <|im_start|>assistant
    <|python_start|>37+45<|python_end|><|output_start|>82<|output_end|>82예요.<|im_end|>

Special tokens come from here alone, as ids: nothing that a user types can become one.  Scored are the tokens that the
assistant has to produce: its words, its calls and <|im_end|>; not the roles, not the user, not the calculator's output.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.text.tokenizer import Tokenizer

Role = Literal["system", "user", "assistant"]
PartKind = Literal["text", "python", "output"]


@dataclass(frozen=True)
class Part:
    """A piece of an assistant's message: its words, a call of the calculator, or what the calculator answered."""

    kind: PartKind
    text: str


@dataclass(frozen=True)
class Message:
    """One turn.  Only the assistant's content may hold tool parts."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """What a reader sees: the words, without tool calls."""
        return "".join(part.text for part in self.parts if part.kind == "text")


Conversation = tuple[Message, ...]


def part_opened_by(tokenizer: Tokenizer) -> dict[int, PartKind]:
    """Special token -> the kind of part that it opens; any other special token opens text."""
    return {tokenizer.python_start: "python", tokenizer.output_start: "output"}


def system(text: str) -> Message:
    return Message("system", (Part("text", text),))


def user(text: str) -> Message:
    return Message("user", (Part("text", text),))


def assistant(*parts: str | Part) -> Message:
    return Message("assistant", tuple(Part("text", p) if isinstance(p, str) else p for p in parts))


def parse_conversation(value: Any) -> Conversation:
    """{"messages": [{"role", "content"}, …]} as read from JSON -> a conversation.  DataError naming what is wrong.

    An assistant's content may be a list of {"type": "text" | "python" | "output", "text"}.
    """
    try:
        messages = tuple(_parse_message(message) for message in value["messages"])
    except KeyError as error:
        name = error.args[0]
        raise DataError(_malformed(say(f"{josa(name, '이')} 없습니다", f"no {name}"))) from error
    except TypeError as error:
        raise DataError(
            _malformed(say("객체나 목록이 아닌 값이 있습니다", "a value is no object or list"))
        ) from error
    if not messages:
        raise DataError(_malformed("messages: []"))
    return messages


def _parse_message(message: Any) -> Message:
    role, content = message["role"], message["content"]
    if role not in get_args(Role):
        raise DataError(_malformed(f"role: {role!r}"))
    if isinstance(content, str):
        return Message(role, (Part("text", content),))
    if not isinstance(content, list):
        raise DataError(_malformed("content"))
    known = get_args(PartKind) if role == "assistant" else ("text",)
    for part in content:
        if part["type"] not in known:  # an image, say
            raise DataError(_malformed(f"content type: {part['type']!r}"))
    parts = tuple(Part(part["type"], part["text"]) for part in content)
    if not all(isinstance(part.text, str) for part in parts):
        raise DataError(_malformed("content text"))
    return Message(role, parts)


def _malformed(what: str) -> str:
    return say(
        f'대화 형식이 아닙니다: {what}. {{"messages": [{{"role": "user", "content": "…"}}, …]}} 모양이어야 합니다.',
        f'not a conversation: {what}. It must look like {{"messages": [{{"role": "user", "content": "…"}}, …]}}.',
    )


def render(tokenizer: Tokenizer, conversation: Conversation) -> tuple[list[int], list[bool]]:
    """Ids of the whole conversation, and for each whether the assistant has to produce it."""
    bodies = (tokenizer.encode(part.text) for message in conversation for part in message.parts)
    return _render(tokenizer, conversation, bodies)


def render_batch(
    tokenizer: Tokenizer, conversations: Sequence[Conversation]
) -> list[tuple[list[int], list[bool]]]:
    """render() of many conversations, on all cores."""
    texts = [
        part.text for conversation in conversations for message in conversation for part in message.parts
    ]
    bodies = iter(tokenizer.encode_batch(texts))
    return [_render(tokenizer, conversation, bodies) for conversation in conversations]


def _render(
    tokenizer: Tokenizer, conversation: Conversation, bodies: Iterator[list[int]]
) -> tuple[list[int], list[bool]]:
    """bodies: the ids of every part's text, of which this takes as many as there are parts."""
    ids, scored = [tokenizer.bos], [False]

    def add(new: Sequence[int], is_scored: bool) -> None:
        ids.extend(new)
        scored.extend([is_scored] * len(new))

    for message in conversation:
        speaks = message.role == "assistant"
        add([tokenizer.im_start, *tokenizer.encode(message.role + "\n")], False)
        for part in message.parts:
            body = next(bodies)
            if part.kind == "python":
                add([tokenizer.python_start, *body, tokenizer.python_end], speaks)
            elif part.kind == "output":
                add([tokenizer.output_start, *body, tokenizer.output_end], False)
            else:
                add(body, speaks)
        add([tokenizer.im_end], speaks)
        add(tokenizer.encode("\n"), False)
    return ids, scored


def render_prompt(tokenizer: Tokenizer, conversation: Conversation) -> list[int]:
    """Ids of a conversation up to where the assistant begins to answer."""
    ids, _ = render(tokenizer, conversation)
    return [*ids, tokenizer.im_start, *tokenizer.encode("assistant\n")]
