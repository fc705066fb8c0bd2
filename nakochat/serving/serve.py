"""A run -> served on this machine: the front in this process, an engine in one of its own for each device."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict

from fastapi import FastAPI

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.messages import say
from nakochat.core.paths import RunReference
from nakochat.core.progress import speak
from nakochat.inference.options import EngineOptions, Sampling
from nakochat.serving.app import create_app
from nakochat.serving.engines.device import Device
from nakochat.serving.engines.dispatch import Dispatcher
from nakochat.serving.engines.shelf import Model, models_of
from nakochat.serving.front.front import Front
from nakochat.serving.front.records import AccessLog
from nakochat.serving.settings import ServeSettings, Truncation
from nakochat.serving.web.gate import LOCAL_HOSTS, Policy
from nakochat.serving.web.keys import Keys, read_keys
from nakochat.serving.web.limits import Door, Limits
from nakochat.serving.web.pages import page_files
from nakochat.serving.web.server import LocalServer, address_of, is_local, name_of, open_socket, run_server

ENGINE = "from nakochat.serving.engines.process import main; main()"


def run_serve(
    run: RunReference,
    *,
    settings: ServeSettings,
    limits: Limits,
    sampling: Sampling,
    device: str = "auto",
    dtype: str = "auto",
    engine: EngineOptions = EngineOptions(),
) -> None:
    """Serve until Ctrl-C or SIGTERM.  CheckpointError or ConfigError where that cannot be."""
    models = models_of(run, engine.context)
    keys = read_keys(settings.keys, os.environ)
    policy = policy_of(settings, keys)
    log = AccessLog(settings.access_log, quiet=settings.quiet)
    command = (sys.executable, "-c", ENGINE, device, dtype, str(settings.gpus), json.dumps(asdict(engine)))
    with open_socket(settings.host, settings.port, has_keys=bool(keys)) as place:
        devices = engines(command, settings.gpus)
        front = front_of(models, devices, limits, sampling, settings.models, settings.truncation)
        app = create_app(front, policy=policy, log=log)
        server = ModelServer(app, front, place, settings, has_keys=bool(keys))
        speak(say(f"모델을 읽습니다: {front.first.name} …", f"Loading {front.first.name} …"))
        run_server(server, place)
        log.close()
    if front.dispatcher.failure is not None:
        raise CheckpointError(front.dispatcher.failure)


def front_of(
    models: dict[str, Model],
    devices: Sequence[Device],
    limits: Limits,
    sampling: Sampling,
    most_models: int,
    truncation: Truncation = "disabled",
) -> Front:
    """The front of these models on these devices."""
    dispatcher = Dispatcher(devices, next(iter(models)), most_models=most_models)
    front = Front(models, dispatcher, Door(limits), sampling, truncation)
    dispatcher.on_loaded = front.learn
    return front


def engines(command: Sequence[str], count: int) -> list[Device]:
    """The engine processes, each on a GPU of its own where there are several."""
    places = [{"LOCAL_RANK": str(number)} if count > 1 else {} for number in range(count)]
    return [Device(number, command, environment=place) for number, place in enumerate(places)]


def policy_of(settings: ServeSettings, keys: Keys) -> Policy:
    """Who may come in.  ConfigError for an origin that is none, and without a key for all pages and for other names."""
    origins = frozenset(origin.rstrip("/").lower() for origin in settings.cors)
    for origin in origins:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise ConfigError(
                say(
                    f"--cors {origin}: https://주소 모양이어야 합니다.",
                    f"--cors {origin}: it has to look like https://address.",
                )
            )
    if "*" in origins and not keys:
        raise ConfigError(
            say(
                "--cors '*'는 열쇠가 있을 때에만 됩니다. 아무 웹 페이지나 이 모델을 쓰게 되기 때문입니다.",
                "--cors '*' needs a key: any web page could use this model otherwise.",
            )
        )
    others = [name for name in settings.allow_host if not is_local(name.lower())]
    if others and not keys:
        raise ConfigError(
            say(
                f"--allow-host {others[0]}: 다른 이름은 열쇠가 있을 때에만 됩니다. 그 이름으로 오는 누구나 이 모델을 "
                "쓰게 되기 때문입니다. --keys나 NAKO_API_KEY로 열쇠를 주세요.",
                f"--allow-host {others[0]}: another name needs a key, since whoever comes by it could use this model. "
                "Give one with --keys or NAKO_API_KEY.",
            )
        )
    names = frozenset(name.lower() for name in (*LOCAL_HOSTS, settings.host, *settings.allow_host))
    return Policy(
        keys=keys,
        hosts=names,
        any_address=not is_local(settings.host),
        origins=origins,
        open_paths=frozenset({"/health", "/ready", *page_files()}),
    )


class ModelServer(LocalServer):
    """Says where it is once the model is loaded, and ends where it cannot be."""

    def __init__(
        self,
        app: FastAPI,
        front: Front,
        place: socket.socket,
        settings: ServeSettings,
        *,
        has_keys: bool = False,
    ) -> None:
        super().__init__(app, drain=lambda: front.drain(settings.drain), end=front.end)
        self._has_keys = has_keys
        self._front, self._place, self._settings = front, place, settings
        self._has_spoken = False

    async def on_tick(self, counter: int) -> bool:
        dispatcher = self._front.dispatcher
        if dispatcher.failure is not None or (dispatcher.is_hopeless and not self._has_spoken):
            dispatcher.failure = dispatcher.failure or say(
                "모델을 읽는 프로세스가 거듭 끝났습니다. 위의 말을 보세요.",
                "the process that loads the model keeps ending. See above.",
            )
            return True
        if dispatcher.is_ready and not self._has_spoken:
            self._has_spoken = True
            for line in self._greeting():
                speak(line)
        return await super().on_tick(counter)

    def _greeting(self) -> list[str]:
        name, address = self._front.first.name, address_of(self._place)
        port = self._place.getsockname()[1]
        lines = [
            say(
                f"{name}: 브라우저에서 {address} 주소를 여세요. 끝내려면 Ctrl+C.",
                f"{name}: open {address} in a browser. Ctrl+C ends.",
            )
        ]
        if "SSH_CONNECTION" in os.environ or not is_local(self._settings.host):
            tunnel = f"ssh -L {port}:{name_of(self._place)} {socket.gethostname()}"
            lines.append(
                say(
                    f"다른 컴퓨터에서 쓰려면 그곳에서: {tunnel}",
                    f"From another computer, there: {tunnel}",
                )
            )
        if self._has_keys:
            lines.append(say("페이지가 열쇠를 물어봅니다.", "The page will ask for the key."))
        return lines
