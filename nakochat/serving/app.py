"""The front -> the web app: OpenAI's API, the chat page, the training room, and what looks after a server.

POST /v1/chat/completions and /v1/completions, GET /v1/models, /health, /ready, /metrics, /openapi.json, and the pages /
and /watch.  A request is read and checked whole before it may wait; the event loop never computes.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from nakochat.core.messages import say
from nakochat.serving.api import openai, openapi
from nakochat.serving.api.asked import Asked
from nakochat.serving.api.chat import ChatChunks, chat_completion
from nakochat.serving.api.completions import TextChunks, text_completion
from nakochat.serving.api.openai import Json
from nakochat.serving.engines.transcript import Delta
from nakochat.serving.errors import BadRequest, client_gone, error_body, internal_error
from nakochat.serving.front.front import Front, Prepared, frame_of
from nakochat.serving.front.generation import Generation
from nakochat.serving.front.records import AccessLog, Records
from nakochat.serving.watch.page import add_watch
from nakochat.serving.watch.room import Room
from nakochat.serving.web.bodies import Bodies
from nakochat.serving.web.failures import Failures
from nakochat.serving.web.gate import Gate, Policy
from nakochat.serving.web.pages import add_pages, page_files

T = TypeVar("T")
Deltas = AsyncIterator[tuple[int, Delta]]
logger = logging.getLogger(__name__)


class Events(Protocol):
    """How one of the two APIs writes a stream."""

    def first(self) -> str: ...

    def delta(self, index: int, delta: Delta) -> str: ...

    def last(self, counts: Json) -> str: ...


class EventStream(StreamingResponse):
    """A streamed answer whose generation ends with the response, however that ends."""

    def __init__(self, events: AsyncIterator[str], end: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # nginx would collect it
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


class Handlers:
    """The routes of the API."""

    def __init__(self, front: Front, *, has_keys: bool) -> None:
        self.front = front
        self._document = openapi.document(front.models, front.sampling, has_keys=has_keys)
        self._bodies = Bodies()

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        prepared, generation = await self._begin(request, self.front.prepare_chat)

        def whole(frame: Json, answers: list[list[Delta]], counts: Json) -> Json:
            return chat_completion(frame, answers, counts, logprobs=prepared.asked.logprobs is not None)

        return await self._answer(request, prepared, generation, "chatcmpl", ChatChunks, whole)

    async def text(self, request: Request) -> Response:
        """POST /v1/completions."""
        prepared, generation = await self._begin(request, self.front.prepare_text)

        def whole(frame: Json, answers: list[list[Delta]], counts: Json) -> Json:
            return text_completion(frame, answers, counts, prepared.asked)

        return await self._answer(request, prepared, generation, "cmpl", TextChunks, whole)

    async def models(self) -> Response:
        """GET /v1/models."""
        return _json(openai.model_list(map(self._card, self.front.models)))

    async def model(self, name: str) -> Response:
        """GET /v1/models/NAME."""
        return _json(self._card(self.front.model(name).name))

    def _card(self, name: str) -> Json:
        model = self.front.models[name]
        return openai.model_card(model.name, model.context, model.created)

    async def health(self) -> Response:
        """Whether the front lives."""
        return _json({"status": "ok", "model": self.front.first.name})

    async def ready(self) -> Response:
        """Whether an answer would begin: for whatever spreads requests over servers."""
        self.front.require_open()
        if not self.front.dispatcher.is_ready:
            raise BadRequest(
                say("모델을 읽는 중입니다.", "the model is being loaded."),
                status=503,
                code="loading",
                retry_after=2,
            )
        return _json({"status": "ready", "model": self.front.first.name})

    async def document(self) -> Response:
        """GET /openapi.json: what this server takes and gives, for programs that make clients and tests of it."""
        return _json(self._document)

    async def metrics(self) -> Response:
        return Response(self.front.metrics.page(), media_type=CONTENT_TYPE_LATEST)

    async def _begin(
        self, request: Request, read: Callable[[bytes], Prepared]
    ) -> tuple[Prepared, Generation]:
        """The request, checked and queued.  Refused before its body is read where there is no room anyway."""
        self.front.require_open()
        self.front.door.look(request.state.client)
        async with self._bodies.of(request) as body:
            with contextlib.ExitStack() as held:
                ticket = self.front.door.enter(request.state.client)
                held.callback(ticket.close)
                prepared = await asyncio.to_thread(read, body)  # tokenizing a megabyte takes a while
                request.state.record.update(
                    model=prepared.model.name,
                    prompt_tokens=prepared.prompt_tokens,
                    answers=len(prepared.asks),
                    stream=prepared.asked.stream,
                    **({"dropped_messages": prepared.dropped} if prepared.dropped else {}),
                )
                generation = self.front.begin(prepared, ticket)
                held.pop_all()  # from here on the generation holds the ticket
        return prepared, generation

    async def _answer(
        self,
        request: Request,
        prepared: Prepared,
        generation: Generation,
        kind: str,
        events: Callable[[Json, Asked], Events],
        whole: Callable[[Json, list[list[Delta]], Json], Json],
    ) -> Response:
        about = frame_of(prepared.model, kind, secrets.token_hex(12))

        def frame() -> Json:
            """Known once an engine has begun to answer."""
            return {**about, "system_fingerprint": generation.fingerprint}

        def end() -> None:
            generation.stop()
            self.front.metrics.ended(generation, prepared.prompt_tokens)
            first = generation.first_at
            request.state.record.update(
                tokens=generation.tokens,
                finish=generation.finish,
                first_token_seconds=None if first is None else round(first - generation.asked_at, 4),
            )

        def counts() -> Json:
            return openai.usage(prepared.prompt_tokens, generation.tokens)

        deltas = generation.deltas()
        with contextlib.ExitStack() as held:
            held.callback(end)
            if prepared.asked.stream:
                # what fails before it is answered with a status of its own: after it, 200 has been sent
                first = await while_there(request, _next(deltas))
                held.pop_all()
                return EventStream(_events(first, deltas, events(frame(), prepared.asked), counts), end)
            answers = await while_there(request, _whole(deltas, len(prepared.asks)))
        return _json(whole(frame(), answers, counts()))


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What comes of the work.  BadRequest when the client goes away first, which nobody reads."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, watching = asyncio.create_task(work), asyncio.create_task(watch())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
    finally:
        working.cancel()
        watching.cancel()
    raise client_gone()


async def _next(deltas: Deltas) -> tuple[int, Delta]:
    return await anext(deltas)


async def _events(
    first: tuple[int, Delta], deltas: Deltas, events: Events, counts: Callable[[], Json]
) -> AsyncIterator[str]:
    yield events.first() + events.delta(*first)
    try:
        async for index, delta in deltas:
            yield events.delta(index, delta)
    except BadRequest as error:
        yield openai.failure(error)
        return
    except Exception:
        logger.exception("an answer failed")
        yield openai.failure(internal_error())
        return
    yield events.last(counts())


async def _whole(deltas: Deltas, count: int) -> list[list[Delta]]:
    """Everything that each answer says."""
    answers: list[list[Delta]] = [[] for _ in range(count)]
    async for index, delta in deltas:
        answers[index].append(delta)
    return answers


def _json(value: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # Starlette's writes Hangul as it is
    return JSONResponse(value, status, headers=headers, media_type="application/json")


async def answer_error(request: Request, error: Exception) -> Response:
    """Any error in the shape of the API."""
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        error = BadRequest(
            f"{request.method} {request.url.path}: {_refusal_of(error)}",
            status=error.status_code,
            code="not_found" if error.status_code == 404 else None,
        )
    if not isinstance(error, BadRequest):
        error = internal_error()
    return _json(error_body(error), error.status, headers | error.headers)


def _refusal_of(error: HTTPException) -> str:
    """Starlette's own words are English and say nothing of what there is."""
    if error.status_code == 404:
        return say("이 서버에 없는 주소입니다. 있는 것은 /openapi.json에 있습니다.",
                   "not an address of this server. /openapi.json lists them.")  # fmt: skip
    if error.status_code == 405:
        return say("이 주소는 그 메서드를 받지 않습니다. Allow 헤더를 보세요.",
                   "not a method of this address. See the Allow header.")  # fmt: skip
    return error.detail


