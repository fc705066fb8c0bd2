"""How to choose tokens and how to compute them, as values.  No torch: the server's front loads no model."""

from dataclasses import dataclass

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.models.bits import Quant


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """How an engine computes.  Raises ConfigError for values that make no sense."""

    quant: Quant | None = None
    """가중치를 bf16, int8, int4로 줄여 빠르게 읽습니다. | Weights in bf16, int8 or int4, which are read faster."""
    context: int | None = None
    """한 대화의 가장 많은 토큰 수; 기본: 모델의 문맥. | Most tokens of a conversation; default: the model's context."""
    exact: bool | None = None
    """곁에 누가 있든 답이 비트까지 같게; 기본: CPU에서만 (GPU에서는 느려집니다). |
    The same answer to the bit in any company; default: on a CPU only, as it slows a GPU down."""
    compile: bool = False
    """GPU의 작은 커널들을 컴파일러로 합칩니다; 처음에 시간이 걸립니다. |
    Let the compiler join a GPU's small kernels, which takes its time at first."""

    def __post_init__(self) -> None:
        if self.context is not None and self.context < 2:
            raise ConfigError(
                say(
                    f"--context는 2 이상이어야 합니다: {self.context}.",
                    f"--context must be 2 or more: {self.context}.",
                )
            )


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How to choose tokens.  Raises ConfigError for values that make no sense."""

    max_tokens: int = 256
    """만들 토큰의 최대 수. | Most tokens to generate."""
    temperature: float = 0.7
    """0이면 (0.00001보다 낮아도) 늘 가장 그럴듯한 토큰, 높으면 더 뜻밖의 말. |
    0, or less than 0.00001, always takes the likeliest token; higher is more surprising."""
    top_k: int | None = 50
    """가장 그럴듯한 k개 가운데 고릅니다. | Choose among the k likeliest tokens."""
    top_p: float | None = None
    """합쳐서 이 확률이 되는 그럴듯한 토큰들 가운데 고릅니다; 0이면 가장 그럴듯한 것만. |
    Choose among the likeliest tokens that together have this probability; 0 leaves the likeliest alone."""
    min_p: float | None = None
    """가장 그럴듯한 것의 이 비율 이상인 토큰 가운데 고릅니다. |
    Choose among tokens at least this likely, as a share of the likeliest."""
    repetition_penalty: float = 1.0
    """1보다 크면 이미 나온 토큰이 덜 나옵니다. | Above 1, tokens that were there already become less likely."""
    presence_penalty: float = 0.0
    """0보다 크면 이미 쓴 토큰의 로짓을 이만큼 낮춥니다. | Lowers the logit of tokens already written by this much."""
    frequency_penalty: float = 0.0
    """0보다 크면 이미 쓴 토큰의 로짓을 쓴 횟수마다 이만큼 낮춥니다. |
    Lowers the logit of a token by this much for every time it was written."""
    seed: int = 0
    """씨앗이 같으면 답도 같습니다 (GPU에서 여럿이 함께 물을 때에는 --exact와 함께). |
    The same seed gives the same answer (on a GPU in company: with --exact)."""

    def __post_init__(self) -> None:
        checks = {
            "max_tokens": self.max_tokens >= 1,
            "temperature": 0 <= self.temperature <= 10,
            "top_k": self.top_k is None or self.top_k >= 1,
            "top_p": self.top_p is None or 0 <= self.top_p <= 1,
            "min_p": self.min_p is None or 0 <= self.min_p <= 1,
            "repetition_penalty": 0.1 <= self.repetition_penalty <= 10,
            "presence_penalty": -2 <= self.presence_penalty <= 2,
            "frequency_penalty": -2 <= self.frequency_penalty <= 2,
            "seed": -(2**63) <= self.seed < 2**63,
        }
        for name, holds in checks.items():
            if not holds:
                value = getattr(self, name)
                raise ConfigError(
                    say(f"{name}에 쓸 수 없는 값입니다: {value}.", f"not a value for {name}: {value}.")
                )

    @property
    def penalises(self) -> bool:
        """Whether what was written before matters."""
        return self.repetition_penalty != 1.0 or self.presence_penalty != 0 or self.frequency_penalty != 0
