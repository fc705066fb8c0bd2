"""A run -> the chat page and OpenAI's API on this machine.  [nako serve]"""

from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.inference.options import EngineOptions, Sampling
from nakochat.serving.settings import ServeSettings
from nakochat.serving.web.limits import Limits


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Served:
    """How to serve."""

    where: Annotated[ServeSettings, Parameter(name="*")] = field(default_factory=ServeSettings)
    limits: Annotated[Limits, Parameter(name="*")] = field(default_factory=Limits)
    sampling: Annotated[Sampling, Parameter(name="*")] = field(default_factory=Sampling)
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    engine: Annotated[EngineOptions, Parameter(name="*")] = field(default_factory=EngineOptions)


def serve(run: str | None = None, *, settings: Served = Served()) -> None:
    """Open the chat page and the OpenAI API on this machine.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새 실행의 마지막 단계. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest run's latest stage.
    """
    _server().run_serve(
        find_run(run),
        settings=settings.where,
        limits=settings.limits,
        sampling=settings.sampling,
        device=settings.device,
        dtype=settings.dtype,
        engine=settings.engine,
    )


def require_place(port: int) -> None:
    """ConfigError where `serve` could not begin here: a package is missing, or the port is taken."""
    _server().open_socket(ServeSettings.host, port).close()


def _server() -> ModuleType:
    """ConfigError without the packages of the serve extra."""
    try:
        return import_module("nakochat.serving.serve")
    except ModuleNotFoundError as error:
        raise ConfigError(
            say(
                f"웹 서버에 필요한 패키지가 없습니다 ({error.name}). 설치하세요: pip install 'nakochat[serve]'",
                f"a package of the web server is missing ({error.name}). Install it: pip install 'nakochat[serve]'",
            )
        ) from error
