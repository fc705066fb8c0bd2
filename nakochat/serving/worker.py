"""A conversation -> pieces that an event loop can wait for: one generation at a time, in one thread of its own.

The thread is the queue: what is asked while it works waits in order.  When a client goes away its job is stopped, and
one that is still waiting never begins.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece, reply
from nakochat.text.conversation import Conversation


class Job:
    """One answer.  `pieces` is read once, in the event loop that made the job."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        """End the generation after the token it is at, and `pieces` with it.  Called in the event loop."""
        self._stopped.set()
        self._queue.put_nowait(None)

    async def pieces(self) -> AsyncIterator[Piece]:
        """The pieces as they come.  Raises what the generation raised."""
        while (item := await self._queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    def work(self, engine: Engine, conversation: Conversation, sampling: Sampling) -> None:
        """Generate; runs in the worker's thread."""
        try:
            if not self.stopped:
                for piece in reply(engine, conversation, sampling):
                    self._put(piece)
                    if self.stopped:
                        break
        except Exception as error:  # carried to the event loop, which raises it
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: Piece | Exception | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


class Worker:
    """The thread that generates, for one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._jobs: set[Job] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nako-generate")

    def start(self, conversation: Conversation, sampling: Sampling) -> Job:
        """Queue an answer.  Called in the event loop."""
        job = Job()
        self._jobs = {known for known in self._jobs if not known.stopped} | {job}
        self._thread.submit(job.work, self.engine, conversation, sampling)
        return job

    def close(self) -> None:
        """Stop everything; the server is ending."""
        for job in self._jobs:
            job.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)
