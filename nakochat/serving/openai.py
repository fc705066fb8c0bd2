"""What all of OpenAI's API has in common: strict JSON in, errors and events out.

Pure functions: no HTTP, no model.  Shapes: https://platform.openai.com/docs/api-reference.
"""

import json
import math
from collections.abc import Container, Iterable
from typing import Any

from nakochat.core.errors import RequestError
from nakochat.core.messages import say

Json = dict[str, Any]
DEEPEST = 32  # lists and objects within each other
KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
LONGEST_MESSAGE = 400  # characters of an error, which may hold what a client sent


class BadRequest(RequestError):
    """A request that is answered with an error.  `param` names the field, `code` is for programs; retry_after: seconds
    after which it may be tried again."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.retry_after = status, code, param, retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What stands in the response's head beside the status."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def error_body(error: BadRequest) -> Json:
    """An error as the API's clients read it."""
    kind = "server_error" if error.status >= 500 else KINDS.get(error.status, "invalid_request_error")
    message = str(error).encode("utf-8", "replace").decode()
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "…"
    return {"error": {"message": message, "type": kind, "param": error.param, "code": error.code}}


def read_json(body: bytes) -> Json:
    """The object in a request's body.  BadRequest for anything else, NaN and endless nesting included."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        _check_depth(value, DEEPEST)
    except (ValueError, RecursionError) as error:  # not UTF-8 and not JSON are ValueErrors
        raise BadRequest(say("본문이 올바른 JSON이 아닙니다.", "the body is not valid JSON.")) from error
    if not isinstance(value, dict):
        raise BadRequest(say("본문은 JSON 객체여야 합니다.", "the body must be a JSON object."))
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _check_depth(value: Any, left: int) -> None:
    if isinstance(value, (dict, list)):
        if not left:
            raise ValueError("nested too deeply")
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, left - 1)


def boolean(value: Json, field: str) -> bool:
    """A field that is true or false; left out is false."""
    wanted = value.get(field)
    if wanted is not None and not isinstance(wanted, bool):
        raise wrong(field, "boolean")
    return bool(wanted)


def whole(value: Json, field: str, allowed: Container[int], name: str | None = None) -> int | None:
    """A whole number, or None where it is left out."""
    number = value.get(field)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int):
        raise wrong(name or field, "integer")
    if number not in allowed:
        raise wrong(name or field, str(allowed).replace("range", "integer in "))
    return number


def real(value: Json, field: str) -> float | None:
    """A number that is finite, or None where it is left out."""
    number = value.get(field)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise wrong(field, "number")
    if not -1e300 < number < 1e300:  # an integer may be longer than a float can say
        raise wrong(field, "finite number")
    return float(number)


def wrong(field: str, wanted: str) -> BadRequest:
    return BadRequest(
        say(f"{field}의 값이 틀렸습니다 ({wanted}).", f"{field} must be: {wanted}."), param=field
    )


def is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8; JSON escapes can bring half of a pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def checked_text(text: str, field: str) -> str:
    """The text.  BadRequest where it cannot be written as UTF-8."""
    if not is_unicode(text):
        raise BadRequest(
            say("글자가 깨진 글입니다 (짝 없는 서로게이트).", "broken text (a lone surrogate)."), param=field
        )
    return text


def model_list(cards: Iterable[Json]) -> Json:
    """GET /v1/models."""
    return {"object": "list", "data": list(cards)}


def model_card(name: str, context: int | None, created: int) -> Json:
    """max_model_len is what vLLM calls the context."""
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": "nakochat",
        "max_model_len": context,
    }


def usage(prompt_tokens: int, completion_tokens: int) -> Json:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def event(body: Json) -> str:
    """One server-sent event.  JSON has no bare line ends, so one `data:` line holds it."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"
