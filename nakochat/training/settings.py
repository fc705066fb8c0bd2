"""What a person can set of each stage: a class for each section of a preset but the tokenizer's.

Values come from a preset, then --config, then flags (commands/presets.py).  What several have in common stands in
run_settings.py, rates.py and shape.py; the tokenizer's, which load without torch, in tokenizer_settings.py.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.chats.identity import require_name
from nakochat.data.chats.shards import Chats
from nakochat.data.mixture import resolve_sets
from nakochat.data.village.renaming import ASSISTANT
from nakochat.data.weighted import Weighted, parse_weighted
from nakochat.training.bounds import a_share, above_zero, at_least
from nakochat.training.rates import RateSettings
from nakochat.training.run_settings import CorpusSettings, TrainSettings
from nakochat.training.shape import ModelSettings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class StageSettings(RateSettings, CorpusSettings, TrainSettings):
    """Settings of a stage that learns from packed documents."""

    steps: int = 100
    """최적화 걸음의 수. | Optimizer steps."""
    rows: int = 64
    """한 걸음의 줄 수 (줄 하나는 context 토큰, 모든 프로세스를 합해). |
    Rows of `context` tokens per step, over all processes."""
    rows_per_piece: Annotated[int | None, Parameter(alias="--device-batch-size")] = None
    """한 번에 계산할 줄 수; 작으면 메모리를 덜 쓰고 나누어 쌓습니다. 기본: 제 몫 전부. 모자라면 스스로 줄입니다. |
    Rows of one forward pass; smaller needs less memory and accumulates.  Default: all of a process's share.
    Where memory runs out, it is halved by itself."""
    recompute: bool = False
    """메모리를 아끼려고 층의 중간값을 버리고 다시 계산합니다. 더 느립니다. |
    Save memory by computing what is inside a layer twice.  Slower."""
    fp8: bool = False
    """행렬을 8비트로 곱합니다 (Ada, Hopper와 그 뒤의 GPU). |
    Multiply matrices in 8 bits (GPUs from Ada and Hopper on)."""
    text_share: float = 0.5
    """글에서 온 토큰의 비율; 나머지는 대화. | Share of tokens from texts; the rest are conversations."""
    answers_only: bool = True
    """사용자의 말이 아니라 모델이 할 말만 배웁니다. | Learn only what the assistant says, not the user's words."""
    save_every: int = 200
    """체크포인트 사이의 걸음 수. | Steps between checkpoints."""
    keep_last: int = 2
    """남겨 둘 새 체크포인트의 수. | Checkpoints that stay: so many of the newest."""
    keep_every: int | None = None
    """이 수로 나누어지는 걸음의 체크포인트도 남깁니다. | Those of steps that this divides stay too."""
    keep_best: bool = False
    """떼어 둔 글을 가장 잘 맞힌 체크포인트도 남깁니다. | The one that predicts held-out text best stays too."""
    skip_spikes: bool = True
    """손실이 갑자기 뛴 묶음을 건너뜁니다; 수가 아닌 손실은 언제나 건너뜁니다. |
    Skip a batch whose loss leaps; one that is no number is always skipped."""
    log_every: int = 10
    """화면에 한 줄 쓰는 간격; metrics.jsonl에는 모두 남습니다. |
    Steps between lines on the screen; metrics.jsonl gets every step."""
    check_every: int = 100
    """떼어 둔 글과 견본을 재는 간격. | Steps between measurements of held-out text and samples."""

    def __post_init__(self) -> None:
        TrainSettings.__post_init__(self)
        CorpusSettings.__post_init__(self)
        RateSettings.__post_init__(self)
        at_least(1, self, "steps", "rows", "rows_per_piece")
        at_least(1, self, "save_every", "log_every", "check_every", "keep_last", "keep_every")
        a_share(self, "text_share")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class BaseSettings(ModelSettings, StageSettings):
    """nako train base"""

    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """'nako data prepare'로 준비한 글의 이름이나 폴더, 뒤에 :횟수 (laws:2는 두 번씩). |
    Texts prepared by 'nako data prepare': a name or folder, with :TIMES behind it (laws:2 is twice)."""
    windows: bool = False
    """묶음의 줄을 글의 아무 데에서나 뽑습니다(nanoGPT처럼); 기본은 문서를 차례로 채우는 것. 짧은 문맥에 좋습니다. |
    Take rows at random places of the text, as nanoGPT does, instead of packing documents.  For short contexts."""
    tokens_per_parameter: float | None = None
    """--steps 대신: 몸통과 출력의 매개변수마다 이만큼의 토큰을 배웁니다 (계산량이 같으면 12, 오래 쓸 모델이면 20쯤). |
    Instead of --steps: so many tokens for each parameter of body and head (12 is compute-optimal, 20 for use)."""

    def __post_init__(self) -> None:
        ModelSettings.__post_init__(self)
        StageSettings.__post_init__(self)
        above_zero(self, "tokens_per_parameter")
        object.__setattr__(self, "data", resolve_sets(self.data))
        if self.windows and (self.text_share < 1 or len(self.data) > 1):
            raise ConfigError(
                say(
                    "--windows는 글 하나의 흐름에서 뽑습니다: --text-share 1, --data는 하나까지입니다.",
                    "--windows takes from one stream of text: it wants --text-share 1, and one --data at most.",
                )
            )
        if self.data and (self.corpus or not self.text_share):
            other = "--corpus" if self.corpus else "--text-share 0"
            raise ConfigError(
                say(
                    f"{josa('--data', '과')} {josa(other, '은')} 함께 쓸 수 없습니다. 하나를 빼세요.",
                    f"--data and {other} do not go together. Leave one out.",
                )
            )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TalkingSettings(StageSettings):
    """Settings of a stage that learns from conversations."""

    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """함께 배울 내 대화: 파일이나 폴더, 뒤에 :횟수 (chats.jsonl:2는 두 번씩). 그만큼 마을의 대화가 줄어듭니다. |
    Conversations of one's own: a file or folder, with :TIMES behind it (chats.jsonl:2 is twice).  They take the
    place of the village's."""
    tasks: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """함께 배울 과제의 연습 문항, 뒤에 :횟수 (gsm8k:2 spelling). 시험 문항은 배우지 않습니다. |
    Tasks whose items to learn from are mixed in, with :TIMES behind them (gsm8k:2 spelling); never test items."""
    task_data: Path | None = None
    """그 과제들의 자료가 든 폴더. 기본: 'nako data pull'로 받은 것. |
    The folder of the tasks' data.  Default: what was pulled."""
    clean_chats: bool = True
    """--data에서 다른 모델의 이름을 말하는 대화, 말투가 섞인 대화, 번역 투를 빼고 셉니다. |
    Leave out of --data, and count, conversations that claim another model's name, mix speech levels, or read like a
    translation."""
    chat_format: str | None = None
    """--data의 형식: messages, sharegpt, alpaca, pairs. 기본: 파일을 보고 정합니다. |
    Form of --data: messages, sharegpt, alpaca or pairs.  Default: the file tells."""
    assistant_name: str = ASSISTANT
    """마을의 대화에서 모델이 불리는 이름. | What the model is called in the village's conversations."""

    def __post_init__(self) -> None:
        StageSettings.__post_init__(self)
        named = (parse_weighted(text) for text in self.data)
        sources = tuple(str(Weighted(source.path.expanduser().resolve(), source.weight)) for source in named)
        object.__setattr__(self, "data", sources)
        _expand(self)
        object.__setattr__(self, "assistant_name", require_name(self.assistant_name, "--assistant-name"))

    @property
    def chats(self) -> Chats:
        """Where conversations of one's own come from."""
        sources = tuple(parse_weighted(text) for text in self.data)
        return Chats(
            sources=sources,
            chat_format=self.chat_format,
            encoding=self.encoding,
            clean=self.clean_chats,
            damage=self.damage,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MidSettings(TalkingSettings):
    """nako train mid"""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SftSettings(TalkingSettings):
    """nako train sft"""

    text_share: float = 0.0


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RlSettings(TrainSettings):
    """nako train rl"""

    steps: int = 50
    """최적화 걸음의 수. | Optimizer steps."""
    prompts: int = 24
    """한 걸음의 물음 수. | Prompts per step."""
    answers: int = 16
    """물음마다 서로 견줄 답의 수. | Answers to each prompt, compared with each other."""
    temperature: float = 1.0
    """답을 뽑을 때의 온도. | Of the sampled answers."""
    max_tokens: int = 64
    """답의 최대 토큰 수. | Most tokens of an answer."""
    task: str = "counting"
    """보상을 주는 과제, 쉼표로 여럿, 뒤에 :비중 (counting:2,gsm8k). |
    Tasks whose graders give the reward, several by commas, with :SHARE behind them (counting:2,gsm8k)."""
    task_data: Path | None = None
    """그 과제들의 자료가 든 폴더. 기본: 'nako data pull'로 받은 것. |
    The folder of the tasks' data.  Default: what was pulled."""
    kl: float | None = None
    """시작한 모델에서 멀어지는 만큼 보상을 깎는 정도 (0.01~0.1). 기본: 깎지 않음. |
    How much moving away from the model that RL began with lowers the reward (0.01 to 0.1).  Default: not at all."""
    sft_weight: float = 0.0
    """걸음마다 앞 단계의 대화 --rows줄도 이 비중으로 배워, 보상이 묻지 않는 것을 잊지 않습니다. 기본: 배우지 않음. |
    At which weight every step also learns from --rows rows of the stage before: what the reward does not ask for is
    kept.  Default: not at all."""
    check_items: int = 48
    """앞과 뒤를 견줄, 과제마다 떼어 둔 물음의 수. | Held-out prompts of each task, to compare before and after."""
    check_samples: int = 8
    """그 물음마다의 답의 수 (pass@k). | Answers to each of them (pass@k)."""
    matrix_rate: float = 0.02
    """Muon의 가장 높은 학습률. | Muon's peak learning rate."""
    rate_scale: float = 0.15
    """모든 학습률에 곱하는 수. | Multiplies every learning rate."""
    rows: int = 64
    """답을 채워 넣을, 한 번에 계산할 줄 수. | Rows of one forward pass, into which answers are packed."""
    save_every: int = 25
    """체크포인트 사이의 걸음 수. | Steps between checkpoints."""
    keep_last: int = 2
    """남겨 둘 새 체크포인트의 수. | Checkpoints that stay: so many of the newest."""
    keep_every: int | None = None
    """이 수로 나누어지는 걸음의 체크포인트도 남깁니다. | Those of steps that this divides stay too."""
    log_every: int = 5
    """화면에 한 줄 쓰는 간격. | Steps between lines on the screen."""
    check_every: int = 50
    """견본 사이의 걸음 수. | Steps between samples."""

    def __post_init__(self) -> None:
        TrainSettings.__post_init__(self)
        _expand(self)
        at_least(1, self, "steps", "prompts", "max_tokens", "rows", "save_every", "log_every", "check_every")
        at_least(1, self, "keep_last", "keep_every")
        at_least(0, self, "check_items", "kl", "sft_weight")
        at_least(1, self, "check_samples")
        at_least(2, self, "answers")  # one alone is always the mean of its group
        above_zero(self, "matrix_rate", "rate_scale")
        if not 0 < self.temperature < math.inf:
            raise ConfigError(
                say(
                    "--temperature는 0보다 커야 합니다: 같은 답끼리는 견줄 것이 없습니다.",
                    "--temperature must be above 0: equal answers leave nothing to compare.",
                )
            )


def _expand(settings: TalkingSettings | RlSettings) -> None:
    """--task-data, from whatever folder it is named."""
    if settings.task_data is not None:
        object.__setattr__(settings, "task_data", settings.task_data.expanduser().resolve())


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """What a speedrun scores its stages on."""

    items: int | None = None
    """The most of each task; None is all of them."""
