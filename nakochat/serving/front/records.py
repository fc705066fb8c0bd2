"""Every request -> one line of JSON: when, who, what, how long, how many tokens.  Never what was said, never a key."""

import json
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.serving.front.metrics import Metrics

LONGEST_PATH = 200
QUIET = ("/health", "/ready", "/metrics")  # asked every few seconds by whatever looks after the server


class AccessLog:
    """Lines to a file, to standard error, or nowhere.  ConfigError for a file that cannot be written."""

    def __init__(self, file: Path | None = None, *, quiet: bool = False) -> None:
        self._place: IO[str] | None = None if quiet else sys.stderr
        if file is not None:
            try:
                self._place = file.open("a", encoding="utf-8")
            except OSError as error:
                raise ConfigError(
                    say(
                        f"--access-log {file}: 쓸 수 없습니다 ({error.strerror}). 폴더와 쓰기 권한을 보세요.",
                        f"--access-log {file}: cannot be written ({error.strerror}). Look whether the folder is there "
                        "and may be written to.",
                    )
                ) from error
        self._file = file
        self._has_failed = False

    def write(self, fields: dict[str, Any]) -> None:
        """Control characters are escaped, so that nobody can write a line of their own.  A full disk stops the log,
        not the server, and is said once."""
        if self._place is None:
            return
        try:
            self._place.write(json.dumps(fields, ensure_ascii=True) + "\n")
            self._place.flush()
        except (OSError, ValueError) as error:
            if not self._has_failed:
                warn(say(f"접속 기록을 쓸 수 없습니다: {error}", f"cannot write the access log: {error}"))
            self._has_failed = True

    def close(self) -> None:
        if self._file is not None and self._place is not None:
            self._place.close()


class Records:
    """Wraps the gate and the app: what they refuse is recorded too.  Handlers add figures to state["record"]."""

    def __init__(self, app: ASGIApp, log: AccessLog, metrics: Metrics, routes: frozenset[str]) -> None:
        self._app, self._log, self._metrics, self._routes = app, log, metrics, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0
        record: dict[str, Any] = {"id": "req_" + secrets.token_hex(8)}
        scope.setdefault("state", {})["record"] = record

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = record["id"]  # OpenAI's clients show it
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            self._write(scope, status, time.monotonic() - began, record)

    def _write(self, scope: Scope, status: int, seconds: float, record: dict[str, Any]) -> None:
        path = scope["path"]
        route = path if path in self._routes else "other"
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        is_page = scope["method"] == "GET" and status in (200, 304) and not path.startswith("/v1/")
        if path in QUIET or is_page:
            return
        state = scope["state"]
        fields = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": scope["client"][0] if scope.get("client") else None,
            "key": state.get("key"),
            "method": scope["method"][:10],
            "path": path[:LONGEST_PATH],
            "status": status,
            "seconds": round(seconds, 4),
            **record,
        }
        self._log.write(fields)
