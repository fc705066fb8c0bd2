"""Answers that are asked for -> engine processes, in turn: who waits, which model lies where, what is on its way.

Clients take turns, so that one who asks for much does not keep the others waiting.  An answer goes where its model is
loaded and a slot is free; a conversation goes on where its beginning is known.  What still waits when an engine process
dies goes to the next one; what was on its way ends with EngineLost.
"""

import asyncio
import dataclasses
import itertools
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.serving.engines.device import Device
from nakochat.serving.engines.wire import Message, WireToken, unpack_tokens
from nakochat.serving.errors import BadRequest

CRASH_LOOP = 3  # deaths one after the other, from which on nobody is made to wait for that device
BEGINNING = 64  # tokens by which a conversation is known again
SLACK = 2  # answers that a device may have more than another and still be preferred for what it knows


class EngineLost(BadRequest):
    """The engine process ended while it generated this answer."""

    def __init__(self) -> None:
        super().__init__(
            say(
                "답을 만들던 프로세스가 끝났습니다. 다시 보내세요.",
                "the process that generated the answer ended. Try again.",
            ),
            status=503,
            code="engine_lost",
            retry_after=2,
        )


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked of an engine."""

    model: str
    prompt: Sequence[int]
    sampling: Sampling
    stop: Sequence[str] = ()
    logprobs: int | None = None
    logit_bias: Mapping[int, float] = field(default_factory=dict)

    def message(self, key: int) -> Message:
        """As an engine process reads it."""
        return {
            "do": "begin",
            "key": key,
            "model": self.model,
            "prompt": list(self.prompt),
            "sampling": dataclasses.asdict(self.sampling),
            "stop": list(self.stop),
            "logprobs": self.logprobs,
            "logit_bias": list(self.logit_bias.items()),
        }


News = tuple[int, WireToken | BadRequest]  # with the number of the answer in its request


@dataclass(eq=False)
class Job:
    """One answer that was asked for, of those whose news go to the same queue."""

    key: int
    index: int
    ask: Ask
    client: str
    news: asyncio.Queue[News]
    device: Device | None = None
    fingerprint: str | None = None
    """Of the engine that answers; known once one does."""
    timer: asyncio.TimerHandle | None = None
    is_over: bool = False

    def tell(self, news: WireToken | BadRequest) -> None:
        """The next token, or why there is none.  As many as the model's context at most, so it needs no bound."""
        if not self.is_over:
            self.is_over = isinstance(news, BadRequest) or news.finish is not None
            self.news.put_nowait((self.index, news))


@dataclass
class Loaded:
    """A model in an engine process."""

    slots: int
    fingerprint: str
    jobs: dict[int, Job] = field(default_factory=dict)


@dataclass
class Place:
    """What the front knows of an engine process."""

    models: OrderedDict[str, Loaded] = field(default_factory=OrderedDict)  # last used at the end
    loading: str | None = None
    awaited: str | None = None
    """A model for which room is to be made: nothing else begins here before."""
    has_loaded: bool = False
    """Whether it has loaded a model since it was started: it loads whatever is asked for."""
    unloadable: set[str] = field(default_factory=set)
    """What it could not load.  It is tried again where no other device has it."""
    state: dict[str, float] = field(default_factory=dict)

    @property
    def busy(self) -> int:
        return sum(len(model.jobs) for model in self.models.values())


