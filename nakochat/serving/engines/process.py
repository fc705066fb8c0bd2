"""The process that holds the models of one device -> tokens for the front.

One thread, one loop: hear what the front wants, compute one step of every engine, send its tokens.  Only a model is
loaded beside it, so that answers of another go on meanwhile.  Ends when the front's socket closes.
"""

import json
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from nakochat.core.errors import ConfigError, NakoError
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions, Sampling
from nakochat.inference.request import Request
from nakochat.inference.talk import load_engine
from nakochat.serving.engines.shelf import reference_of
from nakochat.serving.engines.wire import EngineEnd, Message, Token, pack, pack_tokens

ALIVE = 1.0  # seconds between two signs of life


@dataclass
class Loaded:
    """An engine and the front's names of what it computes."""

    engine: Engine
    keys: dict[int, int] = field(default_factory=dict)  # the engine's key -> the front's


class EngineProcess:
    """The loop.  open_engine: a model's name -> its engine, called in another thread."""

    def __init__(self, front: EngineEnd, open_engine: Callable[[str], Engine]) -> None:
        self._front, self._open = front, open_engine
        self._loaded: dict[str, Loaded] = {}
        self._loading: tuple[str, Future[Engine]] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nako-load")
        self._said = 0.0

    def run(self) -> None:
        """Until the front is gone."""
        try:
            while True:
                for message in self._front.receive(self._patience()):
                    self._obey(message)
                self._finish_loading()
                for loaded in self._loaded.values():
                    self._step(loaded)
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
            case "begin":
                self._begin(message)
            case "cancel":
                self._cancel(message["key"])

    def _begin(self, message: Message) -> None:
        loaded = self._loaded[message["model"]]
        try:
            key = loaded.engine.submit(_request(message))
        except NakoError as error:
            self._front.send(pack({"is": "refused", "key": message["key"], "why": str(error)}))
        else:
            loaded.keys[key] = message["key"]

    def _cancel(self, wanted: int) -> None:
        for loaded in self._loaded.values():
            for key, named in list(loaded.keys.items()):
                if named == wanted:
                    loaded.engine.cancel(key)
                    del loaded.keys[key]

    def _step(self, loaded: Loaded) -> None:
        if not loaded.engine.busy:
            return
        new = []
        for token in loaded.engine.step():
            named = loaded.keys.get(token.key)
            if named is None:
                continue
            new.append(
                (named, Token(token.id, token.finish, token.text, token.kind, token.logprob, token.top))
            )
            if token.finish:
                del loaded.keys[token.key]
        if new:
            self._front.send(pack_tokens(new))

    def _finish_loading(self) -> None:
        if self._loading is None or not self._loading[1].done():
            return
        (name, future), self._loading = self._loading, None
        try:
            engine = future.result()
        except NakoError as error:
            self._front.send(pack({"is": "unloadable", "model": name, "why": str(error)}))
            return
        self._loaded[name] = Loaded(engine)
        counters = engine.counters()
        slots = counters.slots_used + counters.slots_free
        self._front.send(pack({"is": "loaded", "model": name, "context": engine.context, "slots": slots}))

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


def main() -> None:
    """What a device's command starts.

    argv: device, dtype, number of GPUs in use, EngineOptions as JSON, number of the front's socket.
    """
    device, dtype, gpus, options, number = sys.argv[1:]
    how = EngineOptions(**json.loads(options))
    machine: list[Machine] = []

    def open_engine(name: str) -> Engine:
        if not machine:
            machine.append(_machine(device, dtype, int(gpus)))
        engine: Engine = load_engine(reference_of(name), machine[0], how)
        return engine

    with socket.socket(fileno=int(number)) as place:
        EngineProcess(EngineEnd(place), open_engine).run()


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