def create_app(front: Front, *, policy: Policy | None = None, log: AccessLog | None = None) -> FastAPI:
    """The app.  policy: who may come in, beside which the pages' own files need no key."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        front.dispatcher.start()
        yield
        front.end()
        await front.dispatcher.close()

    policy = policy or Policy()
    # FastAPI's own pages load scripts from elsewhere, and its document knows nothing of bodies that we read ourselves
    app = FastAPI(
        title="nakochat",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.front = front
    for kind in (BadRequest, HTTPException, Exception):
        app.add_exception_handler(kind, answer_error)
    handlers = Handlers(front, has_keys=bool(policy.keys))
    routes: dict[str, tuple[str, Callable[..., Any]]] = {
        "/v1/chat/completions": ("POST", handlers.chat),
        "/v1/completions": ("POST", handlers.text),
        "/v1/models": ("GET", handlers.models),
        "/v1/models/{name:path}": ("GET", handlers.model),
        "/health": ("GET", handlers.health),
        "/ready": ("GET", handlers.ready),
        "/metrics": ("GET", handlers.metrics),
        "/openapi.json": ("GET", handlers.document),
    }
    for path, (method, handler) in routes.items():
        app.add_api_route(path, handler, methods=[method], response_model=None)
    add_watch(app, Room())
    add_pages(app)
    known = frozenset(routes) | frozenset(page_files()) | {"/watch/runs", "/watch/run"}
    app.add_middleware(Failures)  # innermost: each stands around those before it
    app.add_middleware(Gate, policy=policy)
    app.add_middleware(Records, log=log or AccessLog(quiet=True), metrics=front.metrics, routes=known)
    return app
