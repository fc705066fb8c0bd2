"""What is wrong with a request -> an error that says so, as OpenAI's clients read it.

Every folder of serving may raise it: the gate, the API, what waits for an engine.
"""

import math
from typing import Any, overload

from nakochat.core.errors import RequestError
from nakochat.core.messages import say

KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
LONGEST_MESSAGE = 400  # characters


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
    def seconds(self) -> int | None:
        """retry_after in whole seconds, at least one."""
        return None if self.retry_after is None else max(1, math.ceil(self.retry_after))

    @property
    def headers(self) -> dict[str, str]:
        """What stands in the response's head beside the status."""
        headers = {}
        if self.seconds is not None:
            headers["Retry-After"] = str(self.seconds)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def internal_error() -> BadRequest:
    """What a client is told of a defect: nothing of it."""
    message = say(
        "서버 안에서 오류가 났습니다. 서버의 기록을 보세요.",
        "something went wrong inside; see the server's log.",
    )
    return BadRequest(message, status=500)


def client_gone() -> BadRequest:
    """For the record alone: nobody reads it."""
    return BadRequest(say("연결이 끊겼습니다.", "the client went away."), status=408)


def error_body(error: BadRequest) -> dict[str, Any]:
    """An error as the API's clients read it."""
    kind = "server_error" if error.status >= 500 else KINDS.get(error.status, "invalid_request_error")
    written = {
        "message": _clean(str(error)),
        "type": kind,
        "param": _clean(error.param),
        "code": _clean(error.code),
    }
    return {"error": written}


@overload
def _clean(text: str) -> str: ...
@overload
def _clean(text: None) -> None: ...
def _clean(text: str | None) -> str | None:
    """Text that UTF-8 can hold, and not too much of it: a client's own words may stand in it."""
    if text is None:
        return None
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"
