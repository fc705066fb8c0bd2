"""A name -> the folder it stands for.

Everything that nakochat writes lives under ~/.cache/nakochat (NAKO_HOME moves it):  runs/NAME/STAGE/checkpoints/STEP
and sets/NAME.
"""

import os
import re
import shlex
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import speak

STAGES = ("base", "mid", "sft", "rl")


def home() -> Path:
    """The folder of everything that nakochat writes.  ConfigError if it is missing and cannot be made.

    Whoever only reads (watch, runs, chat, serve) may do so where nothing can be written.
    """
    path = _home()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(unwritable(path, error)) from error
    return path


def _home() -> Path:
    return Path(os.environ.get("NAKO_HOME") or Path.home() / ".cache" / "nakochat").expanduser()


def is_in_home(file: str | None) -> bool:
    """Whether a file that an error names is nakochat's own."""
    return file is not None and Path(file).is_relative_to(_home())


def unwritable(path: Path | str, error: OSError) -> str:
    """What to say where the system lets nobody write into the home."""
    return say(
        f"{path}에 쓸 수 없습니다: {error.strerror}. NAKO_HOME을 쓸 수 있는 폴더로 지정하세요: NAKO_HOME=~/nako nako …",
        f"cannot write to {path}: {error.strerror}. Point NAKO_HOME to a writable folder: NAKO_HOME=~/nako nako …",
    )


def runs_folder() -> Path:
    return home() / "runs"


def run_folder(name: str) -> Path:
    """The folder of a run, existing or not.  ConfigError for a name that is no plain folder name."""
    return runs_folder() / _folder_name(name)


def set_folder(name: str) -> Path:
    """The folder of a prepared set of token shards, existing or not.  ConfigError as for a run's name."""
    return home() / "sets" / _folder_name(name)


_NAME = re.compile(r"[\w가-힣][\w가-힣.-]*")


def _folder_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name)  # macOS types NFD: the same name must be the same folder
    if not _NAME.fullmatch(name):
        raise ConfigError(
            say(
                f"이름으로 쓸 수 없습니다: {name!r}. 글자, 숫자, '-', '_', '.'만 쓰세요.",
                f"cannot be a name: {name!r}. Use letters, digits, '-', '_', '.' only.",
            )
        )
    return name


@dataclass(frozen=True)
class RunReference:
    """What RUN on a command line stands for: a stage folder and, if named, a step."""

    name: str
    stage: str
    step: int | None

    @property
    def folder(self) -> Path:
        return run_folder(self.name) / self.stage

    def __str__(self) -> str:
        return f"{self.name}/{self.stage}" + ("" if self.step is None else f"@{self.step}")


def list_runs() -> list[Path]:
    """Run folders that hold at least one stage, newest first; none whose name no command takes ("toy copy")."""
    folder = runs_folder()
    named = [p for p in folder.iterdir() if _NAME.fullmatch(p.name)] if folder.is_dir() else []
    runs = [p for p in named if any((p / s).is_dir() for s in STAGES)]
    return sorted(
        runs,
        key=lambda run: max(_changed(run / s) for s in STAGES if (run / s).is_dir()),
        reverse=True,
    )


def _changed(stage: Path) -> float:
    """When a stage got its newest checkpoint, or began."""
    checkpoints = stage / "checkpoints"
    return (checkpoints if checkpoints.is_dir() else stage).stat().st_mtime


def trained_stages(run: Path) -> list[str]:
    """The stages of a run that have a checkpoint, in the order of training."""
    return [stage for stage in STAGES if any((run / stage / "checkpoints").glob("[0-9]*"))]


def find_run(reference: str | None) -> RunReference:
    """NAME, NAME/STAGE or NAME/STAGE@STEP -> its folder; None -> the newest run.  CheckpointError if there is none."""
    if reference is None:
        runs = [run for run in list_runs() if trained_stages(run)]
        if not runs:
            raise CheckpointError(
                say(
                    "아직 학습한 모델이 없습니다. 먼저 'nako speedrun'을 실행하세요.",
                    "there is no trained model yet. Run 'nako speedrun' first.",
                )
            )
        return find_run(runs[0].name)
    name, _, rest = reference.partition("/")
    stage, _, step = rest.partition("@")
    if reference.startswith(("/", ".", "~")) or (stage and stage not in STAGES) or _is_spaced_path(reference):
        raise CheckpointError(_no_run(reference))
    run = run_folder(name)
    stages = trained_stages(run)
    if not stages:
        raise CheckpointError(_no_such_run(name, reference))
    if stage and stage not in stages:
        raise CheckpointError(
            say(
                f"'{name}'에는 '{stage}' 단계의 체크포인트가 없습니다. 있는 단계: {', '.join(stages)}.",
                f"run '{name}' has no checkpoint of stage '{stage}'. It has: {', '.join(stages)}.",
            )
        )
    if step and not step.isdecimal():
        raise CheckpointError(say(f"걸음 번호가 아닙니다: {step!r}.", f"not a step number: {step!r}."))
    return RunReference(name, stage or stages[-1], int(step) if step else None)


def list_tokenizers() -> list[Path]:
    """The files of the runs' tokenizers, newest first."""
    found = runs_folder().glob("*/tokenizer/tokenizer.json")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def find_tokenizer(run: str | None) -> Path:
    """The folder of a run's tokenizer, or the newest, which is said.  ConfigError where there is none."""
    if run is not None:
        return run_folder(run) / "tokenizer"
    found = list_tokenizers()
    if not found:
        raise ConfigError(
            say(
                "토크나이저가 없습니다. 먼저 'nako tok train --name 이름 --vocab-size 32768 --corpus 글'로 만드세요.",
                "there is no tokenizer. Make one first: 'nako tok train --name NAME --vocab-size 32768 --corpus TEXT'.",
            )
        )
    name = found[0].parents[1].name
    speak(say(f"토크나이저: '{name}'의 것을 씁니다.", f"tokenizer: the one of '{name}'."))
    return found[0].parent


def _is_spaced_path(reference: str) -> bool:
    """Whether it is a folder or file whose name no run can have."""
    return " " in reference and Path(reference).exists()


def _no_run(reference: str) -> str:
    """What names a folder, or a model on the hub."""
    quoted = shlex.quote(reference) if " " in reference else reference
    return say(
        f"실행의 이름이 아닙니다: {reference}. 실행은 이름, 이름/{'|'.join(STAGES)}처럼 적습니다. 다른 모델이면 먼저 "
        f"들여오세요: nako import {quoted} --name 이름",
        f"not the name of a run: {reference}. A run is written NAME or NAME/{'|'.join(STAGES)}. A model from elsewhere "
        f"has to come in first: nako import {quoted} --name NAME",
    )


def _no_such_run(name: str, reference: str) -> str:
    if run_folder(name).is_dir():
        return say(
            f"'{name}'에는 아직 학습한 모델이 없습니다. 먼저 학습하세요: nako train base --name {name}",
            f"run '{name}' has no trained model yet. Train one: 'nako train base --name {name}'.",
        )
    if Path(reference).exists():
        return _no_run(reference)
    known = ", ".join(run.name for run in list_runs()[:8])
    return say(
        f"{josa(repr(name), '이라는')} 실행이 없습니다."
        + (f" 있는 실행: {known}." if known else " 'nako speedrun'으로 시작하세요."),
        f"there is no run '{name}'." + (f" There are: {known}." if known else " Start with 'nako speedrun'."),
    )
