"""What `nako serve` is told, beside the run and the limits.  No web framework: `nako serve --help` needs none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say

Truncation = Literal["disabled", "auto"]  # the words of OpenAI's newer API


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """Where to listen, whom to let in, and on what to compute."""

    host: str = "127.0.0.1"
    """기다릴 주소. 다른 컴퓨터에 여는 주소에는 열쇠가 있어야 합니다. |
    Address to listen on; one that others can reach needs a key."""
    port: int = 8000
    """기다릴 포트. | Port to listen on."""
    keys: Path | None = None
    """열쇠 파일: 한 줄에 '이름 열쇠'. 하나만 쓸 때에는 NAKO_API_KEY로도 됩니다. |
    File of keys, 'NAME KEY' a line; for a single one NAKO_API_KEY will do."""
    allow_host: tuple[str, ...] = ()
    """이 서버의 다른 이름(Host), 이를테면 프록시의 도메인. |
    Other names of this server (Host), such as a proxy's domain."""
    cors: tuple[str, ...] = ()
    """이 서버에 물어도 되는 다른 웹 페이지의 주소(CORS). | Other web pages that may ask this server (CORS)."""
    gpus: int = 1
    """GPU 몇 개를 쓸지; 하나에 프로세스 하나. | How many GPUs, a process for each."""
    truncation: Truncation = "disabled"
    """대화가 문맥을 넘으면: disabled는 거절하고, auto는 오래된 차례부터 뺍니다 (요청마다 고를 수도 있습니다). |
    A conversation longer than the context: disabled refuses it, auto drops its oldest turns (a request may choose)."""
    models: int = 2
    """한 장치의 메모리에 함께 둘 모델의 최대 수. | Most models in one device's memory at once."""
    drain: float = 30.0
    """SIGTERM을 받은 뒤 시작한 답을 기다리는 시간(초). | Seconds to wait after SIGTERM for answers that have begun."""
    access_log: Path | None = None
    """요청 기록(JSON 한 줄씩)을 쓸 파일; 기본: 표준 오류. |
    File for the access log, JSON lines; default: standard error."""
    quiet: bool = False
    """요청을 기록하지 않습니다. | No access log."""

    def __post_init__(self) -> None:
        for name, holds in {
            "gpus": self.gpus >= 1,
            "models": self.models >= 1,
            "drain": self.drain >= 0,
        }.items():
            if not holds:
                raise ConfigError(
                    say(
                        f"--{name}에 쓸 수 없는 값입니다: {getattr(self, name)}.",
                        f"not a value for --{name}: {getattr(self, name)}.",
                    )
                )
