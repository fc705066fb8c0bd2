"""What a person can set of how a model is updated: which optimizer, at what rates, and how they change over time."""

from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from nakochat.training.bounds import a_share, above_zero, at_least, below_one
from nakochat.training.schedule import Curve

Method = Literal["muon", "adamw"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RateSettings:
    """Optimizer and learning rates of a stage that learns from documents."""

    optimizer: Method = "muon"
    """muon: 행렬은 Muon, 나머지는 AdamW. adamw: 모두 AdamW (옛 조리법과 남의 모델을 이어 가르칠 때). |
    muon: Muon for matrices, AdamW for the rest.  adamw for all: older recipes, and finetuning models from elsewhere."""
    matrix_rate: float = 0.02
    """Muon의 가장 높은 학습률. | Muon's peak learning rate."""
    learning_rate: float = 6e-4
    """--optimizer adamw의 가장 높은 학습률. | Peak learning rate of --optimizer adamw."""
    beta2: float = 0.95
    """--optimizer adamw가 기울기의 제곱을 기억하는 정도. | How slowly --optimizer adamw forgets squared gradients."""
    rate_scale: float = 1.0
    """모든 학습률에 곱하는 수. | Multiplies every learning rate."""
    weight_decay: float = 0.5
    """행렬의 가장 큰 가중치 감쇠. | Peak weight decay of the matrices."""
    clip: float | None = None
    """기울기의 크기를 이 값으로 자릅니다. | Clip the norm of the gradient to this."""
    warmup: int = 20
    """학습률이 올라가는 걸음 수. | Steps of rising learning rate."""
    curve: Curve = "linear"
    """학습률이 내려가는 모양: linear(오래 머물다 곧게)나 cosine. |
    How the learning rate falls: linear (stays, then straight down) or cosine."""
    warmdown: float = 0.65
    """linear에서 학습률이 내려가는 구간의 비율. | Share of the steps over which it falls, if linear."""
    final_rate: float = 0.05
    """마지막 학습률 (가장 높을 때의 비율). | Learning rate at the end, as a share of the peak."""

    def __post_init__(self) -> None:
        at_least(1, self, "warmup")
        at_least(0, self, "weight_decay")
        above_zero(self, "matrix_rate", "learning_rate", "rate_scale", "clip")
        a_share(self, "warmdown", "final_rate")
        below_one(self, "beta2")
