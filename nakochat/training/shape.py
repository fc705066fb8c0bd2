"""What a person can set of a model's shape -> its config.  Of all three kinds; what is left out follows from depth."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.models.gpt2 import GPT2Config, Positions
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import ModelConfig, kind_of
from nakochat.models.nako import NakoConfig
from nakochat.models.sizing import config_of_depth
from nakochat.training.bounds import at_least, below_one, flag_of

Kind = Literal["nako", "llama", "gpt2"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Shape of the model; what is left out follows from depth."""

    model: Kind = "nako"
    """모델의 종류: nako(가장 빨리 배움), llama(어디에서나 실행됨), gpt2(고전). |
    Kind of model: nako (learns fastest), llama (runs everywhere), gpt2 (the classic)."""
    depth: int = 4
    """층의 수: 하나뿐인 다이얼. | Layers: the one dial."""
    width: int | None = None
    """너비. 기본: 층마다 64. | Width of the residual stream.  Default: 64 per layer."""
    heads: int | None = None
    """어텐션 머리 수. 기본: 너비 / 128 (너비 512 미만은 / 64). |
    Attention heads.  Default: width / 128, or / 64 below width 512."""
    kv_heads: int | None = None
    """키·값 머리 수, 머리보다 적을 때 (GQA, MQA). nako와 llama에만. |
    Key/value heads, when fewer than heads (GQA, MQA).  For nako and llama."""
    mlp_width: int | None = None
    """MLP의 너비. llama와 gpt2에만. 기본: llama는 너비의 8/3, gpt2는 4배. |
    Width inside the MLP, of llama and gpt2.  Default: 8/3 of the width for llama, 4 times for gpt2."""
    context: int = 2048
    """모델이 한 번에 보는 토큰 수. | Tokens that the model sees at once."""
    plain: bool = False
    """nako에서 값 임베딩, 섞기, 창을 빼서 Transformers의 nanochat과 같은 모양으로 만듭니다. |
    Leave value embeddings, mixing and windows out of nako: the shape of Transformers' nanochat."""
    value_embedding_every: int = 2
    """n층마다 값 임베딩; 0이면 없음. nako에만. | A value embedding in every n-th layer of nako; 0 is none."""
    rotary_base: float = 1e5
    """회전 위치의 밑. nako와 llama에만. | Base of the rotary angles, of nako and llama."""
    window: int | None = None
    """네 층 가운데 세 층이 돌아보는 토큰 수. 기본: 문맥 전부. nako에만. |
    How many tokens three of four layers of nako look back at.  Default: the whole context."""
    positions: Positions = "learned"
    """gpt2의 위치: learned(배움)나 sines(사인). | Positions of gpt2: learned or sines."""
    dropout: float = 0.0
    """gpt2에서 학습할 때 꺼 두는 값의 비율. --from의 모델에서 바꿀 수 있는 것은 이것뿐입니다. |
    Share of values that gpt2 leaves out in training: all of the shape that may change with --from."""
    tied: bool | None = None
    """출력이 임베딩과 같은 표입니까. 기본: gpt2는 같고 llama는 다릅니다. |
    Whether the head is the embedding.  Default: it is in gpt2, not in llama."""

    def __post_init__(self) -> None:
        at_least(
            1, self, "depth", "width", "heads", "kv_heads", "mlp_width", "context", "rotary_base", "window"
        )
        at_least(0, self, "value_embedding_every")
        below_one(self, "dropout")


