"""Requests -> their bodies: of JSON, each bounded, and all of those that are being read or worked on together, too."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from nakochat.core.messages import say
from nakochat.serving.errors import BadRequest, client_gone

MOST_BYTES = 1_000_000  # of a body
MOST_BYTES_TOGETHER = 64_000_000  # of all bodies at once


class Bodies:
    """Counts the bytes of the bodies that are held."""

    def __init__(self) -> None:
        self.held = 0

    @contextlib.asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """A request's body, whose bytes count until the block is left.

        BadRequest: 415 where it is no JSON, 413 where it is too large, 503 where all bodies together are, 408 where the
        client goes away before its end.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise BadRequest(
                say(
                    "Content-Type은 application/json이어야 합니다.", "Content-Type must be application/json."
                ),
                status=415,
            )
        body = bytearray()
        try:
            try:
                async for chunk in request.stream():
                    body += chunk
                    self.held += len(chunk)
                    self._check(len(body))
            except ClientDisconnect as error:
                raise client_gone() from error
            yield bytes(body)
        finally:
            self.held -= len(body)

    def _check(self, size: int) -> None:
        if size > MOST_BYTES:
            raise BadRequest(
                say("요청이 너무 큽니다 (1 MB까지).", "the request is too large (1 MB at most)."), status=413
            )
        if self.held > MOST_BYTES_TOGETHER:
            raise BadRequest(
                say("지금은 큰 요청이 너무 많습니다.", "too many large requests at once."),
                status=503,
                code="overloaded",
                retry_after=2,
            )
