"""The app -> served at an address of this machine until it is told to end."""

import contextlib
import errno
import socket
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.serving.gate import LOCAL_HOSTS

if TYPE_CHECKING:  # a server that only watches does without torch
    from nakochat.inference.engine import Engine
    from nakochat.inference.sampling import Sampling
    from nakochat.serving.worker import Worker


def open_socket(host: str, port: int) -> socket.socket:
    """A listening place on this machine; port 0 takes a free one.  ConfigError with what to do instead."""
    if host not in LOCAL_HOSTS:
        raise ConfigError(
            say(
                f"--host {host}: 아직은 이 컴퓨터(127.0.0.1)에서만 열 수 있습니다. 암호 없이 밖에 열면 누구나 쓸 수 "
                "있기 때문입니다. 다른 컴퓨터에서는 'ssh -L 8000:127.0.0.1:8000 이_컴퓨터'로 이어 쓰세요.",
                f"--host {host}: only this machine (127.0.0.1) for now, since without a password anyone could use it. "
                "From elsewhere, go through 'ssh -L 8000:127.0.0.1:8000 THIS_MACHINE'.",
            )
        )
    if not 0 <= port <= 65535:
        raise ConfigError(say(f"--port {port}: 0에서 65535까지입니다.", f"--port {port}: 0 to 65535."))
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(("127.0.0.1", port))
        place.listen()  # now, not when the app is ready: until then another server could take the same port
    except OSError as error:
        place.close()
        raise ConfigError(_unusable(port, error)) from error
    return place


def _unusable(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return say(
            f"포트 {josa(str(port), '을')} 다른 프로그램이 씁니다. 다른 번호로 여세요: --port {port % 65535 + 1}",
            f"port {port} is used by another program. Take another: --port {port % 65535 + 1}",
        )
    return say(
        f"포트 {josa(str(port), '을')} 열 수 없습니다 ({error.strerror}). 1024 이상의 번호로 여세요: --port 8000",
        f"cannot open port {port} ({error.strerror}). Take one from 1024 up: --port 8000",
    )


class LocalServer(uvicorn.Server):
    """uvicorn, but answers still being generated end at once when the server does."""

    def __init__(self, app: FastAPI) -> None:
        # the two seconds are for a client that does not read its answer's end
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=2,
                lifespan="on",
            )
        )
        self._worker: Worker | None = getattr(app.state, "worker", None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._worker is not None:
            self._worker.close()
        await super().shutdown(sockets)


def run_server(
    engine: "Engine",
    *,
    name: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    sampling: "Sampling | None" = None,
) -> None:
    """Serve until Ctrl-C.  ConfigError when the place cannot be opened."""
    from nakochat.serving.app import create_app

    with open_socket(host, port) as place:
        address = address_of(place)
        speak(
            say(
                f"{name}: {address} 을 브라우저에서 여세요. 끝내려면 Ctrl+C.",
                f"{name}: open {address} in a browser. Ctrl+C ends.",
            )
        )
        run_app(create_app(engine, name=name, sampling=sampling), place)


def address_of(place: socket.socket) -> str:
    """What to type into a browser."""
    return f"http://127.0.0.1:{place.getsockname()[1]}"


def run_app(app: FastAPI, place: socket.socket) -> None:
    """Serve an app at a listening place until Ctrl-C."""
    # uvicorn ends by itself on Ctrl-C and then raises it again
    with contextlib.suppress(KeyboardInterrupt):
        LocalServer(app).run(sockets=[place])
