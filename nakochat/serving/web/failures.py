"""An app that fails -> an answer that says so, and the traceback in the log under the request's id.

Starlette answers what no handler took outside of all middleware, where the headers of the gate and the record of the
request are out of reach.  So this stands innermost.
"""

import logging

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nakochat.serving.errors import error_body, internal_error

logger = logging.getLogger(__name__)


class Failures:
    """Wraps the app, inside the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_and_look(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        except Exception:
            if scope["type"] != "http" or has_begun:
                raise  # too late for a status: the server closes the connection
            logger.exception("%s failed", scope["state"].get("record", {}).get("id", "a request"))
            error = internal_error()
            await JSONResponse(error_body(error), error.status)(scope, receive, send)
