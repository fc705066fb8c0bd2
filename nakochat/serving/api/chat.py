"""The JSON of /v1/chat/completions -> a conversation; what an answer says -> that API's JSON.

Pure functions: no HTTP, no model.  Ours is `nako` beside the content: the calculator's call and result, for pages that
show them.  https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.serving.api.asked import Asked, read_asked
from nakochat.serving.api.openai import DONE, Json, boolean, checked_text, event, whole, wrong
from nakochat.serving.engines.transcript import Delta, Entry
from nakochat.serving.errors import BadRequest
from nakochat.serving.settings import Truncation
from nakochat.serving.turns import join
from nakochat.text.conversation import Conversation, parse_conversation

MOST_MESSAGES = 2048
MOST_LOGPROBS = 20
TRUNCATIONS: tuple[Truncation, ...] = get_args(Truncation)


@dataclass(frozen=True)
class ChatRequest:
    """What a client asks for."""

    conversation: Conversation
    asked: Asked
    truncation: Truncation | None = None
    """What to do with a conversation that is too long; None for what the server does."""


def parse_chat(value: Json, defaults: Sampling) -> ChatRequest:
    """A request -> what to generate.  BadRequest naming the field that is wrong."""
    top = whole(value, "top_logprobs", range(MOST_LOGPROBS + 1))
    wanted = boolean(value, "logprobs")
    if top is not None and not wanted:
        raise wrong("top_logprobs", "logprobs가 true일 때에만", "left out where logprobs is not true")
    asked = read_asked(value, defaults, (top or 0) if wanted else None)
    truncation = value.get("truncation")
    if truncation is not None and truncation not in TRUNCATIONS:
        raise wrong("truncation", ", ".join(TRUNCATIONS), " or ".join(TRUNCATIONS))
    return ChatRequest(_conversation(value), asked, truncation)


def _conversation(value: Json) -> Conversation:
    """The messages, in our roles and part kinds."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise wrong("messages", "객체의 목록", "list of objects")
    if len(messages) > MOST_MESSAGES:
        raise wrong("messages", f"{MOST_MESSAGES}개까지의 목록", f"list of at most {MOST_MESSAGES}")
    # "developer" is what newer clients call "system"
    renamed = [{**message, "role": _ours(message.get("role"))} for message in messages]
    try:
        conversation = parse_conversation({"messages": renamed})
    except DataError as error:
        raise BadRequest(str(error), param="messages") from error
    if conversation[-1].role != "user":
        raise BadRequest(
            say("마지막 메시지는 user의 것이어야 합니다.", "the last message must be the user's."),
            param="messages",
        )
    for message in conversation:
        for part in message.parts:
            checked_text(part.text, "messages")
    return conversation


def _ours(role: Any) -> Any:
    return "system" if role == "developer" else role


def chat_completion(frame: Json, answers: Sequence[Sequence[Delta]], counts: Json, *, logprobs: bool) -> Json:
    """The whole of every answer.  frame: id, created, model and system_fingerprint."""
    choices = []
    for index, deltas in enumerate(answers):
        parts = join(deltas, cut_call=True)
        message: Json = {
            "role": "assistant",
            "content": "".join(part.text for part in parts if part.kind == "text"),
            "refusal": None,
        }
        if any(part.kind != "text" for part in parts):
            message["nako"] = {"parts": [{"type": part.kind, "text": part.text} for part in parts]}
        entries = [entry for delta in deltas for entry in delta.entries]
        choices.append(
            {
                "index": index,
                "message": message,
                "logprobs": _logprobs(entries) if logprobs else None,
                "finish_reason": deltas[-1].finish,
            }
        )
    return {**frame, "object": "chat.completion", "choices": choices, "usage": counts}


def _logprobs(entries: Sequence[Entry]) -> Json:
    content = [
        _token(entry.data, entry.logprob) | {"top_logprobs": [_token(*likely) for likely in entry.top]}
        for entry in entries
    ]
    return {"content": content, "refusal": None}


def _token(data: bytes, logprob: float) -> Json:
    """bytes: a token of Korean is often no whole character, so its text alone would be lost."""
    return {"token": data.decode(errors="replace"), "logprob": logprob, "bytes": list(data)}


class ChatChunks:
    """Deltas -> the events of a stream, in order: first(), delta() for each, last()."""

    def __init__(self, frame: Json, asked: Asked) -> None:
        self._frame, self._asked = frame, asked

    def first(self) -> str:
        return "".join(
            self._event(index, {"role": "assistant", "content": ""}) for index in range(self._asked.n)
        )

    def delta(self, index: int, delta: Delta) -> str:
        """The delta's text, and the reason when it is the last: in an event of its own, as clients expect."""
        said = ""
        if delta.text and delta.kind != "text":
            said = self._event(index, {"content": "", "nako": {"kind": delta.kind, "text": delta.text}})
        elif delta.text or delta.entries:
            said = self._event(index, {"content": delta.text}, entries=delta.entries)
        return said + (self._event(index, {}, delta.finish) if delta.finish else "")

    def last(self, counts: Json) -> str:
        return (self._write({"choices": [], "usage": counts}) if self._asked.include_usage else "") + DONE

    def _event(
        self, index: int, delta: Json, finish: str | None = None, entries: Sequence[Entry] = ()
    ) -> str:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": _logprobs(entries) if entries else None,
            "finish_reason": finish,
        }
        return self._write({"choices": [choice], **({"usage": None} if self._asked.include_usage else {})})

    def _write(self, body: Json) -> str:
        return event({**self._frame, "object": "chat.completion.chunk", **body})
