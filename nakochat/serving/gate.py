"""A request -> let through, or refused because it does not come from this machine's own pages and programs.

A server on 127.0.0.1 is still reached by every web page that the user visits: by a form or fetch (CSRF), or by a
name that its owner points at 127.0.0.1 (DNS rebinding).  So the Host has to be this machine, and an Origin, which
browsers send, has to be this server.  https://owasp.org/www-community/attacks/csrf, https://en.wikipedia.org/wiki/DNS_rebinding
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nakochat.core.messages import say
from nakochat.serving.openai import BadRequest, error_body

LOCAL_HOSTS = ("127.0.0.1", "localhost")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # a page says its own
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Gate:
    """Wraps the app.  Plain ASGI: Starlette's BaseHTTPMiddleware would hide from the app that a client went away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = refuse(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        else:
            response = JSONResponse(error_body(refusal), refusal.status)
            await response(scope, receive, send_with_headers)


def refuse(headers: Headers) -> BadRequest | None:
    """Why these headers are not let through, or None."""
    host = headers.get("host", "")
    if host.partition(":")[0].lower() not in LOCAL_HOSTS:
        return BadRequest(
            say(
                "이 서버는 http://127.0.0.1 또는 http://localhost 주소로만 답합니다.",
                "this server answers only at http://127.0.0.1 or http://localhost.",
            ),
            status=403,
            code="host_not_allowed",
        )
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return BadRequest(
            say("다른 웹 페이지에서 온 요청은 받지 않습니다.", "requests from other web pages are refused."),
            status=403,
            code="origin_not_allowed",
        )
    return None
