"""Connections -> closed when they trickle, flood or do not read.

uvicorn waits for ever for the rest of a request, and for a client that does not read its answer: an attacker needs a
few hundred sockets and no bandwidth (https://en.wikipedia.org/wiki/Slowloris_(computer_security)).  Middleware comes
too late for that, so the limits stand in the protocol.  What is answered here has the shape of OpenAI's errors, too.
"""

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from nakochat.core.messages import say
from nakochat.serving.errors import BadRequest, error_body

# seconds from the first moment of a connection, or of its next request, to the request's last byte
RECEIPT = 10.0
READING = 30.0  # seconds that a client may read nothing of its answer
MOST_CONNECTIONS = 900  # below the 1024 files that a process may usually open


class TimedProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for every request.  The figures are attributes, for tests to lower."""

    receipt, reading, most_connections = RECEIPT, READING, MOST_CONNECTIONS
    _receipt_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            self._refuse(_too_many())
        else:
            self._await_request()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._receipt_timer is None:
            self._await_request()
        super().data_received(data)
        self._look_whether_whole()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self._look_whether_whole()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear("_receipt_timer")
        self._clear("_reading_timer")
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reading_timer is None:
            self._reading_timer = self.loop.call_later(self.reading, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._clear("_reading_timer")

    def send_400_response(self, msg: str) -> None:
        """What uvicorn answers to what is no HTTP, in our shape."""
        self._refuse(
            BadRequest(say("올바른 HTTP 요청이 아닙니다.", "not a valid HTTP request."), code="invalid_http")
        )

    def _await_request(self) -> None:
        self._receipt_timer = self.loop.call_later(self.receipt, self._too_slow)

    def _look_whether_whole(self) -> None:
        """The deadline ends with the request's last byte, and begins anew where the next one came together with it."""
        # not so between two requests, where the keep-alive time counts; nor where another protocol was offered, as by
        # `curl --http2`, for which h11 has a state of its own
        state = self.conn.their_state
        if state is not h11.SEND_BODY and not (state is h11.IDLE and self.conn.trailing_data[0]):
            self._clear("_receipt_timer")
        elif self._receipt_timer is None:
            self._await_request()

    def _clear(self, name: str) -> None:
        timer = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)

    def _too_slow(self) -> None:
        self._refuse(
            BadRequest(
                say("요청이 제때 오지 않았습니다.", "the request did not come in time."),
                status=408,
                code="request_timeout",
            )
        )

    def _refuse(self, error: BadRequest) -> None:
        """Say why, where nothing has been answered yet, and close.  Not through h11, whose state may be anything."""
        self._clear("_receipt_timer")
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_response(error))
        self.transport.close()
        self.loop.call_later(1.0, self.transport.abort)  # a client that does not read must not stay


def _response(error: BadRequest) -> bytes:
    body = json.dumps(error_body(error), ensure_ascii=False).encode()
    headers: dict[str, Any] = {
        "Content-Type": "application/json",
        "Content-Length": len(body),
        "Connection": "close",
        **error.headers,
    }
    reasons = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}
    lines = [f"HTTP/1.1 {error.status} {reasons[error.status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def _too_many() -> BadRequest:
    return BadRequest(
        say("연결이 너무 많습니다.", "too many connections."), status=503, code="overloaded", retry_after=2
    )
