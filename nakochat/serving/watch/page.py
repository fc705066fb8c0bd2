"""Run folders -> the training room: a page that shows runs while they train, and the figures it asks for.

GET /watch (the page, from static/watch), GET /watch/runs, GET /watch/run?name=NAME&base=MARK&...  Only files are read:
no model, no torch, and nothing is written.  The page asks every few seconds and names how far it is (room.py), so that
either side may be started again.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from nakochat.core.errors import CheckpointError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import STAGES
from nakochat.core.progress import speak
from nakochat.serving.watch.room import Room
from nakochat.serving.web.gate import Gate
from nakochat.serving.web.pages import add_pages
from nakochat.serving.web.server import address_of, open_socket, run_app


def add_watch(app: FastAPI, room: Room) -> None:
    """Answer what the page asks for."""

    def runs() -> Response:
        return _json({"runs": room.runs()})

    def run(request: Request) -> Response:
        asked = request.query_params
        marks = {stage: asked[stage] for stage in STAGES if stage in asked}
        found = room.look(asked.get("name", ""), marks)
        if found is None:
            raise HTTPException(404, say("그런 실행이 없습니다.", "there is no such run."))
        return _json(found)

    # plain functions: they run in a thread each, since they read files
    app.add_api_route("/watch/runs", runs, methods=["GET"], response_model=None)
    app.add_api_route("/watch/run", run, methods=["GET"], response_model=None)


def create_watch_app(room: Room) -> FastAPI:
    """The training room alone."""
    app = FastAPI(title="nakochat", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Gate)

    async def first() -> Response:
        return RedirectResponse("/watch")

    # before the chat page, which has no model
    app.add_api_route("/", first, methods=["GET"], response_model=None)
    add_watch(app, room)
    add_pages(app)
    return app


def run_watch(names: Sequence[str] = (), *, host: str = "127.0.0.1", port: int = 8001) -> None:
    """Serve the room until Ctrl-C; names: the runs to show first.

    CheckpointError for a run that is not there, ConfigError when the place cannot be opened.
    """
    room = Room()
    known = [run["name"] for run in room.runs()]
    for name in names:
        if name not in known:
            raise CheckpointError(_no_such_run(name, known))
    with open_socket(host, port) as place:
        asked = "?" + urlencode([("run", name) for name in names]) if names else ""
        address = f"{address_of(place)}/watch{asked}"
        speak(
            say(
                f"학습실: 브라우저에서 {address} 주소를 여세요. 끝내려면 Ctrl+C. 학습에는 손대지 않습니다.",
                f"The training room: open {address} in a browser. Ctrl+C ends. Training is not touched.",
            )
        )
        run_app(create_watch_app(room), place)


def _no_such_run(name: str, known: Sequence[str]) -> str:
    there = ", ".join(known[:8])
    return say(
        f"{josa(repr(name), '이라는')} 실행이 없습니다."
        + (f" 있는 실행: {there}." if there else " 'nako speedrun'으로 시작하세요."),
        f"there is no run {name!r}." + (f" There are: {there}." if there else " Start with 'nako speedrun'."),
    )


def _json(value: dict[str, Any]) -> Response:
    # a sample may hold half a character, which no UTF-8 can
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    headers = {"Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), media_type="application/json", headers=headers)
