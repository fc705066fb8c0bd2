"""What a person can set of everything that makes part of a run: its name, where it computes, texts of one's own."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.data.corpus.damage import Damage
from nakochat.data.prepare import Corpus
from nakochat.training.bounds import above_zero


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What every stage has."""

    preset: str = "tiny"
    """아래 모든 설정의 값 묶음: tiny, toy, d12, … | A set of values for every setting below: tiny, toy, d12, …"""
    config: Path | None = None
    """프리셋 위에 덮을 설정 파일 (TOML이나 JSON). | A TOML or JSON file of settings, over the preset's."""
    name: str | None = None
    """실행의 이름 (runs/ 아래 폴더). 기본: 프리셋의 이름. |
    The run's name (its folder in runs/).  Default: the preset's name."""
    from_: Annotated[str | None, Parameter(name="--from")] = None
    """앞 단계 대신 이 실행의 가중치에서 시작 (NAME, NAME/STAGE, NAME/STAGE@STEP). |
    Start from this run's weights (NAME, NAME/STAGE or NAME/STAGE@STEP) instead of the stage before."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16: 계산하는 수의 형식. | auto, float32 or bfloat16: the dtype of activations."""
    compile: str = "auto"
    """auto, yes, no: torch.compile을 쓸지. | auto, yes or no: torch.compile."""
    seed: int = 0
    """씨앗이 같으면 실행도 같습니다. | The same seed gives the same run."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise ConfigError(
                say(
                    f"--seed는 0 이상, 2^63 미만이어야 합니다: {self.seed}.",
                    f"--seed is 0 to 2^63 - 1: {self.seed}.",
                )
            )

    @property
    def run_name(self) -> str:
        return self.name or self.preset


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainSettings(RunSettings):
    """What every stage that trains a model has."""

    track: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """metrics.jsonl 말고도 기록할 곳: wandb, tensorboard, trackio. |
    Where to log beside metrics.jsonl: wandb, tensorboard, trackio."""
    track_name: str | None = None
    """그곳에서 실행을 부를 이름. 기본: 실행의 이름. | What the run is called there.  Default: the run's name."""
    rank_timeout: float = 1800.0
    """여러 프로세스 가운데 하나가 이만큼(초) 걸음을 떼지 않고 남을 기다리게 하면 그 이름을 말하고 모두 멈춥니다. |
    Of several processes, one that makes no step for so many seconds while others wait is named, and all stop."""

    def __post_init__(self) -> None:
        RunSettings.__post_init__(self)
        above_zero(self, "rank_timeout")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """Texts of one's own."""

    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """글 파일이나 폴더 (.txt .jsonl .csv .tsv .parquet .arrow, .gz와 .zst도). 기본: 마을. |
    Files or folders of text (.txt .jsonl .csv .tsv .parquet .arrow, also .gz or .zst).  Default: the village."""
    column: str | None = None
    """글이 든 열의 이름. | The column that holds the text."""
    encoding: str = "utf-8"
    """글 파일의 인코딩 (예: cp949). | Encoding of text files, such as cp949."""
    validation_tail: float | None = None
    """말뭉치의 끝에서 이 비율의 글자를 평가용으로 떼어 둡니다. 기본: 여기저기의 문서 1 %. |
    Hold out this share of the corpus at its end for validation.  Default: 1 % of the documents, here and there."""
    damaged_data: Literal["stop", "skip"] = "stop"
    """글에서 읽을 수 없는 줄이나, 학습하는 동안 깨진 토큰 조각을 만나면 멈출지 건너뛸지. 건너뛴 수는 성적표에
    남습니다. |
    Where a line of a text cannot be read, or a token shard was damaged during training: stop, or skip it and count it
    in the report."""

    def __post_init__(self) -> None:
        if self.validation_tail is not None and not 0 < self.validation_tail < 1:
            raise ConfigError(
                say(
                    f"--validation-tail은 0보다 크고 1보다 작아야 합니다: {self.validation_tail}.",
                    f"--validation-tail is above 0 and below 1: {self.validation_tail}.",
                )
            )
        # from whatever folder it is named, it is the same corpus
        object.__setattr__(self, "corpus", tuple(path.expanduser().resolve() for path in self.corpus))

    @cached_property
    def damage(self) -> Damage:
        """What the readers of its files met, which they share: a line is named once."""
        return Damage(self.damaged_data)

    @property
    def source(self) -> Corpus:
        """Where texts come from."""
        return self._corpus(self.corpus)

    def _corpus(self, paths: tuple[Path, ...]) -> Corpus:
        return Corpus(
            paths=paths,
            column=self.column,
            encoding=self.encoding,
            tail=self.validation_tail,
            damage=self.damage,
        )
