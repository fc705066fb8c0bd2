"""A request with its prompts -> all its answers, side by side, as they come."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from nakochat.core.messages import say
from nakochat.serving.engines.dispatch import Ask, Dispatcher, Job, News
from nakochat.serving.engines.transcript import Delta, Transcript
from nakochat.serving.errors import BadRequest
from nakochat.serving.web.limits import Ticket
from nakochat.text.tokenizer import Tokenizer


class Generation:
    """The answers of one request, from the queue to their end.  `stop` has to be called, however it ends."""

    def __init__(
        self, dispatcher: Dispatcher, ticket: Ticket, tokenizer: Tokenizer, asks: Sequence[Ask]
    ) -> None:
        self._dispatcher, self._ticket = dispatcher, ticket
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self._transcripts = [Transcript(tokenizer) for _ in asks]
        self.asked_at = time.monotonic()
        self.first_at: float | None = None
        self.last_at: float | None = None
        """When the first and the latest token came."""
        self.finish = "gone"
        """How it ended, in a word: stop, length, the code of an error, or gone with the client."""
        patience = ticket.door.limits.patience
        self._jobs: list[Job] = [
            dispatcher.ask(ask, ticket.client, self._news, index, patience) for index, ask in enumerate(asks)
        ]

    @property
    def tokens(self) -> int:
        """How many were generated, those of tools among them."""
        return sum(transcript.tokens for transcript in self._transcripts)

    async def deltas(self) -> AsyncIterator[tuple[int, Delta]]:
        """What each answer adds, with the answer's number.  BadRequest for what went wrong; then all of them end."""
        begun: set[int] = set()
        ended = 0
        while ended < len(self._jobs):
            index, news = await self._news.get()
            if isinstance(news, BadRequest):
                self.finish = news.code or "error"
                raise news
            if news.finish == "error":
                self.finish = "not_a_number"
                raise _not_a_number()
            self.last_at = time.monotonic()
            self.first_at = self.first_at or self.last_at
            if index not in begun:
                begun.add(index)
                self._ticket.begun()
            delta = self._transcripts[index].push(news)
            if delta.finish is not None:
                ended += 1
                self.finish = delta.finish
            if delta.text or delta.entries or delta.finish:
                yield index, delta

    def stop(self) -> None:
        """Nobody reads on.  Further calls do nothing."""
        for job in self._jobs:
            self._dispatcher.cancel(job)
        self._ticket.close()


def _not_a_number() -> BadRequest:
    return BadRequest(
        say(
            "모델의 계산 결과가 수가 아닙니다. 다른 체크포인트를 쓰세요.",
            "the model's numbers are none. Use another checkpoint.",
        ),
        status=500,
        code="not_a_number",
    )
