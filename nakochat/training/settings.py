"""What a person can set of a stage.  Values come from a preset, then --config, then flags (commands/presets.py)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What every stage has."""

    preset: str = "tiny"
    """A set of values for every setting below: tiny, toy, d12, …"""
    config: Path | None = None
    """A TOML or JSON file of settings, over the preset's."""
    name: str | None = None
    """The run's name (its folder in runs/).  Default: the preset's name."""
    from_: Annotated[str | None, Parameter(name="--from")] = None
    """Start from this run's weights (NAME, NAME/STAGE or NAME/STAGE@STEP) instead of the stage before."""
    device: str = "auto"
    """auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32 or bfloat16: the dtype of activations."""
    compile: str = "auto"
    """auto, yes or no: torch.compile."""
    seed: int = 0
    """The same seed gives the same run."""

    @property
    def run_name(self) -> str:
        return self.name or self.preset


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """Texts of one's own."""

    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """Files or folders of text (.txt .jsonl .csv .tsv .parquet .arrow, also .gz or .zst).  Default: the village."""
    column: str | None = None
    """The column that holds the text."""
    encoding: str = "utf-8"
    """Encoding of text files, such as cp949."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TokenizerSettings(CorpusSettings, RunSettings):
    """nako tok train"""

    vocab_size: int = 4096
    """Tokens of the vocabulary, special tokens included."""
    characters: int = 6_000_000
    """Characters to train on."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Shape of the model; what is left out follows from depth."""

    depth: int = 4
    """Layers: the one dial."""
    width: int | None = None
    """Width of the residual stream.  Default: 64 per layer."""
    heads: int | None = None
    """Attention heads.  Default: width / 128, or / 64 below width 512."""
    kv_heads: int | None = None
    """Key/value heads, when fewer than heads (GQA, MQA)."""
    context: int = 2048
    """Tokens that the model sees at once."""
    value_embedding_every: int = 2
    """A value embedding in every n-th layer; 0 is none."""
    rotary_base: float = 1e5
    """Base of the rotary angles."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class StageSettings(CorpusSettings, RunSettings):
    """Settings of a stage that learns from packed documents."""

    steps: int = 100
    """Optimizer steps."""
    rows: int = 64
    """Rows of `context` tokens per step, over all processes."""
    rows_per_piece: int | None = None
    """Rows of one forward pass; smaller needs less memory and accumulates.  Default: all of a process's share."""
    text_share: float = 0.5
    """Share of tokens from texts; the rest are conversations."""
    answers_only: bool = False
    """Learn only what the assistant says, not the user's words."""
    matrix_rate: float = 0.02
    """Muon's peak learning rate."""
    rate_scale: float = 1.0
    """Multiplies every learning rate."""
    weight_decay: float = 0.5
    """Muon's peak cautious weight decay."""
    warmup: int = 20
    """Steps of rising learning rate."""
    warmdown: float = 0.65
    """Share of the steps over which the learning rate falls."""
    final_rate: float = 0.05
    """Learning rate at the end, as a share of the peak."""
    save_every: int = 200
    """Steps between checkpoints."""
    log_every: int = 10
    """Steps between lines on the screen; metrics.jsonl gets every step."""
    check_every: int = 100
    """Steps between measurements of held-out text and samples."""

    def __post_init__(self) -> None:
        positive = ("steps", "rows", "save_every", "log_every", "check_every", "warmup")
        for name in positive:
            if getattr(self, name) < 1:
                flag = "--" + name.replace("_", "-")
                raise ConfigError(say(f"{flag}는 1 이상이어야 합니다.", f"{flag} must be 1 or more."))
        if not 0 <= self.text_share <= 1:
            raise ConfigError(say("--text-share는 0과 1 사이입니다.", "--text-share is between 0 and 1."))


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class BaseSettings(ModelSettings, StageSettings):
    """nako train base"""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MidSettings(StageSettings):
    """nako train mid"""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SftSettings(StageSettings):
    """nako train sft"""

    text_share: float = 0.0
    answers_only: bool = True


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RlSettings(RunSettings):
    """nako train rl"""

    steps: int = 50
    """Optimizer steps."""
    prompts: int = 24
    """Prompts per step."""
    answers: int = 16
    """Answers to each prompt, compared with each other."""
    temperature: float = 1.0
    """Of the sampled answers."""
    max_tokens: int = 64
    """Most tokens of an answer."""
    task: str = "counting"
    """The task whose grader gives the reward."""
    matrix_rate: float = 0.02
    """Muon's peak learning rate."""
    rate_scale: float = 0.15
    """Multiplies every learning rate."""
    rows: int = 64
    """Rows of one forward pass, into which answers are packed."""
    save_every: int = 25
    """Steps between checkpoints."""
    log_every: int = 5
    """Steps between lines on the screen."""
    check_every: int = 50
    """Steps between samples."""
