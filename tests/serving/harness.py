"""A front with stand-ins for its engine processes, on a socket of this machine, for tests."""

import contextlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.inference.options import Sampling
from nakochat.serving.app import create_app
from nakochat.serving.engines.device import Device
from nakochat.serving.engines.shelf import Model
from nakochat.serving.front.front import Front
from nakochat.serving.front.records import AccessLog
from nakochat.serving.serve import front_of
from nakochat.serving.web.connections import TimedProtocol
from nakochat.serving.web.gate import Policy
from nakochat.serving.web.limits import Limits
from nakochat.serving.web.server import LocalServer, open_socket
from nakochat.text.tokenizer import Tokenizer

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "안녕"}]
FAKE = Path(__file__).with_name("fake_engine.py")


def fake_front(
    tokenizer: Tokenizer,
    folder: Path,
    how: dict[str, Any] | None = None,
    *,
    limits: Limits | None = None,
    engines: int = 1,
    models: tuple[str, ...] = ("tiny/rl",),
    most_models: int = 2,
    command: tuple[str, ...] | None = None,
) -> Front:
    """A front whose engines are fake_engine.py."""
    if not (folder / "tokenizer").is_dir():
        tokenizer.save(folder / "tokenizer")
    command = command or (sys.executable, str(FAKE), json.dumps(how or {}), str(folder / "tokenizer"))
    devices = [Device(number, command) for number in range(engines)]
    shelf = {name: Model(name, tokenizer, (how or {}).get("context", 1024), 1) for name in models}
    return front_of(shelf, devices, limits or Limits(), Sampling(max_tokens=64), most_models)


@dataclass
class Served:
    """A server in a thread of its own."""

    front: Front
    server: LocalServer
    port: int
    thread: threading.Thread

    def ask(
        self, fields: dict[str, Any] | None = None, *, path: str = CHAT, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """POST a chat; the response is to be closed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"messages": HELLO, **(fields or {})})
        # then the response alone holds the socket
        own = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", path, body, {**own, **(headers or {})})
        return connection.getresponse()

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        read = response.read()
        connection.close()
        is_json = response.headers["content-type"] == "application/json"
        return response.status, json.loads(read) if is_json else read.decode()


@contextlib.contextmanager
def served(
    front: Front,
    *,
    policy: Policy | None = None,
    log: AccessLog | None = None,
    protocol: type[TimedProtocol] = TimedProtocol,
) -> Iterator[Served]:
    """The front on a free port, once its model is loaded."""
    app = create_app(front, policy=policy, log=log)
    server = LocalServer(app, drain=lambda: front.drain(10), end=front.end, protocol=protocol)
    with open_socket("127.0.0.1", 0) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        port = place.getsockname()[1]
        thread.start()
        try:
            until(lambda: front.dispatcher.is_ready)
            yield Served(front, server, port, thread)
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that has to come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def events(text: str) -> list[dict[str, Any]]:
    """The JSON of a whole stream."""
    said = text.split("\n\n")
    assert said[-2:] == ["data: [DONE]", ""], said[-3:]
    return [json.loads(event.removeprefix("data: ")) for event in said[:-2]]


def words(chunks: list[dict[str, Any]], index: int = 0) -> str:
    """What one answer of a stream says."""
    choices = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content", "") for choice in choices)
