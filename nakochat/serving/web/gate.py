"""A request -> let through with the name of its client, or refused for where it comes from or how it is made.

A server on 127.0.0.1 is still reached by every web page that the user visits: by a form or fetch (CSRF), or by a
name that its owner points at 127.0.0.1 (DNS rebinding).  So the Host has to be this machine, and an Origin, which
browsers send, has to be this server or one that was allowed.  Where there are keys, everything but the pages' own files
and /health and /ready asks for one.
https://owasp.org/www-community/attacks/csrf, https://en.wikipedia.org/wiki/DNS_rebinding
"""

import ipaddress
import re
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nakochat.core.messages import say
from nakochat.serving.errors import BadRequest, error_body
from nakochat.serving.web.keys import Keys
from nakochat.serving.web.limits import WRONG_KEYS, Rate

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
MOST_HEADERS, MOST_HEADER_BYTES, MOST_PATH = 100, 32_768, 4096
MOST_ASKED_HEADERS = 50  # in a preflight
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # a page says its own
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HEADER_NAME = re.compile(
    r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}"
)  # https://www.rfc-editor.org/rfc/rfc9110#name-tokens


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Who may come in.  As it stands: this machine alone, its own pages, without a key."""

    keys: Keys = field(default_factory=Keys)
    hosts: frozenset[str] = frozenset(LOCAL_HOSTS)
    any_address: bool = False
    """Whether a Host that is an IP address is let through: a page that rebinds a name cannot send one."""
    origins: frozenset[str] = frozenset()
    """Other web pages that may ask (CORS); "*" is all of them."""
    open_paths: frozenset[str] = frozenset({"/health", "/ready"})
    """What needs no key."""

    def allows_origin(self, origin: str, host: str) -> bool:
        own = origin.partition("://")[2].lower() == host.lower() and origin.startswith(
            ("http://", "https://")
        )
        return own or self.is_elsewhere(origin)

    def is_elsewhere(self, origin: str) -> bool:
        """Whether the origin is one of the other pages that may ask."""
        return "*" in self.origins or origin.lower() in self.origins


class Gate:
    """Wraps the app.  Plain ASGI: Starlette's BaseHTTPMiddleware would hide from the app that a client went away."""

    def __init__(self, app: ASGIApp, policy: Policy | None = None) -> None:
        self._app, self._policy = app, policy or Policy()
        self._wrong = Rate(WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        elsewhere = headers.get("origin") if self._policy.is_elsewhere(headers.get("origin", "")) else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
                if elsewhere is not None:
                    answered["Access-Control-Allow-Origin"] = elsewhere
                    answered["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
                    answered["Cross-Origin-Resource-Policy"] = "cross-origin"
                    answered.add_vary_header("Origin")
            await send(message)

        refusal = refuse(scope, headers, self._policy) or self._identify(scope, headers)
        if refusal is not None:
            response: ASGIApp = JSONResponse(error_body(refusal), refusal.status, refusal.headers)
        elif elsewhere is not None and scope["method"] == "OPTIONS":
            response = _preflight(headers.get("access-control-request-headers", ""))
        else:
            response = self._app
        await response(scope, receive, send_with_headers)

    def _identify(self, scope: Scope, headers: Headers) -> BadRequest | None:
        """Write down whose request this is; a refusal where a key is needed and not there."""
        state = scope.setdefault("state", {})
        address = network_of(scope)
        state["client"] = address
        if not self._policy.keys or scope["path"] in self._policy.open_paths or scope["method"] == "OPTIONS":
            return None
        # the key comes first: behind a proxy all clients share an address, and wrong ones must not shut out the others
        owner = self._policy.keys.owner(headers.get("authorization"))
        if owner is None:
            return self._refuse_key(address, is_shown="authorization" in headers)
        state["client"] = state["key"] = owner
        return None

    def _refuse_key(self, address: str, *, is_shown: bool) -> BadRequest:
        """401, or 429 once many wrong keys came from there.  This slows programs down that are set up wrongly; what
        keeps keys from being guessed is their length."""
        wait = self._wrong.wait(address) if is_shown else 0.0
        if wait:
            return BadRequest(
                say(
                    "틀린 열쇠를 너무 여러 번 보냈습니다. 잠시 뒤에 다시 보내세요.",
                    "too many wrong keys. Try again later.",
                ),
                status=429,
                code="too_many_wrong_keys",
                retry_after=wait,
            )
        if is_shown:
            self._wrong.count(address)
        return BadRequest(
            say(
                "열쇠가 필요합니다. 'Authorization: Bearer 열쇠'로 보내세요.",
                "a key is needed: send 'Authorization: Bearer KEY'.",
            ),
            status=401,
            code="invalid_api_key",
        )


def refuse(scope: Scope, headers: Headers, policy: Policy) -> BadRequest | None:
    """Why a request is not let through, whoever sends it, or None."""
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(scope["headers"]) > MOST_HEADERS or size > MOST_HEADER_BYTES:
        return BadRequest(
            say("요청의 헤더가 너무 크거나 많습니다.", "too many or too large headers."),
            status=431,
            code="headers_too_large",
        )
    if len(scope["path"]) > MOST_PATH:
        return BadRequest(
            say("주소가 너무 깁니다.", "the address is too long."), status=414, code="uri_too_long"
        )
    host = headers.get("host", "")
    if not _is_allowed(host_name(host), policy):
        return BadRequest(
            say(
                "이 서버는 이 이름으로 답하지 않습니다. http://127.0.0.1 이나 http://localhost 로 여세요. 다른 이름은 "
                "--allow-host로 허락합니다.",
                "this server does not answer to that name. open http://localhost, or allow others with "
                "--allow-host.",
            ),
            status=403,
            code="host_not_allowed",
        )
    origin = headers.get("origin")
    if origin is not None and not policy.allows_origin(origin, host):
        return BadRequest(
            say(
                "다른 웹 페이지에서 온 요청은 받지 않습니다. 허락하려면 서버를 --cors로 여세요.",
                "requests from other web pages are refused. To allow one, start the server with --cors.",
            ),
            status=403,
            code="origin_not_allowed",
        )
    return None


def host_name(host: str) -> str:
    """The Host header without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, _, port = host.rpartition(":")
    return (name if name and port.isdecimal() else host).lower()


def _is_allowed(name: str, policy: Policy) -> bool:
    if name in policy.hosts:
        return True
    if not policy.any_address:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def network_of(scope: Scope) -> str:
    """The client's address; of an IPv6 address the half that one subscriber has."""
    address = scope["client"][0] if scope.get("client") else "?"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return str(address)
    if (
        isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped
    ):  # of IPv4, at a place that takes both
        parsed = parsed.ipv4_mapped
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def _preflight(asked: str) -> Response:
    """What a browser asks before it sends a request from another page.  No cookies: none are used.

    asked: the headers that the page's program wants to send.  Which ones does not matter, since none but those known
    here is read; OpenAI's client adds a dozen of its own.  "*" would not do: it leaves Authorization out.
    """
    names = [name.strip() for name in asked.lower().split(",")]
    if len(names) > MOST_ASKED_HEADERS or not all(map(_HEADER_NAME.fullmatch, names)):
        names = []
    headers = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": ", ".join(dict.fromkeys(("authorization", "content-type", *names))),
        "Access-Control-Max-Age": "600",
        "Vary": "Access-Control-Request-Headers",
    }
    return Response(status_code=204, headers=headers)
