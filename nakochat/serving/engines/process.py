"""The process that holds the models of one device -> tokens for the front.

One thread, one loop: hear what the front wants, compute one step of every engine, send its tokens.  Only a model is
loaded beside it, so that answers of another go on meanwhile.  Ends when the front's socket closes.
"""

import hashlib
import json
import logging
import socket
import sys
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from nakochat import __version__
from nakochat.core.errors import ConfigError, NakoError
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions, Sampling
from nakochat.inference.request import Request, TooLong
from nakochat.inference.talk import open_checkpoint
from nakochat.models.checkpoint import checkpoint_of
from nakochat.serving.engines.shelf import reference_of
from nakochat.serving.engines.wire import EngineEnd, Message, WireToken, pack, pack_tokens
from nakochat.text.tokenizer import Tokenizer

ALIVE = 1.0  # seconds between two signs of life
logger = logging.getLogger(__name__)


@dataclass
class Held:
    """An engine and the front's names of what it computes."""

    engine: Engine
    keys: dict[int, int] = field(default_factory=dict)  # the engine's key -> the front's


@dataclass(frozen=True)
class Opened:
    """An engine, and what its model is: when its weights were written, and a name that other answers would change."""

    engine: Engine
    created: int
    fingerprint: str


class Opener(Protocol):
    """Where engines come from."""

    def open(self, name: str) -> Opened:
        """A model's engine.  Called in another thread than forget."""

    def forget(self) -> None:
        """Hand back the memory of engines that are gone."""


class EngineProcess:
    """The loop."""

    def __init__(self, front: EngineEnd, opener: Opener) -> None:
        self._front, self._opener = front, opener
        self._loaded: dict[str, Held] = {}
        self._loading: tuple[str, Future[Opened]] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nako-load")
        self._said = 0.0

    def run(self) -> None:
        """Until the front is gone."""
        try:
            while True:
                for message in self._front.receive(self._patience()):
                    self._obey(message)
                self._finish_loading()
                self._step_all()
                if time.monotonic() > self._said + ALIVE:
                    self._say_alive()
        except (EOFError, ConnectionError):
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _patience(self) -> float:
        """How long to wait for the front when there is nothing to compute."""
        if any(loaded.engine.busy for loaded in self._loaded.values()):
            return 0.0
        return 0.02 if self._loading else ALIVE

    def _obey(self, message: Message) -> None:
        match message["do"]:
            case "load":
                self._loading = (message["model"], self._thread.submit(self._open, message["model"]))
            case "drop":
                self._loaded.pop(message["model"], None)
                self._opener.forget()  # what the next model is planned by is what is free then
            case "begin":
                self._begin(message)
            case "cancel":
                self._cancel(message["key"])

    def _begin(self, message: Message) -> None:
        loaded = self._loaded[message["model"]]
        try:
            key = loaded.engine.submit(_request(message))
        except NakoError as error:
            code = "context_length_exceeded" if isinstance(error, TooLong) else None
            self._front.send(pack({"is": "refused", "key": message["key"], "why": str(error), "code": code}))
        else:
            loaded.keys[key] = message["key"]

    def _cancel(self, wanted: int) -> None:
        for loaded in self._loaded.values():
            for key, named in list(loaded.keys.items()):
                if named == wanted:
                    loaded.engine.cancel(key)
                    del loaded.keys[key]

    def _step_all(self) -> None:
        for loaded in self._loaded.values():
            self._step(loaded)

    def _step(self, loaded: Held) -> None:
        if not loaded.engine.busy:
            return
        new = []
        for token in loaded.engine.step():
            named = loaded.keys.get(token.key)
            if named is None:
                continue
            new.append(
                (named, WireToken(token.id, token.finish, token.text, token.kind, token.logprob, token.top))
            )
            if token.finish:
                del loaded.keys[token.key]
        if new:
            self._front.send(pack_tokens(new))

    def _open(self, name: str) -> Opened:
        """In the thread that loads.  A model counts as loaded once the memory of its answers is there too."""
        opened = self._opener.open(name)
        opened.engine.reserve()
        return opened

    def _finish_loading(self) -> None:
        if self._loading is None or not self._loading[1].done():
            return
        (name, future), self._loading = self._loading, None
        error = future.exception()
        if error is None:
            self._welcome(name, future.result())
            return
        self._front.send(pack({"is": "unloadable", "model": name, "why": _why(name, error)}))
        traceback.clear_frames(error.__traceback__)  # which hold all that had been made until then
        self._opener.forget()

    def _welcome(self, name: str, opened: Opened) -> None:
        self._loaded[name] = Held(opened.engine)
        counters = opened.engine.counters()
        about = {
            "context": opened.engine.context,
            "slots": counters.slots_used + counters.slots_free,
            "created": opened.created,
            "fingerprint": opened.fingerprint,
        }
        self._front.send(pack({"is": "loaded", "model": name, **about}))

    def _say_alive(self) -> None:
        """How full the engines are, all together."""
        self._said = time.monotonic()
        state: dict[str, Any] = {"is": "alive", "running": 0}
        for loaded in self._loaded.values():
            for name, value in vars(loaded.engine.counters()).items():
                state[name] = state.get(name, 0) + value
        self._front.send(pack(state))


