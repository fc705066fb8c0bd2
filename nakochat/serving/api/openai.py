"""What all of OpenAI's API has in common: strict JSON in, events out.

Pure functions: no HTTP, no model.  Shapes: https://platform.openai.com/docs/api-reference.
"""

import json
from collections.abc import Iterable
from typing import Any

from nakochat.core.messages import say
from nakochat.serving.errors import BadRequest, error_body

Json = dict[str, Any]
DEEPEST = 32  # lists and objects within each other


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
        raise wrong(field, "true나 false", "boolean")
    return bool(wanted)


def whole(value: Json, field: str, allowed: range) -> int | None:
    """A whole number, or None where it is left out."""
    if value.get(field) is None:
        return None
    number = as_whole(value[field])
    if number is None:
        raise wrong(field, "정수", "integer")
    if number not in allowed:
        least, most = allowed.start, allowed.stop - 1
        raise wrong(field, f"{least}에서 {most}까지의 정수", f"integer from {least} to {most}")
    return number


def as_whole(value: Any) -> int | None:
    """The whole number that a value of JSON is, 3.0 as well as 3, which JSON does not tell apart; None for others."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def real(value: Json, field: str) -> float | None:
    """A number that is finite, or None where it is left out."""
    number = value.get(field)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise wrong(field, "수", "number")
    if not -1e300 < number < 1e300:  # an integer may be longer than a float can say
        raise wrong(field, "유한한 수", "finite number")
    return float(number)


def wrong(field: str, korean: str, english: str) -> BadRequest:
    """A field has another value than those that the words name."""
    return BadRequest(
        say(f"{field}의 값이 틀렸습니다. 맞는 값: {korean}.", f"{field} must be: {english}."), param=field
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


def failure(error: BadRequest) -> str:
    """The event for what goes wrong after the status was sent: it says which status that would have been."""
    about = {"status": error.status, "retry_after": error.seconds}
    return event({"error": {**error_body(error)["error"], **about}})


DONE = "data: [DONE]\n\n"
