"""The models of a server -> the OpenAPI 3.1 document of its API (https://spec.openapis.org/oas/v3.1.0).

For programs that make clients and tests from such documents; the web pages are no part of it.  A test sends what the
document allows and what it does not, and holds every answer against it.
"""

from collections.abc import Iterable

from nakochat import __version__
from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.serving.api.openai import Json
from nakochat.serving.api.schemas import TEXT, components, reference

# what may be refused to any request: by the gate, or because something broke inside
ALWAYS = (403, 414, 431, 500)
KEYED = (401, 429)
ASKED = (400, 404, 408, 413, 415, 429, 503)
RETRIED = (429, 503)


def document(models: Iterable[str], defaults: Sampling, *, has_keys: bool) -> Json:
    """What this server answers to.  defaults: of the sampling; has_keys: whether a key is needed."""
    names = tuple(models)
    chat = _asked("ChatRequest", "ChatCompletion", say("대화에 답합니다.", "Answer a conversation."))
    text = _asked("TextRequest", "TextCompletion", say("글을 잇습니다.", "Go on with a text."))
    listed = _told(say("모델의 목록", "The models."), _json(reference("ModelList")))
    one = _told(say("모델 하나", "One model."), _json(reference("Model")), errors=(404,))
    one["parameters"] = [{"name": "model", "in": "path", "required": True, "schema": {"enum": list(names)}}]
    state = _json(reference("State"))
    figures = _told(say("Prometheus의 지표", "Figures for Prometheus."), {"text/plain": {"schema": TEXT}})
    paths = {
        "/v1/chat/completions": {"post": chat},
        "/v1/completions": {"post": text},
        "/v1/models": {"get": listed},
        "/v1/models/{model}": {"get": one},
        "/health": {"get": _told(say("살아 있는지", "Whether the server lives."), state)},
        "/ready": {"get": _told(say("답할 수 있는지", "Whether it can answer."), state, errors=(503,))},
        "/metrics": {"get": figures},
    }
    made: Json = {
        "openapi": "3.1.0",
        "info": {"title": "nakochat", "version": __version__},
        "paths": paths,
        "components": {"schemas": components(names, defaults)},
    }
    if has_keys:
        _ask_for_key(made)
    return made


def _told(summary: str, content: Json, errors: Iterable[int] = ()) -> Json:
    """An operation that only tells."""
    answers: Json = {"200": {"description": summary, "content": content}}
    return {
        "summary": summary,
        "responses": answers | {str(status): _error(status) for status in (*errors, *ALWAYS)},
    }


def _asked(request: str, answer: str, summary: str) -> Json:
    """An operation that generates."""
    events = say(
        f"`stream`이 true일 때: data: 뒤에 {answer}Chunk, 끝에 data: [DONE]. 도중에 잘못되면 ErrorEvent로 끝납니다.",
        f"Where `stream` is true: a {answer}Chunk behind each data:, and data: [DONE] at the end. What goes wrong "
        "meanwhile ends it with an ErrorEvent.",
    )
    # no type: 3.1 has no word for a stream's events, and readers differ in what they hold against the schema
    stream = {"text/event-stream": {"schema": {"description": events}}}
    operation = _told(summary, _json(reference(answer)) | stream, ASKED)
    operation["requestBody"] = {"required": True, "content": _json(reference(request))}
    return operation


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _error(status: int) -> Json:
    answer: Json = {"description": say("오류", "Error"), "content": _json(reference("Error"))}
    if status in RETRIED:
        answer["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
    return answer


def _ask_for_key(made: Json) -> None:
    """All but /health and /ready need one."""
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"key": []}]
    for path, operations in made["paths"].items():
        for operation in operations.values():
            if path in ("/health", "/ready"):
                operation["security"] = []
            else:
                operation["responses"] |= {str(status): _error(status) for status in KEYED}
