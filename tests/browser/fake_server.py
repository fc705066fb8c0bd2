"""The project's pages with a model that says what a test writes down: OpenAI's API in one file, no weights.

server.will_answer("안녕하세요", HOLD, "!")    the next answer; HOLD waits for server.go_on()
server.will_refuse(429, {"Retry-After": "7"})  the next request is refused
server.asked                                   the bodies of the requests that came
"""

import asyncio
import json
import math
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from nakochat.serving.api.openai import failure
from nakochat.serving.errors import BadRequest
from nakochat.serving.web.pages import add_pages

HOLD = object()


@dataclass(frozen=True)
class Call:
    """A call of the calculator inside an answer."""

    expression: str
    result: str


@dataclass(frozen=True)
class Token:
    """A piece of text as one token, with its probability and what could have stood there."""

    text: str
    share: float
    others: dict[str, float] = field(default_factory=dict)
    bytes: Sequence[int] | None = None

    def as_json(self) -> dict[str, Any]:
        def one(text: str, share: float, code: Sequence[int] | None = None) -> dict[str, Any]:
            return {"token": text, "bytes": list(code or text.encode()), "logprob": math.log(share)}

        own = one(self.text, self.share, self.bytes)
        return {**own, "top_logprobs": [own, *(one(*other) for other in self.others.items())]}


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str | None
    headers: dict[str, str]


class FakeServer:
    """A server on a free port of this machine.  `with FakeServer() as server:` runs it in a thread."""

    def __init__(self) -> None:
        self.models = ["tiny/rl", "tiny/base", "tiny/mid", "tiny/sft"]
        self.key: str | None = None
        self.reset()
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        add_pages(app)
        app.add_api_route("/v1/models", self._list, methods=["GET"], response_model=None)
        app.add_api_route("/v1/chat/completions", self._chat, methods=["POST"], response_model=None)
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1)
        )

    def reset(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.stopped = 0
        self.key = None
        self.breaks = False
        self._script: list[Any] = []
        self._go = threading.Semaphore(0)

    def will_answer(self, *pieces: Any, finish: str = "stop") -> None:
        self._script.append((pieces, finish))

    def will_refuse(
        self, status: int, headers: dict[str, str] | None = None, code: str | None = None
    ) -> None:
        self._script.append(Refusal(status, code, headers or {}))

    def will_break(self, *pieces: Any) -> None:
        """The next answer ends in the middle, as when the server dies."""
        self._script.append((pieces, None))

    def go_on(self) -> None:
        self._go.release()

    def __enter__(self) -> "FakeServer":
        self._place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._place.bind(("127.0.0.1", 0))
        self._place.listen()
        self.address = f"http://127.0.0.1:{self._place.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._place]})
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        for _ in range(100):
            self.go_on()
        self._server.should_exit = True
        self._thread.join(20)
        self._place.close()
        assert not self._thread.is_alive()

    def _is_allowed(self, request: Request) -> bool:
        return self.key is None or request.headers.get("authorization") == f"Bearer {self.key}"

    async def _list(self, request: Request) -> Response:
        if not self._is_allowed(request):
            return _refuse(Refusal(401, "invalid_api_key", {}))
        cards = [
            {"id": name, "object": "model", "owned_by": "nakochat", "max_model_len": 512}
            for name in self.models
        ]
        return JSONResponse({"object": "list", "data": cards})

    async def _chat(self, request: Request) -> Response:
        if not self._is_allowed(request):
            return _refuse(Refusal(401, "invalid_api_key", {}))
        self.asked.append(await request.json())
        script = self._script.pop(0) if self._script else (("네.",), "stop")
        if isinstance(script, Refusal):
            return _refuse(script)
        return StreamingResponse(
            self._events(*script, bool(self.asked[-1].get("logprobs"))), media_type="text/event-stream"
        )

    async def _events(
        self, pieces: Sequence[Any], finish: str | None, with_tokens: bool
    ) -> AsyncIterator[str]:
        yield _event({"role": "assistant", "content": ""})
        try:
            for piece in pieces:
                if piece is HOLD:
                    while not self._go.acquire(blocking=False):
                        await asyncio.sleep(0.005)
                elif isinstance(piece, BadRequest):
                    yield failure(piece)
                elif isinstance(piece, Call):
                    yield _event({"content": "", "nako": {"kind": "python", "text": piece.expression}})
                    yield _event({"content": "", "nako": {"kind": "output", "text": piece.result}})
                elif isinstance(piece, Token):
                    logprobs = {"content": [piece.as_json()]} if with_tokens else None
                    yield _event({"content": piece.text}, logprobs=logprobs)
                else:
                    yield _event({"content": piece})
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if finish is not None:
            yield _event({}, finish) + "data: [DONE]\n\n"


def _event(delta: dict[str, Any], finish: str | None = None, logprobs: dict[str, Any] | None = None) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n"


def _refuse(refusal: Refusal) -> Response:
    error = {
        "message": f"refused with {refusal.status}",
        "type": "error",
        "param": None,
        "code": refusal.code,
    }
    return JSONResponse({"error": error}, refusal.status, headers=refusal.headers)