def _request(message: Message) -> Request:
    return Request(
        prompt=message["prompt"],
        sampling=Sampling(**message["sampling"]),
        stop=tuple(message["stop"]),
        logprobs=message["logprobs"],
        logit_bias=dict(message["logit_bias"]),
    )


def _why(name: str, error: BaseException) -> str:
    """What clients are told of a model that cannot be loaded.  What no user can mend goes to the log with its place."""
    if isinstance(error, NakoError):
        return str(error)
    logger.error("%s cannot be loaded", name, exc_info=error)
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return say(
            f"메모리가 모자라 모델을 읽을 수 없습니다: {name}. --models를 줄이거나 --quant int8, 더 작은 --context로 "
            "실행하세요.",
            f"not enough memory for the model {name}. Serve with fewer --models, --quant int8 or a smaller --context.",
        )
    kind = type(error).__name__
    return say(
        f"모델을 읽다가 오류가 났습니다: {name} ({kind}). 다시 보내 보고, 그래도 안 되면 서버의 기록을 보세요.",
        f"the model {name} could not be loaded ({kind}). Try again; if that fails too, see the server's log.",
    )


class Shelf:
    """Engines of runs on this machine, which is opened with the first of them."""

    def __init__(self, device: str, dtype: str, gpus: int, options: EngineOptions) -> None:
        self._device, self._dtype, self._gpus, self._options = device, dtype, gpus, options
        self._machine: Machine | None = None

    def open(self, name: str) -> Opened:
        if self._machine is None:
            self._machine = _machine(self._device, self._dtype, self._gpus)
        run = reference_of(name)
        tokenizer = Tokenizer.load(run.folder.parent / "tokenizer")
        checkpoint = checkpoint_of(run)
        created, weights = checkpoint.written, checkpoint.hash  # a training may delete it once it is read
        engine = open_checkpoint(checkpoint, tokenizer, self._machine, self._options)
        return Opened(engine, created, fingerprint(weights, engine, self._options))

    def forget(self) -> None:
        if self._machine is not None:
            self._machine.forget_cached_memory()


def fingerprint(weights: str, engine: Engine, options: EngineOptions) -> str:
    """OpenAI's system_fingerprint: another wherever the same request may be answered otherwise.

    weights: their SHA-256.
    """
    how = [__version__, weights, options.quant, str(engine.model.dtype), engine.exact]
    return "nako_" + hashlib.sha256(json.dumps(how).encode()).hexdigest()[:16]


def main() -> None:
    """What a device's command starts.

    argv: device, dtype, number of GPUs in use, EngineOptions as JSON, number of the front's socket.
    """
    device, dtype, gpus, options, number = sys.argv[1:]
    shelf = Shelf(device, dtype, int(gpus), EngineOptions(**json.loads(options)))
    with socket.socket(fileno=int(number)) as place:
        EngineProcess(EngineEnd(place), shelf).run()


def _machine(device: str, dtype: str, gpus: int) -> Machine:
    """One GPU of several is chosen by LOCAL_RANK, as under torchrun."""
    machine = open_machine(device, dtype, "no")
    if gpus > 1 and machine.device.type != "cuda":
        raise ConfigError(
            say(
                f"--gpus {gpus}: 쓸 수 있는 CUDA GPU가 없습니다. --gpus를 빼고 실행하세요.",
                f"--gpus {gpus}: there is no CUDA GPU to use. Leave --gpus out.",
            )
        )
    return machine
