"""JSON Schemas of what the API takes and gives (https://json-schema.org/draft/2020-12): the components of openapi.py.

Requests are as asked.py, chat.py and completions.py read them, from the same bounds; what they say is exact but for
what a schema cannot say, which then stands in a description.  Answers are closed: they hold these fields and no other.
"""

from typing import Any

from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.serving.api import chat, completions
from nakochat.serving.api.asked import (
    LARGEST_BIAS,
    LONGEST_STOP,
    MOST_ANSWERS,
    MOST_BIASES,
    MOST_STOPS,
    SEEDS,
    UNSUPPORTED,
)
from nakochat.serving.api.openai import Json

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
REAL: Json = {"type": "number"}
FLAG: Json = {"type": "boolean"}
FINISH: Json = {"enum": ["stop", "length"]}


def components(models: tuple[str, ...], defaults: Sampling) -> dict[str, Json]:
    """Name -> schema.  models: the names that a request may ask for; defaults: of what it leaves out."""
    return {
        "ChatRequest": _chat_request(models, defaults),
        "TextRequest": _text_request(models, defaults),
        "ChatCompletion": _answer("chat.completion", _CHAT_CHOICE, usage=_USAGE),
        "ChatCompletionChunk": _chunk("chat.completion.chunk", _CHAT_PIECE),
        "TextCompletion": _answer("text_completion", _TEXT_CHOICE, usage=_USAGE),
        "TextCompletionChunk": _chunk("text_completion", _TEXT_PIECE),
        "Model": _MODEL,
        "ModelList": _closed(object={"const": "list"}, data=_list(reference("Model"))),
        "State": _closed(status={"enum": ["ok", "ready"]}, model=TEXT),
        "Error": _closed(error=_closed(**_ERROR)),
        "ErrorEvent": _closed(
            error=_closed(**_ERROR, status={"type": "integer"}, retry_after=_or_null({"type": "integer"}))
        ),
    }


def reference(name: str) -> Json:
    """To one of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Json) -> Json:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Json, **bounds: int) -> Json:
    return {"type": "array", "items": items, **bounds}


def _closed(*, optional: dict[str, Json] | None = None, **fields: Json) -> Json:
    """An object of exactly these fields."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


# what is asked


def _common(models: tuple[str, ...], defaults: Sampling) -> dict[str, Json]:
    """The fields of asked.py; Sampling holds the same bounds."""
    most = {"type": "integer", "minimum": 1, "maximum": SEEDS.stop - 1, "default": defaults.max_tokens}
    penalty = {"type": "number", "minimum": -2, "maximum": 2}
    stop = {"type": "string", "maxLength": LONGEST_STOP}
    fields: dict[str, Json] = {
        "model": {"enum": list(models)},
        "stream": {"type": "boolean", "default": False},
        "stream_options": {"type": "object", "properties": {"include_usage": _or_null(FLAG)}},
        "n": {"type": "integer", "minimum": 1, "maximum": MOST_ANSWERS, "default": 1},
        "stop": {"anyOf": [stop, _list({**stop, "minLength": 1}, maxItems=MOST_STOPS)]},
        "seed": {"type": "integer", "minimum": SEEDS.start, "maximum": SEEDS.stop - 1},
        "logit_bias": {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]{1,9}$"},
            "additionalProperties": {"type": "number", "minimum": -LARGEST_BIAS, "maximum": LARGEST_BIAS},
            "maxProperties": MOST_BIASES,
            "description": say(
                "토큰의 번호 → 로짓에 더할 값.", "Ids of tokens, and what is added to their logits."
            ),
        },
        "max_tokens": most,
        "max_completion_tokens": most,
        "temperature": {"type": "number", "minimum": 0, "maximum": 10, "default": defaults.temperature},
        "top_k": {
            "type": "integer",
            "minimum": -1,
            "maximum": SEEDS.stop - 1,
            "default": defaults.top_k or 0,
            "description": say("0과 -1은 끔.", "0 and -1 are off."),
        },
        "top_p": {"type": "number", "minimum": 0, "maximum": 1},
        "min_p": {"type": "number", "minimum": 0, "maximum": 1},
        "repetition_penalty": {"type": "number", "minimum": 0.1, "maximum": 10},
        "presence_penalty": penalty,
        "frequency_penalty": penalty,
    }
    neutral: dict[str, Json] = {name: {"enum": list(values)} for name, values in UNSUPPORTED.items()}
    return {name: _or_null(schema) for name, schema in (fields | neutral).items()}


