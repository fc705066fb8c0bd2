"""A run -> words: continued texts, the terminal chat.  [nako sample | chat]"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.machine import open_machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder, trained_stages
from nakochat.core.progress import speak
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import continue_likely, continue_text, load_engine


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TalkSettings:
    """Which model, where, and how it chooses its words."""

    sampling: Annotated[Sampling, Parameter(name="*")] = field(default_factory=Sampling)
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    engine: Annotated[EngineOptions, Parameter(name="*")] = field(default_factory=EngineOptions)


def _engine(run: str | None, settings: TalkSettings) -> tuple[Engine, str]:
    reference = find_run(run)
    machine = open_machine(settings.device, settings.dtype, "no")
    return load_engine(reference, machine, settings.engine), str(reference)


def sample(
    run: str | None = None,
    *,
    prompt: str | None = None,
    prompt_file: Path | None = None,
    samples: int = 1,
    probabilities: bool = False,
    settings: TalkSettings = TalkSettings(),
) -> None:
    """Let the model go on from a text.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새것. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest.
    prompt
        이어 쓸 글; 기본: 글의 처음부터. | The text to go on from; default: from the beginning of a text.
    prompt_file
        이어 쓸 글이 든 파일 (UTF-8). | A file (UTF-8) that holds it.
    samples
        몇 번 쓸지; 씨앗을 하나씩 올립니다. | How many times, each with the next seed.
    probabilities
        토큰마다 모델이 매긴 확률을 빛깔로 보입니다; 파이프에는 줄마다 숫자로. |
        Show the probability of every token as a colour; through a pipe, as figures line by line.
    """
    from nakochat.serving.terminal.probability import show_probabilities

    if samples < 1:
        raise ConfigError(
            say(f"--samples는 1 이상이어야 합니다: {samples}.", f"--samples must be 1 or more: {samples}.")
        )
    start = _start(prompt, prompt_file)
    engine, _ = _engine(run, settings)
    for number in range(samples):
        sampling = replace(settings.sampling, seed=settings.sampling.seed + number)
        if probabilities:
            show_probabilities(start, continue_likely(engine, start, sampling))
            continue
        text = "".join(piece.text for piece in continue_text(engine, start, sampling))
        speak(start + text)


def _start(prompt: str | None, file: Path | None) -> str:
    """What to go on from.  ConfigError for both, or a file that is no text."""
    if file is None:
        return prompt or ""
    if prompt is not None:
        raise ConfigError(
            say(
                "--prompt와 --prompt-file 가운데 하나만 쓰세요.",
                "give --prompt or --prompt-file, not both.",
            )
        )
    try:
        return file.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            say(
                f"이어 쓸 글을 읽을 수 없습니다: {file} ({error}). UTF-8 글 파일이어야 합니다.",
                f"cannot read the prompt {file} ({error}). It must be a text file in UTF-8.",
            )
        ) from error


def chat(
    run: str | None = None, *, prompt: str | None = None, settings: TalkSettings = TalkSettings()
) -> None:
    """Talk with the model in the terminal.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새 실행의 마지막 단계. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest run's latest stage.
    prompt
        이것 하나만 묻고 끝냅니다. | Ask this one thing and end.
    """
    from nakochat.serving.terminal.chat import run_chat

    reference = find_run(run)
    machine = open_machine(settings.device, settings.dtype, "no")

    def loader(stage: str) -> Callable[[], tuple[Engine, str]]:
        other = find_run(f"{reference.name}/{stage}")
        return lambda: (load_engine(other, machine, settings.engine), str(other))

    run_chat(
        load_engine(reference, machine, settings.engine),
        sampling=settings.sampling,
        prompt=prompt,
        name=str(reference),
        stages={stage: loader(stage) for stage in trained_stages(run_folder(reference.name))},
    )
