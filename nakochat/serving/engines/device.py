"""An engine process as the front sees it: started, spoken to, and started again whenever it ends.

The process hangs on one socket.  When the front goes, the socket closes and the process ends by itself, even after a
kill -9; when the process goes, the front reads the end of the socket at once.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Protocol

from nakochat.serving.engines.wire import LONGEST_LINE, Message, pack

SILENCE = 120.0  # seconds without a word after which a process counts as hung: it says that it is alive every second
STEADY = 10.0  # seconds after which a process did not die of its start
# seconds before it is started again; twice as long after each death in a row
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
logger = logging.getLogger(__name__)


class Owner(Protocol):
    """Who is told what an engine process says."""

    def connected(self, device: "Device") -> None: ...

    def heard(self, device: "Device", message: Message) -> None: ...

    def died(self, device: "Device") -> None: ...


class Device:
    """One engine process.  command: what starts it, to which the number of its socket is added; environment: beside
    what it inherits."""

    def __init__(
        self,
        number: int,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        silence: float = SILENCE,
    ) -> None:
        self.number, self._command, self._silence = number, command, silence
        self._environment = environment or {}
        self.deaths = 0
        """In a row: since it last lived for long, or last loaded a model."""
        self.restarts = 0
        self.pid: int | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return self._writer is not None

    def start(self, owner: Owner) -> None:
        """Called in the event loop, once."""
        self._task = asyncio.create_task(self._supervise(owner))

    def send(self, message: Message) -> None:
        """Does not wait: what is in hand is bounded by whoever sends.  Nothing happens while the process is down."""
        if self._writer is not None:
            self._writer.write(pack(message))

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _supervise(self, owner: Owner) -> None:
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._live(owner)
            except OSError:
                logger.exception("engine process %d cannot be started", self.number)
            except Exception:  # a defect of ours: did it end this task, nothing would start the process again
                logger.exception("engine process %d is lost", self.number)
            lived = asyncio.get_running_loop().time() - began
            self.deaths = 1 if lived > STEADY else self.deaths + 1
            owner.died(self)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self.deaths - 1))
            logger.error("engine process %d ended; starting it again in %.2f s", self.number, pause)
            await asyncio.sleep(pause)
            self.restarts += 1

    async def _live(self, owner: Owner) -> None:
        """From the start of the process to its end."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, **self._environment},
                start_new_session=True,  # Ctrl-C is for the front, which ends this process when all is said
            )
            theirs.close()
            self.pid = process.pid
            reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
            self._writer = writer
            try:
                owner.connected(self)
                await self._listen(reader, owner)
            finally:
                self._writer = self.pid = None
                writer.transport.abort()
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                await process.wait()

    async def _listen(self, reader: asyncio.StreamReader, owner: Owner) -> None:
        """Until the process ends, or says nothing for so long that it has to be ended."""
        try:
            while True:
                async with asyncio.timeout(self._silence):
                    line = await reader.readline()
                if not line.endswith(b"\n"):
                    return
                owner.heard(self, json.loads(line))
        except TimeoutError:
            logger.error("engine process %d hangs", self.number)
        except (ConnectionError, ValueError):
            logger.exception("engine process %d broke off", self.number)