def _chat_request(models: tuple[str, ...], defaults: Sampling) -> Json:
    top = {"type": "integer", "minimum": 0, "maximum": chat.MOST_LOGPROBS}
    return {
        "type": "object",
        "required": ["messages"],
        "properties": {
            "messages": {
                **_list({"anyOf": [_ASKING, _ANSWERING]}, minItems=1, maxItems=chat.MOST_MESSAGES),
                "description": say("마지막은 user의 것.", "The last one is the user's."),
            },
            **_common(models, defaults),
            "logprobs": _or_null(FLAG),
            "top_logprobs": _or_null(top),
            "truncation": {
                "enum": [*chat.TRUNCATIONS, None],
                "description": say(
                    "문맥을 넘는 대화에서 오래된 차례를 뺄지(auto), 거절할지(disabled). 기본은 서버의 설정.",
                    "Whether a conversation longer than the context loses its oldest turns (auto) or is refused "
                    "(disabled). Default: as the server was told.",
                ),
            },
        },
        "if": {"properties": {"top_logprobs": {"type": "integer"}}, "required": ["top_logprobs"]},
        "then": {"properties": {"logprobs": {"const": True}}, "required": ["logprobs"]},
    }


def _message(roles: list[str], kinds: list[str]) -> Json:
    part = {
        "type": "object",
        "required": ["type", "text"],
        "properties": {"type": {"enum": kinds}, "text": TEXT},
    }
    fields = {"role": {"enum": roles}, "content": {"anyOf": [TEXT, _list(part)]}}
    return {"type": "object", "required": ["role", "content"], "properties": fields}


_ASKING = _message(["system", "developer", "user"], ["text"])
_ANSWERING = _message(["assistant"], ["text", "python", "output"])


def _text_request(models: tuple[str, ...], defaults: Sampling) -> Json:
    ids = {
        **_list({"type": "integer", "minimum": 0}, minItems=1),
        "description": say("제어 토큰이 아닌 토큰의 번호.", "Ids of tokens, control tokens not among them."),
    }
    one = {"anyOf": [TEXT, ids]}
    top = {"type": "integer", "minimum": 0, "maximum": completions.MOST_LOGPROBS}
    return {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {"anyOf": [TEXT, ids, _list(one, minItems=1, maxItems=completions.MOST_PROMPTS)]},
            **_common(models, defaults),
            "logprobs": _or_null(top),
            "truncation": {"enum": ["disabled", None]},
        },
    }


# what is answered


def _answer(kind: str, choice: Json, **more: Json) -> Json:
    """A whole answer, or an event of a stream."""
    return _closed(
        id=TEXT,
        created=WHOLE,
        model=TEXT,
        system_fingerprint=TEXT,
        object={"const": kind},
        choices=_list(choice),
        **more,
    )


def _chunk(kind: str, choice: Json) -> Json:
    schema = _answer(kind, choice)
    schema["properties"]["usage"] = _or_null(_USAGE)
    return schema


def _choice(finish: Json, logprobs: Json, **said: Json) -> Json:
    return _closed(index=WHOLE, **said, logprobs=_or_null(logprobs), finish_reason=finish)


_ERROR = {"message": TEXT, "type": TEXT, "param": _or_null(TEXT), "code": _or_null(TEXT)}
_USAGE = _closed(prompt_tokens=WHOLE, completion_tokens=WHOLE, total_tokens=WHOLE)
_TOKEN: dict[str, Any] = {"token": TEXT, "logprob": REAL, "bytes": _list(WHOLE)}
_CHAT_LOGPROBS = _closed(
    content=_list(_closed(**_TOKEN, top_logprobs=_list(_closed(**_TOKEN)))), refusal={"type": "null"}
)
_TEXT_LOGPROBS = _closed(
    tokens=_list(TEXT),
    token_logprobs=_list(REAL),
    top_logprobs=_list({"type": "object", "additionalProperties": REAL}),
    text_offset=_list(WHOLE),
)
_PARTS = _list(_closed(type={"enum": ["text", "python", "output"]}, text=TEXT))
_SAID = _closed(
    role={"const": "assistant"},
    content=TEXT,
    refusal={"type": "null"},
    optional={"nako": _closed(parts=_PARTS)},
)
_TOOL = _closed(kind={"enum": ["python", "output"]}, text=TEXT)
_DELTA = _closed(optional={"role": {"const": "assistant"}, "content": TEXT, "nako": _TOOL})
_CHAT_CHOICE = _choice(FINISH, _CHAT_LOGPROBS, message=_SAID)
_CHAT_PIECE = _choice(_or_null(FINISH), _CHAT_LOGPROBS, delta=_DELTA)
_TEXT_CHOICE = _choice(FINISH, _TEXT_LOGPROBS, text=TEXT)
_TEXT_PIECE = _choice(_or_null(FINISH), _TEXT_LOGPROBS, text=TEXT)
_MODEL = _closed(
    id=TEXT,
    object={"const": "model"},
    created=WHOLE,
    owned_by={"const": "nakochat"},
    max_model_len=_or_null(WHOLE),
)
