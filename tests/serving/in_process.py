"""A front whose engine answers at once, and requests to an app without a socket: for many requests in little time."""

import asyncio
import json

from nakochat.inference.options import Sampling
from nakochat.serving.engines.shelf import Model
from nakochat.serving.engines.wire import WireToken
from nakochat.serving.serve import front_of
from nakochat.serving.web.limits import Limits


def front_at_once(tokenizer):
    """Of two models."""
    shelf = {name: Model(name, tokenizer, 256, 1) for name in ("tiny/rl", "tiny/sft")}
    return front_of(shelf, [AtOnce()], Limits(per_client=64), Sampling(max_tokens=8), 2)


class AtOnce:
    """A device in this process: every answer is two tokens, or refused."""

    number = deaths = restarts = 0
    is_connected = False

    def start(self, owner):
        self.owner, self.is_connected = owner, True
        owner.connected(self)

    def send(self, message):
        asyncio.get_running_loop().call_soon(self._answer, message)

    async def close(self):
        self.is_connected = False

    def _answer(self, message):
        if message["do"] == "load":
            about = {
                "model": message["model"],
                "context": 256,
                "slots": 8,
                "created": 1,
                "fingerprint": "nako_0",
            }
            self.owner.heard(self, {"is": "loaded", **about})
        elif message["do"] == "begin":
            json.dumps(message)
            likely = [(i, -1.0) for i in range(message["logprobs"] or 0)]
            logprob = None if message["logprobs"] is None else -1.0
            tokens = [
                WireToken(70, None, "가", "text", logprob, likely),
                WireToken(71, "stop", "나", "text", logprob, likely),
            ]
            self.owner.heard(self, {"is": "tokens", "tokens": [(message["key"], *token) for token in tokens]})


async def call(app, method, path, headers, body, *, leaves=False):
    """One request without a socket -> status, headers, body.  leaves: the client goes once its request is sent."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
    }
    scope |= {"path": path, "raw_path": b"", "query_string": b"", "root_path": "", "headers": headers}
    scope |= {"client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80), "state": {}}
    pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
    answer = {"status": 0, "headers": {}, "body": b""}

    async def receive():
        if pieces:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}
        if not leaves:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        answer["body"] += message.get("body", b"")

    async with asyncio.timeout(30):  # a hang
        await app(scope, receive, send)
    return answer["status"], answer["headers"], answer["body"]
