"""The JSON of OpenAI's chat API -> a conversation with options; pieces of an answer -> that API's JSON.

Pure functions: no HTTP, no model.  Shapes: https://platform.openai.com/docs/api-reference/chat.  Ours are `nako` beside
the content (the calculator's call and result, for pages that show them), top_k, min_p and repetition_penalty.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nakochat.core.errors import DataError, RequestError
from nakochat.core.messages import say
from nakochat.text.conversation import Conversation, Part, parse_conversation

if TYPE_CHECKING:
    from nakochat.inference.talk import Piece

Json = dict[str, Any]

# What would change the answer and is not done here is refused: better than an answer that ignores it.
UNSUPPORTED: dict[str, tuple[Any, ...]] = {  # name -> the values that ask for nothing
    "n": (1,),
    "stop": ([], ""),
    "tools": ([],),
    "functions": ([],),
    "logprobs": (False,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "response_format": ({"type": "text"},),
}
WHOLE = ("max_tokens", "max_completion_tokens", "top_k", "seed")
REAL = ("temperature", "top_p", "min_p", "repetition_penalty")
SEEDS = range(-(2**63), 2**63)  # what the noise is hashed from


class BadRequest(RequestError):
    """A request that is answered with a 4xx.  `param` names the field, `code` is for programs."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """What a client asks for.  `options` are fields of Sampling; what it left out is not there."""

    conversation: Conversation
    options: dict[str, Any]
    stream: bool
    include_usage: bool


def read_json(body: bytes) -> Json:
    """The object in a request's body.  BadRequest for anything else, NaN and endless nesting included."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # not UTF-8 and not JSON are ValueErrors
        raise BadRequest(say("본문이 올바른 JSON이 아닙니다.", "the body is not valid JSON.")) from error
    if not isinstance(value, dict):
        raise BadRequest(say("본문은 JSON 객체여야 합니다.", "the body must be a JSON object."))
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def parse_request(body: bytes, name: str) -> ChatRequest:
    """A request's body -> what to generate.  `name` is the model that is served."""
    value = read_json(body)
    model = value.get("model")
    if model is not None and model != name:
        raise BadRequest(
            say(f"없는 모델입니다. 이 서버의 모델: {name}.", f"no such model. This server has: {name}."),
            status=404,
            code="model_not_found",
            param="model",
        )
    for field, neutral in UNSUPPORTED.items():
        if value.get(field) is not None and value[field] not in neutral:
            raise BadRequest(
                say(
                    f"지원하지 않는 항목입니다: {field}. 빼고 보내세요.",
                    f"not supported: {field}. Leave it out.",
                ),
                code="unsupported_parameter",
                param=field,
            )
    extras = value.get("stream_options") or {}
    if not isinstance(extras, dict):
        raise _wrong_type("stream_options", "object")
    return ChatRequest(
        conversation=_conversation(value),
        options=_options(value),
        stream=_boolean(value, "stream"),
        include_usage=_boolean(extras, "include_usage"),
    )


def _conversation(value: Json) -> Conversation:
    """The messages, in our roles and part kinds."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise _wrong_type("messages", "list of objects")
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
            if not is_unicode(part.text):
                raise BadRequest(
                    say("글자가 깨진 메시지입니다 (짝 없는 서로게이트).", "broken text (a lone surrogate)."),
                    param="messages",
                )
    return conversation


def _ours(role: Any) -> Any:
    return "system" if role == "developer" else role


def is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8; JSON escapes and terminals can bring half of a pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _options(value: Json) -> dict[str, Any]:
    """The fields of Sampling that the request names.  Their ranges are for Sampling to check."""
    options: dict[str, Any] = {}
    for field in (*WHOLE, *REAL):
        number = value.get(field)
        if number is None:
            continue
        kinds = int if field in WHOLE else (int, float)
        if isinstance(number, bool) or not isinstance(number, kinds):
            raise _wrong_type(field, "integer" if field in WHOLE else "number")
        options["max_tokens" if field == "max_completion_tokens" else field] = number
    if options.get("seed", 0) not in SEEDS:
        raise BadRequest(
            say("seed는 64비트 정수여야 합니다.", "seed must be a 64-bit integer."), param="seed"
        )
    if options.get("top_k") in (0, -1):  # how other servers' clients say "off"
        options["top_k"] = None
    return options


def _boolean(value: Json, field: str) -> bool:
    wanted = value.get(field)
    if wanted is not None and not isinstance(wanted, bool):
        raise _wrong_type(field, "boolean")
    return bool(wanted)


def _wrong_type(field: str, wanted: str) -> BadRequest:
    return BadRequest(
        say(f"{field}의 형식이 틀렸습니다 ({wanted}).", f"{field} must be: {wanted}."), param=field
    )


def error_body(error: BadRequest) -> Json:
    """An error as the API's clients read it."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    return {"error": {"message": str(error), "type": kind, "param": error.param, "code": error.code}}


def model_list(name: str, context: int, created: int) -> Json:
    """GET /v1/models.  max_model_len is what vLLM calls the context."""
    card = {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": "nakochat",
        "max_model_len": context,
    }
    return {"object": "list", "data": [card]}


def usage(prompt_tokens: int, completion_tokens: int) -> Json:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def completion(frame: Json, parts: tuple[Part, ...], finish: str, counts: Json) -> Json:
    """The whole answer.  frame: id, created and model."""
    message: Json = {
        "role": "assistant",
        "content": "".join(part.text for part in parts if part.kind == "text"),
    }
    if any(part.kind != "text" for part in parts):
        message["nako"] = {"parts": [{"type": part.kind, "text": part.text} for part in parts]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {**frame, "object": "chat.completion", "choices": [choice], "usage": counts}


class Chunks:
    """Pieces -> the events of a stream, in order: first(), piece() for each, last().  frame: id, created and model."""

    def __init__(self, frame: Json, *, include_usage: bool) -> None:
        self._frame, self._include_usage = frame, include_usage

    def first(self) -> str:
        return self._event({"role": "assistant", "content": ""})

    def piece(self, piece: "Piece") -> str:
        """The piece's text, and the reason when it is the last: in an event of its own, as clients expect."""
        said = ""
        if piece.text and piece.kind == "text":
            said = self._event({"content": piece.text})
        elif piece.text:
            said = self._event({"content": "", "nako": {"kind": piece.kind, "text": piece.text}})
        return said + (self._event({}, piece.finish) if piece.finish else "")

    def last(self, counts: Json) -> str:
        used = self._write({"choices": [], "usage": counts}) if self._include_usage else ""
        return used + "data: [DONE]\n\n"

    def failed(self, error: BadRequest) -> str:
        return event(error_body(error))

    def _event(self, delta: Json, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._write({"choices": [choice], **({"usage": None} if self._include_usage else {})})

    def _write(self, body: Json) -> str:
        return event({**self._frame, "object": "chat.completion.chunk", **body})


def event(body: Json) -> str:
    """One server-sent event.  JSON has no bare line ends, so one `data:` line holds it."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
