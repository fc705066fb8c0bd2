"""An app -> served at an address of this machine until it is told to end."""

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.redaction import Redacting
from nakochat.serving.web.connections import TimedProtocol
from nakochat.serving.web.gate import LOCAL_HOSTS

HEAD = 32_768  # bytes of a request's head
KEEP_ALIVE = 15  # seconds that a connection may wait for its next request
LINGER = 2  # seconds for clients that do not read their answer's end, when the server ends


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host in LOCAL_HOSTS or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_socket(host: str, port: int, *, has_keys: bool = False) -> socket.socket:
    """A listening place on this machine; port 0 takes a free one.  ConfigError with what to do instead.

    Without keys only this machine is served: whoever reaches the address could use the model otherwise.
    """
    if not is_local(host) and not has_keys:
        raise ConfigError(
            say(
                f"--host {host}: 열쇠 없이는 이 컴퓨터(127.0.0.1)에서만 열 수 있습니다. 누구나 쓸 수 있게 되기 "
                "때문입니다. --keys나 NAKO_API_KEY로 열쇠를 주거나, 다른 컴퓨터에서 "
                "'ssh -L 8000:127.0.0.1:8000 이_컴퓨터'로 이어 쓰세요.",
                f"--host {host}: without a key only this machine (127.0.0.1), since anyone could use it. Give one "
                "with --keys or NAKO_API_KEY, or go through 'ssh -L 8000:127.0.0.1:8000 THIS_MACHINE' from elsewhere.",
            )
        )
    if not 0 <= port <= 65535:
        raise ConfigError(say(f"--port {port}: 0에서 65535 사이여야 합니다.", f"--port {port}: 0 to 65535."))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(("127.0.0.1" if host == "localhost" else host, port))
        # now, not when the app is ready: until then another server could take the same port
        place.listen(1024)
    except (OSError, UnicodeError) as error:
        place.close()
        raise ConfigError(_unusable(host, port, error)) from error
    return place


def _unusable(host: str, port: int, error: OSError | UnicodeError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return say(
            f"포트 {josa(str(port), '을')} 다른 프로그램이 씁니다. 다른 번호로 여세요: --port {port % 65535 + 1}",
            f"port {port} is used by another program. Take another: --port {port % 65535 + 1}",
        )
    if number == errno.EACCES:
        return say(
            f"포트 {josa(str(port), '을')} 열 권한이 없습니다. 1024 이상의 번호로 여세요: --port 8000",
            f"no right to open port {port}. Take one from 1024 up: --port 8000",
        )
    return say(
        f"--host {host}: 이 컴퓨터의 주소가 아닙니다 ({error}). 127.0.0.1 이나 0.0.0.0 으로 여세요.",
        f"--host {host}: not an address of this machine ({error}). Take 127.0.0.1 or 0.0.0.0.",
    )


def name_of(place: socket.socket) -> str:
    """HOST:PORT by which this machine reaches its own listening place."""
    host, port, *_ = place.getsockname()
    address = ipaddress.ip_address(host)
    if address.is_unspecified:  # all addresses; an IPv6 place need not take IPv4
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"[{host}]:{port}" if address.version == 6 else f"{host}:{port}"


def address_of(place: socket.socket) -> str:
    """What to type into a browser on this machine."""
    return f"http://{name_of(place)}"


class LocalServer(uvicorn.Server):
    """uvicorn with our limits and our way to end.

    Ctrl-C ends at once; SIGTERM, which service managers send, first lets `drain` finish what was begun.  A second
    signal does not wait.  `end` tells answers on their way that it is over; both are given by whoever has such answers.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        drain: Callable[[], Coroutine[Any, Any, None]] | None = None,
        end: Callable[[], None] | None = None,
        protocol: type[TimedProtocol] = TimedProtocol,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,  # anyone could write a client's address into them
                h11_max_incomplete_event_size=HEAD,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=LINGER,
                backlog=1024,
                lifespan="on",
            )
        )
        self._drain, self._end = drain, end
        self._draining: asyncio.Future[None] | None = None
        self._is_asked = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Unlike uvicorn's, a signal that was obeyed is not raised again: the process ends with status 0."""
        if self._is_asked:
            self.should_exit = self.force_exit = True
        elif sig == signal.SIGTERM and self._drain is not None:
            self._is_asked = True
        else:
            self._is_asked = self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        if self._is_asked and self._drain is not None:
            self._draining = self._draining or asyncio.ensure_future(self._drain())
            self.should_exit = self.should_exit or self._draining.done()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._draining is not None:
            self._draining.cancel()
        if self._end is not None:
            self._end()
        await super().shutdown(sockets)


def run_app(app: FastAPI, place: socket.socket) -> None:
    """Serve an app at a listening place until Ctrl-C or SIGTERM."""
    run_server(LocalServer(app), place)


def run_server(server: LocalServer, place: socket.socket) -> None:
    """Serve until a signal.  What is logged meanwhile holds no key."""
    ours = logging.StreamHandler()
    for handler in (ours, *logging.getLogger("uvicorn").handlers):
        handler.addFilter(Redacting())
    logging.getLogger("nakochat").addHandler(ours)
    try:
        server.run(sockets=[place])
    finally:
        logging.getLogger("nakochat").removeHandler(ours)
