"""A request with its prompts -> all its answers, side by side, as they come."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from nakochat.core.messages import say
from nakochat.serving.engines.dispatch import Ask, Dispatcher, Job, News
from nakochat.serving.engines.transcript import Delta, Transcript
from nakochat.serving.errors import BadRequest
from nakochat.serving.web.limits import Ticket
from nakochat.text.tokenizer import Tokenizer


@dataclass
class Answer:
    """One answer, as far as it has come."""

    job: Job
    transcript: Transcript
    first_at: float | None = None
    last_at: float | None = None
    """When its first and its latest token came."""
    finish: str = "gone"
    """How it ended, in a word: stop, length, the code of an error, or gone with the client."""

    @property
    def tokens(self) -> int:
        """How many were generated, those of tools among them."""
        return self.transcript.tokens


class Generation:
    """The answers of one request, from the queue to their end.  `stop` has to be called, however it ends."""

    def __init__(
        self, dispatcher: Dispatcher, ticket: Ticket, tokenizer: Tokenizer, asks: Sequence[Ask]
    ) -> None:
        self._dispatcher, self._ticket = dispatcher, ticket
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self.asked_at = time.monotonic()
        self.first_at: float | None = None
        """When the first token came, of whichever answer."""
        self.fingerprint: str | None = None
        """Of the engine that gave it."""
        self.finish = "gone"
        """How the last answer ended; gone where not all of them did."""
        patience = ticket.door.limits.patience
        self.answers = [
            Answer(dispatcher.ask(ask, ticket.client, self._news, index, patience), Transcript(tokenizer))
            for index, ask in enumerate(asks)
        ]

    @property
    def tokens(self) -> int:
        """How many were generated, of all answers."""
        return sum(answer.tokens for answer in self.answers)

    async def deltas(self) -> AsyncIterator[tuple[int, Delta]]:
        """What each answer adds, with the answer's number.  BadRequest for what went wrong; then all of them end."""
        going = set(range(len(self.answers)))
        while going:
            index, news = await self._news.get()
            if not isinstance(news, BadRequest) and news.finish == "error":
                news = _not_a_number()
            if isinstance(news, BadRequest):
                self.finish = news.code or "error"
                for number in going:
                    self.answers[number].finish = self.finish
                raise news
            answer = self.answers[index]
            answer.last_at = time.monotonic()
            if answer.first_at is None:
                answer.first_at = answer.last_at
                self._ticket.begun()
            if self.first_at is None:
                self.first_at, self.fingerprint = answer.first_at, answer.job.fingerprint
            delta = answer.transcript.push(news)
            if delta.finish is not None:
                answer.finish = delta.finish
                going.remove(index)
                self.finish = "gone" if going else delta.finish
            if delta.text or delta.entries or delta.finish:
                yield index, delta

    def stop(self) -> None:
        """Nobody reads on.  Further calls do nothing."""
        for answer in self.answers:
            self._dispatcher.cancel(answer.job)
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