def model_config(settings: ModelSettings, vocab_size: int) -> ModelConfig:
    """The model's shape: depth decides, unless width or heads are set."""
    _refuse_other_kinds(settings)
    sized = config_of_depth(settings.depth, vocab_size=vocab_size, context=settings.context)
    width = sized.width if settings.width is None else settings.width
    heads = max(1, width // sized.head_width) if settings.heads is None else settings.heads
    if settings.model == "gpt2":
        return GPT2Config(
            vocab_size=vocab_size,
            layers=settings.depth,
            width=width,
            heads=heads,
            mlp_width=settings.mlp_width,
            context=settings.context,
            positions=settings.positions,
            dropout=settings.dropout,
            tied=settings.tied is not False,
        )
    if settings.model == "llama":
        return LlamaConfig(
            vocab_size=vocab_size,
            layers=settings.depth,
            width=width,
            heads=heads,
            kv_heads=settings.kv_heads,
            mlp_width=settings.mlp_width,
            context=settings.context,
            rotary_base=settings.rotary_base,
            tied=settings.tied is True,
        )
    return NakoConfig(
        vocab_size=vocab_size,
        layers=settings.depth,
        width=width,
        heads=heads,
        kv_heads=settings.kv_heads,
        context=settings.context,
        value_embedding_every=0 if settings.plain else settings.value_embedding_every,
        rotary_base=settings.rotary_base,
        window=None if settings.plain else settings.window,
        plain=settings.plain,
    )


# what only some kinds have -> the kinds
_OWN: dict[str, tuple[Kind, ...]] = {
    "kv_heads": ("nako", "llama"),
    "mlp_width": ("llama", "gpt2"),
    "plain": ("nako",),
    "value_embedding_every": ("nako",),
    "rotary_base": ("nako", "llama"),
    "window": ("nako",),
    "positions": ("gpt2",),
    "dropout": ("gpt2",),
    "tied": ("llama", "gpt2"),
}
_NOT_PLAIN = ("value_embedding_every", "window")


def _refuse_other_kinds(settings: ModelSettings) -> None:
    """ConfigError for a setting that this kind of model does not have: it would be ignored without a word."""
    asked = _asked(settings)
    for name, kinds in _OWN.items():
        if name in asked and settings.model not in kinds:
            flag = flag_of(name)
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} {josa('--model ' + settings.model, '과')} 함께 쓸 수 없습니다. "
                    f"쓸 수 있는 모델: {', '.join(kinds)}.",
                    f"{flag} does not go with --model {settings.model}. It goes with: {', '.join(kinds)}.",
                )
            )
    for name in _NOT_PLAIN:
        if settings.plain and asked.get(name):  # 0 is what plain means
            raise ConfigError(
                say(
                    f"{josa(flag_of(name), '은')} --plain이 빼는 것입니다. 둘 가운데 하나를 빼세요.",
                    f"{flag_of(name)} sets what --plain leaves out. Leave out one of the two.",
                )
            )


def _asked(settings: ModelSettings) -> dict[str, Any]:
    """What of the shape is not at its default."""
    values = {field.name: (getattr(settings, field.name), field.default) for field in SHAPE}
    return {name: value for name, (value, default) in values.items() if value != default}


SHAPE = dataclasses.fields(ModelSettings)


def shape_of(config: ModelConfig) -> dict[str, Any]:
    """A model's shape, as ModelSettings call it."""
    kind = kind_of(config)
    found: dict[str, Any] = {"model": kind, "depth": config.layers}
    found.update(width=config.width, heads=config.heads, context=config.context)
    called = {"kv_heads": "key_heads", "mlp_width": "mlp"}
    own = [name for name, kinds in _OWN.items() if kind in kinds]
    return {**found, **{name: getattr(config, called.get(name, name)) for name in own}}


_Settings = TypeVar("_Settings", bound=ModelSettings)


def in_shape_of(settings: _Settings, config: ModelConfig) -> _Settings:
    """The same settings for a model that is there, whose shape they then tell; its dropout is theirs.

    ConfigError for a shape that was asked for and is another: the weights have the one that they have.
    """
    there = shape_of(config)
    for name, value in _asked(settings).items():
        if name in there and (name == "dropout" or value == there[name]):
            continue
        flag = flag_of(name)
        raise ConfigError(
            say(
                f"{josa(f'{flag} {value}', '은')} --from의 모델에 쓸 수 없습니다: 그 모델의 값은 "
                f"{there.get(name, '없음')}입니다. {josa(flag, '을')} 빼거나, --from 없이 처음부터 학습하세요.",
                f"{flag} {value} does not go with the model of --from, which has {there.get(name, 'none')}. "
                f"Leave {flag} out, or train from random weights, without --from.",
            )
        )
    return dataclasses.replace(settings, **{**there, "dropout": settings.dropout})
