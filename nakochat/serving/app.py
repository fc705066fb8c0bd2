"""An engine -> the web app: OpenAI's chat API, and a page to talk on.

POST /v1/chat/completions, GET /v1/models, GET /health, GET / (the page).  A request is read and checked whole, then its
generation goes to the worker's thread; the event loop never computes.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.serving import openai
from nakochat.serving.gate import Gate
from nakochat.serving.openai import BadRequest, ChatRequest
from nakochat.serving.pages import add_pages
from nakochat.serving.room import Room
from nakochat.serving.turns import TooLong, join, prompt_tokens
from nakochat.serving.watch import add_watch
from nakochat.serving.worker import Job, Worker

MOST_BYTES = 1_000_000
logger = logging.getLogger(__name__)


class EventStream(StreamingResponse):
    """A streamed answer whose generation ends with the response, however that ends."""

    def __init__(self, job: Job, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._job.stop()


class ChatServer:
    """The handlers, and what they share."""

    def __init__(self, engine: Engine, name: str, sampling: Sampling) -> None:
        self.engine, self.name, self.sampling = engine, name, sampling
        self.worker = Worker(engine)
        self.started = int(time.time())

    async def models(self) -> Response:
        return _json(openai.model_list(self.name, self.engine.context, self.started))

    async def health(self) -> Response:
        return _json({"status": "ok", "model": self.name})

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await _read_body(request)
        # tokenizing a megabyte takes a while
        chat, sampling, tokens = await asyncio.to_thread(self._prepare, body)
        job = self.worker.start(chat.conversation, sampling)
        frame = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": self.name}
        if chat.stream:
            chunks = openai.Chunks(frame, include_usage=chat.include_usage)
            return EventStream(job, _events(job, chunks, tokens))
        pieces = await _whole(job, request)
        if not pieces or pieces[-1].finish is None:
            raise BadRequest(say("서버가 끝나는 중입니다.", "the server is ending."), status=503)
        counts = openai.usage(tokens, pieces[-1].tokens)
        return _json(openai.completion(frame, join(pieces), pieces[-1].finish, counts))

    def _prepare(self, body: bytes) -> tuple[ChatRequest, Sampling, int]:
        """The request, how to sample, and the prompt's tokens.  BadRequest with what is wrong."""
        chat = openai.parse_request(body, self.name)
        try:
            # without a seed every answer is another draw, as clients expect
            sampling = replace(self.sampling, **{"seed": secrets.randbits(62), **chat.options})
        except ConfigError as error:
            raise BadRequest(str(error)) from error
        try:
            return chat, sampling, prompt_tokens(self.engine, chat.conversation, sampling)
        except TooLong as error:
            raise BadRequest(str(error), code="context_length_exceeded", param="messages") from error


async def _read_body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest(
            say("Content-Type은 application/json이어야 합니다.", "Content-Type must be application/json."),
            status=415,
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest(
                say("요청이 너무 큽니다 (1 MB까지).", "the request is too large (1 MB at most)."), status=413
            )
    return bytes(body)


async def _events(job: Job, chunks: openai.Chunks, prompt: int) -> AsyncIterator[str]:
    yield chunks.first()
    piece = None
    try:
        async for piece in job.pieces():
            yield chunks.piece(piece)
    except Exception:  # the status is sent already: the stream itself has to say it
        logger.exception("generation failed")
        yield chunks.failed(_internal())
        return
    if piece is not None and piece.finish:  # else it was stopped, and without [DONE] the client knows
        yield chunks.last(openai.usage(prompt, piece.tokens))


async def _whole(job: Job, request: Request) -> list[Piece]:
    """All pieces; fewer, without a finish, when the client went away or the server ends."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        job.stop()

    watcher = asyncio.create_task(watch())
    try:
        return [piece async for piece in job.pieces()]
    finally:
        watcher.cancel()
        job.stop()


def _internal() -> BadRequest:
    message = say(
        "서버 안에서 오류가 났습니다. 서버의 기록을 보세요.",
        "something went wrong inside; see the server's log.",
    )
    return BadRequest(message, status=500)


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(value, status, media_type="application/json")  # Starlette's writes Hangul as it is


async def _answer_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        error = BadRequest(f"{request.method} {request.url.path}: {error.detail}", status=error.status_code)
    if not isinstance(error, BadRequest):
        error = _internal()
    return _json(openai.error_body(error), error.status)


def create_app(engine: Engine, *, name: str, sampling: Sampling | None = None) -> FastAPI:
    """The app.  name: what the model is called; sampling: what a request leaves out is taken from it."""
    chat = ChatServer(engine, name, sampling or Sampling())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        chat.worker.close()

    # FastAPI's own documentation pages load scripts from elsewhere
    app = FastAPI(title="nakochat", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.worker = chat.worker
    app.add_middleware(Gate)
    for kind in (BadRequest, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_error)
    app.add_api_route("/v1/chat/completions", chat.chat, methods=["POST"], response_model=None)
    app.add_api_route("/v1/models", chat.models, methods=["GET"], response_model=None)
    app.add_api_route("/health", chat.health, methods=["GET"], response_model=None)
    add_watch(app, Room())
    add_pages(app)
    return app
