"""Bodies of requests -> answers on their way: what the handlers share.  No torch: engines are other processes.

The life of a request: the door looks whether there is room (web/limits.py), the body is read (web/bodies.py), it takes
a ticket, is checked whole (api/chat.py, api/completions.py) and its prompt built from token ids; the ticket grows to
all its answers, and it waits in turn for an engine process (engines/dispatch.py), whose tokens come back as deltas
(generation.py).
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.inference.request import TooLong
from nakochat.serving.api.asked import Asked
from nakochat.serving.api.chat import parse_chat
from nakochat.serving.api.completions import parse_text, text_prompt
from nakochat.serving.api.openai import Json, read_json
from nakochat.serving.engines.dispatch import Ask, Dispatcher
from nakochat.serving.engines.shelf import Model
from nakochat.serving.errors import BadRequest
from nakochat.serving.front.generation import Generation
from nakochat.serving.front.metrics import Metrics
from nakochat.serving.settings import Truncation
from nakochat.serving.turns import refuse_hopeless, room_for_answer, shorten
from nakochat.serving.web.limits import Door, Ticket
from nakochat.text.conversation import render_prompt


@dataclass(frozen=True)
class Prepared:
    """A request that was read and checked."""

    model: Model
    asked: Asked
    asks: list[Ask]
    """One for each answer: prompts times n, the answers of one prompt side by side."""
    prompt_tokens: int
    """Of all prompts, each counted once, as OpenAI counts."""
    longest: int
    """Tokens of the longest prompt."""
    dropped: int = 0
    """Messages of the conversation that were left out to make room."""


class Front:
    """Models, limits, figures and the way to the engine processes."""

    def __init__(
        self,
        models: dict[str, Model],
        dispatcher: Dispatcher,
        door: Door,
        sampling: Sampling,
        truncation: Truncation = "disabled",
    ) -> None:
        self.models, self.dispatcher, self.door, self.sampling = models, dispatcher, door, sampling
        self.truncation = truncation
        self.metrics = Metrics(dispatcher, door)
        self.is_draining = False

    @property
    def first(self) -> Model:
        """What a request gets that names no model."""
        return self.models[self.dispatcher.first]

    def learn(self, name: str, context: int, created: int) -> None:
        """What an engine has loaded: a newer checkpoint, perhaps, and it may take less than the model does."""
        self.models[name].context, self.models[name].created = context, created

    def require_open(self) -> None:
        """BadRequest (503) where nothing can be answered."""
        if self.is_draining:
            raise BadRequest(
                say("서버가 끝나는 중입니다.", "the server is ending."),
                status=503,
                code="server_ending",
                retry_after=10,
            )
        if self.dispatcher.is_hopeless:
            raise BadRequest(
                say("모델이 돌고 있지 않습니다.", "the model is not running."),
                status=503,
                code="engine_down",
                retry_after=10,
            )

    def prepare_chat(self, body: bytes) -> Prepared:
        """The body of /v1/chat/completions.  BadRequest with what is wrong.  Takes a while: not in the event loop."""
        value = read_json(body)
        model = self.model(value.get("model"))
        request = parse_chat(value, self.sampling)
        conversation = request.conversation
        with _naming("messages"):
            if (request.truncation or self.truncation) == "auto":
                conversation = shorten(model, conversation, request.asked.sampling)
            refuse_hopeless(model, [part.text for message in conversation for part in message.parts])
            prompt = render_prompt(model.tokenizer, conversation)
            dropped = len(request.conversation) - len(conversation)
            return self._prepared(model, request.asked, [prompt], dropped)

    def prepare_text(self, body: bytes) -> Prepared:
        """The body of /v1/completions."""
        value = read_json(body)
        model = self.model(value.get("model"))
        request = parse_text(value, self.sampling)
        with _naming("prompt"):
            for prompt in request.prompts:
                refuse_hopeless(model, [prompt] if isinstance(prompt, str) else [])
            prompts = [text_prompt(prompt, model.tokenizer) for prompt in request.prompts]
            return self._prepared(model, request.asked, prompts)

    def begin(self, prepared: Prepared, ticket: Ticket) -> Generation:
        """Queue the answers.  BadRequest (429) where there is no room.  Called in the event loop."""
        self.require_open()
        ticket.claim(len(prepared.asks), prepared.longest)
        return Generation(self.dispatcher, ticket, prepared.model.tokenizer, prepared.asks)

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more, wait for those inside, and end what is not over by then."""
        self.is_draining = True
        deadline = time.monotonic() + seconds
        while self.door.inside and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        self.end()

    def end(self) -> None:
        """Every answer on its way ends now, and is told why."""
        self.is_draining = True
        self.dispatcher.give_up(
            BadRequest(
                say("서버가 끝났습니다.", "the server ended."),
                status=503,
                code="server_ending",
                retry_after=10,
            )
        )

    def model(self, name: object) -> Model:
        """The one of a name, the first where it is None.  BadRequest (404) for a name that there is not."""
        if name is None:
            return self.first
        if isinstance(name, str) and name in self.models:
            return self.models[name]
        known = ", ".join(self.models)
        raise BadRequest(
            say(f"없는 모델입니다. 이 서버의 모델: {known}.", f"no such model. This server has: {known}."),
            status=404,
            code="model_not_found",
            param="model",
        )

    def _prepared(self, model: Model, asked: Asked, prompts: list[list[int]], dropped: int = 0) -> Prepared:
        rooms = [room_for_answer(model, len(prompt), asked.sampling) for prompt in prompts]
        bias = asked.logit_bias
        if not all(token < model.tokenizer.vocab_size for token in bias):
            raise BadRequest(
                say("logit_bias에 없는 토큰이 있습니다.", "logit_bias names a token that there is not."),
                param="logit_bias",
            )
        asks = [
            Ask(
                model=model.name,
                prompt=prompt,
                sampling=_of_answer(asked.sampling, number, room),
                stop=tuple(map(model.tokenizer.prepared, asked.stops)),
                logprobs=asked.logprobs,
                logit_bias=bias,
            )
            for prompt, room in zip(prompts, rooms, strict=True)
            for number in range(asked.n)
        ]
        return Prepared(model, asked, asks, sum(map(len, prompts)), max(map(len, prompts)), dropped)


@contextlib.contextmanager
def _naming(field: str) -> Iterator[None]:
    """TooLong as the API says it, with the field that is."""
    try:
        yield
    except TooLong as error:
        raise BadRequest(str(error), code="context_length_exceeded", param=field) from error


def _of_answer(sampling: Sampling, number: int, room: int) -> Sampling:
    """Each answer of a request has a seed of its own; the first has the request's, whatever n is."""
    seed = (sampling.seed + number + 2**63) % 2**64 - 2**63
    return dataclasses.replace(sampling, seed=seed, max_tokens=room)


def frame_of(model: Model, kind: str, token: str) -> Json:
    """What every event of an answer begins with; system_fingerprint is known once an engine has begun it."""
    return {
        "id": f"{kind}-{token}",
        "created": int(time.time()),
        "model": model.name,
    }
