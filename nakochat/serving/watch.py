"""Run folders -> the training room: a page that shows runs while they train, and the figures it asks for.

GET /watch (the page, from static/watch), GET /watch/runs, GET /watch/run?name=NAME&base=MARK&...  Only files are read:
no model, no torch, and nothing is written.  The page asks every few seconds and names how far it is (room.py), so that
either side may be started again.
"""

import json
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from nakochat.core.errors import CheckpointError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import STAGES
from nakochat.serving.room import Room


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


def _json(value: dict[str, Any]) -> Response:
    # a sample may hold half a character, which no UTF-8 can
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    headers = {"Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), media_type="application/json", headers=headers)