class Dispatcher:
    """The queue and the devices.  All of it runs in one event loop; no method waits."""

    def __init__(
        self,
        devices: Sequence[Device],
        first: str,
        *,
        most_models: int = 2,
    ) -> None:
        self.devices, self.first, self.most_models = devices, first, most_models
        self.places = {device: Place() for device in devices}
        self.failure: str | None = None
        """Why the first model could not be loaded, where none was loaded before: nothing will come of this server."""
        self._has_loaded = False
        self.on_loaded: Callable[[str, int, int], None] = lambda model, context, created: None
        """Told the context that a model has in an engine, and when its weights were written."""
        self._queues: OrderedDict[str, deque[Job]] = OrderedDict()  # by client, the next one's at the front
        self._keys = itertools.count(1)
        self._is_placing = False

    def start(self) -> None:
        for device in self.devices:
            device.start(self)

    def give_up(self, why: BadRequest) -> None:
        """End every answer, waiting or on its way."""
        for job in [*self._waiting(), *self._running()]:
            self.cancel(job, why)

    async def close(self) -> None:
        """End all engine processes."""
        await asyncio.gather(*(device.close() for device in self.devices))

    @property
    def is_ready(self) -> bool:
        """Whether an answer would begin, once its model is loaded where it is not."""
        return any(place.has_loaded for place in self.places.values())

    @property
    def is_hopeless(self) -> bool:
        """Whether every device keeps dying, so that waiting for one would be in vain."""
        return not self.is_ready and all(device.deaths >= CRASH_LOOP for device in self.devices)

    @property
    def running(self) -> int:
        return sum(place.busy for place in self.places.values())

    def ask(self, ask: Ask, client: str, news: asyncio.Queue[News], index: int, patience: float) -> Job:
        """Queue an answer.  It is given up with a 503 when no device has taken it after `patience` seconds."""
        job = Job(next(self._keys), index, ask, client, news)
        job.timer = asyncio.get_running_loop().call_later(patience, self._finish, job, too_slow())
        self._queues.setdefault(client, deque()).append(job)
        self._place_all()
        return job

    def cancel(self, job: Job, why: BadRequest | None = None) -> None:
        """The answer is not wanted any more.  Nothing happens when it is over."""
        if job.device is not None:
            job.device.send({"do": "cancel", "key": job.key})
        self._finish(job, why)

    # what devices say

    def connected(self, device: Device) -> None:
        self.places[device] = Place()
        self._load(device, self.first)

    def heard(self, device: Device, message: Message) -> None:
        place = self.places[device]
        kind = message["is"]
        if "running" in message:
            place.state = {name: value for name, value in message.items() if isinstance(value, (int, float))}
        if kind == "tokens":
            for key, token in unpack_tokens(message):
                self._take(place, key, token)
        elif kind == "loaded":
            place.models[message["model"]] = Loaded(message["slots"], message["fingerprint"])
            place.loading = place.awaited = None
            place.has_loaded = self._has_loaded = True
            place.unloadable.discard(message["model"])
            device.deaths = 0
            self.on_loaded(message["model"], message["context"], message["created"])
        elif kind == "unloadable":
            self._unloadable(place, message["model"], message["why"])
        elif kind == "refused":
            self._take(place, message["key"], BadRequest(message["why"], code=message["code"]))
        self._place_all()

    def died(self, device: Device) -> None:
        place, self.places[device] = self.places[device], Place()
        for model in place.models.values():
            for job in list(model.jobs.values()):
                job.tell(EngineLost())
        if self.is_hopeless:
            for job in self._waiting():
                self._finish(job, EngineLost())
        self._place_all()

    def _take(self, place: Place, key: int, news: WireToken | BadRequest) -> None:
        found = (model.jobs[key] for model in place.models.values() if key in model.jobs)
        job = next(found, None)
        if job is None:
            return  # it was cancelled meanwhile
        job.tell(news)
        if isinstance(news, BadRequest) or news.finish is not None:
            self._forget(job)  # which may drop the model, so that nothing may be looking through them here

    def _unloadable(self, place: Place, model: str, why: str) -> None:
        place.loading = place.awaited = None
        place.unloadable.add(model)
        if model == self.first and not self._has_loaded:
            self.failure = why
        if any(model in other.models or model == other.loading for other in self.places.values()):
            return
        for job in [job for job in self._waiting() if job.ask.model == model]:
            self._finish(
                job, BadRequest(why, status=503, code="model_unavailable", param="model", retry_after=10)
            )

    # where answers go

    def _place_all(self) -> None:
        """Send on what can be sent, one answer of each client in turn."""
        if self._is_placing:
            return
        self._is_placing = True
        try:
            while sum(self._place_next(client) for client in list(self._queues)):
                pass  # another round, as long as one of them moved
        finally:
            self._is_placing = False

    def _place_next(self, client: str) -> bool:
        """Whether the client's next answer could be sent on."""
        job = self._queues[client][0]
        device = self._device_for(job)
        if device is None:
            return False
        self._dequeue(job)
        if client in self._queues:
            self._queues.move_to_end(client)
        self._send(device, job)
        return True

    def _device_for(self, job: Job) -> Device | None:
        """Where the answer may begin now.  If nowhere, its model is loaded where there is room."""
        free = [device for device in self.devices if self._has_slot(device, job.ask.model)]
        if free:
            least = min(self.places[device].busy for device in free)
            known = free[hash((job.client, *job.ask.prompt[:BEGINNING])) % len(free)]
            if self.places[known].busy <= least + SLACK:
                return known
            return min(free, key=lambda device: self.places[device].busy)
        up = [device for device in self.devices if device.is_connected]
        if not any(job.ask.model in (place.loading, place.awaited) for place in self.places.values()):
            for device in sorted(up, key=lambda device: self.places[device].busy):
                if self._make_room(device, job.ask.model):
                    break
        return None

    def _has_slot(self, device: Device, model: str) -> bool:
        place = self.places[device]
        loaded = place.models.get(model)
        if loaded is None or place.awaited not in (None, model):
            return False
        return len(loaded.jobs) < loaded.slots

    def _make_room(self, device: Device, model: str) -> bool:
        """Load a model that the device lacks, in the place of one that nobody uses; or wait for such a place."""
        place = self.places[device]
        if place.loading or place.awaited or model in place.models:
            return False
        is_full = len(place.models) >= self.most_models
        is_elsewhere = any(model in other.models for other in self.places.values())
        if is_elsewhere and (is_full or model in place.unloadable):
            return False  # it is there already, only busy: no reason to push another out or to try in vain
        if not is_full:
            self._load(device, model)
            return True
        place.awaited = model
        self._evict(device)
        return True

    def _evict(self, device: Device) -> None:
        """Where a model is awaited, drop the one unused for longest, if one is unused."""
        place = self.places[device]
        if place.awaited is None or place.loading:
            return
        for name, loaded in place.models.items():
            if not loaded.jobs:
                del place.models[name]
                device.send({"do": "drop", "model": name})
                self._load(device, place.awaited)
                return

    def _load(self, device: Device, model: str) -> None:
        self.places[device].loading = model
        device.send({"do": "load", "model": model})

    def _send(self, device: Device, job: Job) -> None:
        models = self.places[device].models
        models[job.ask.model].jobs[job.key] = job
        models.move_to_end(job.ask.model)
        job.device, job.fingerprint = device, models[job.ask.model].fingerprint
        if job.timer is not None:
            job.timer.cancel()
        device.send(job.ask.message(job.key))

    # ends

    def _finish(self, job: Job, why: BadRequest | None) -> None:
        """The answer is over before its time."""
        if why is not None:
            job.tell(why)
        self._dequeue(job)
        self._forget(job)
        self._place_all()

    def _dequeue(self, job: Job) -> None:
        queue = self._queues.get(job.client)
        if queue is not None and job in queue:
            queue.remove(job)
            if not queue:
                del self._queues[job.client]

    def _forget(self, job: Job) -> None:
        if job.timer is not None:
            job.timer.cancel()
        device, job.device = job.device, None
        if device is None:
            return
        loaded = self.places[device].models.get(job.ask.model)
        if loaded is not None:
            loaded.jobs.pop(job.key, None)
        self._evict(device)

    def _waiting(self) -> list[Job]:
        return [job for queue in self._queues.values() for job in queue]

    def _running(self) -> list[Job]:
        return [
            job
            for place in self.places.values()
            for model in place.models.values()
            for job in model.jobs.values()
        ]


def too_slow() -> BadRequest:
    return BadRequest(
        say(
            "차례가 오지 않았습니다. 지금은 많이 바쁘니 잠시 뒤에 다시 보내세요.",
            "its turn did not come. The server is busy: try again in a while.",
        ),
        status=503,
        code="overloaded",
        retry_after=5,
    )
