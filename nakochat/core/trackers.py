"""Rows of a run's log -> dashboards that people already use: Weights & Biases, TensorBoard, trackio.

metrics.jsonl is always written (run.py); these stand beside it, and each library is imported when it is asked for.
They are told the stage's settings and figures.  What else they would gather by themselves (the command line, the
repository, what the terminal shows) is switched off: a secret may stand in it.
"""

import importlib.util
import math
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nakochat.core.errors import ConfigError
from nakochat.core.files import read_json, write_json
from nakochat.core.josa import josa
from nakochat.core.messages import say

PROJECT = "nakochat"
IDENTITY = "tracking.json"
SECRETS = ("key", "token", "api_key")  # as flags they are --key, --token, --api-key


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a dashboard can show of one row of the log."""

    step: int
    figures: dict[str, float]
    texts: dict[str, str]


class Tracker(Protocol):
    """One dashboard, open for one stage."""

    def log(self, row: Row) -> None: ...
    def close(self, failed: bool) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is tracked: a stage's folder, how the dashboard calls it, and its settings."""

    folder: Path
    name: str
    settings: Mapping[str, Any]

    def identity(self) -> str:
        """A name for machines that a resumed stage keeps, so that it goes on in the same curve."""
        path = self.folder / IDENTITY
        if not path.is_file():
            write_json(path, {"id": secrets.token_hex(8)})
        return str(read_json(path)["id"])

    def shown(self) -> dict[str, Any]:
        """The settings without secrets."""
        return {name: value for name, value in self.settings.items() if name not in SECRETS}


def row_of(kind: str, values: Mapping[str, Any]) -> Row | None:
    """Numbers as KIND/NAME, samples as texts under their prompts.  None where nothing can be shown.

    Of a number that is none only metrics.jsonl keeps a record: a curve cannot draw it.
    """
    if "step" not in values:
        return None
    prefix = "train" if kind == "step" else kind
    figures = {
        f"{prefix}/{name}": float(value)
        for name, value in values.items()
        if name != "step" and isinstance(value, int | float) and math.isfinite(value)
    }
    texts = {f"{kind}/{values['prompt']}": str(values["text"])} if {"prompt", "text"} <= set(values) else {}
    return Row(step=values["step"], figures=figures, texts=texts) if figures or texts else None


def require_trackers(names: Collection[str]) -> None:
    """ConfigError for a name that is not known or whose library is missing, before anything begins."""
    for name in names:
        if name not in TRACKERS:
            known = ", ".join(TRACKERS)
            raise ConfigError(
                say(
                    f"--track {josa(name, '은')} 없습니다. {known} 가운데 하나입니다.",
                    f"--track {name}: unknown. It is one of {known}.",
                )
            )
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                say(
                    f"--track {name}: 라이브러리가 설치되어 있지 않습니다. pip install 'nakochat[track]'을 하거나 "
                    "--track 없이 시작하세요. metrics.jsonl은 언제나 남습니다.",
                    f"--track {name}: its library is not installed. Run pip install 'nakochat[track]', or leave "
                    "--track out. metrics.jsonl is written in any case.",
                )
            )


def open_tracker(name: str, subject: Subject) -> Tracker:
    """ConfigError when the library refuses, as it does without an account or a network."""
    try:
        return TRACKERS[name](subject)
    except Exception as error:  # each library has errors of its own
        advice = _ADVICE.get(name, ("", ""))
        raise ConfigError(
            say(
                f"--track {name}: 시작하지 못했습니다: {error}.{advice[0]} --track 없이도 학습됩니다.",
                f"--track {name} could not be started: {error}.{advice[1]} Training works without --track too.",
            )
        ) from error


class WandbTracker:
    """Weights & Biases.  Account, server and mode are its own affair (`wandb login`, WANDB_MODE=offline)."""

    def __init__(self, subject: Subject) -> None:
        import wandb

        quiet = wandb.Settings(
            console="off", disable_git=True, save_code=False, x_disable_meta=True, x_disable_machine_info=True
        )
        self._run = wandb.init(
            project=PROJECT,
            name=subject.name,
            id=subject.identity(),
            resume="allow",
            dir=str(subject.folder),
            config=subject.shown(),
            settings=quiet,
        )
        # the step is a value: W&B's own must not go back, and a resumed stage takes some steps again
        self._run.define_metric("*", step_metric="step")

    def log(self, row: Row) -> None:
        self._run.log({"step": row.step, **row.figures, **row.texts})

    def close(self, failed: bool) -> None:
        self._run.finish(exit_code=int(failed))


class TensorboardTracker:
    """Files in the stage's folder: `tensorboard --logdir runs/NAME`."""

    def __init__(self, subject: Subject) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._subject, self._make = subject, SummaryWriter
        self._writer: Any = None

    def log(self, row: Row) -> None:
        if self._writer is None:
            # what was logged after the checkpoint that a resumed stage goes on from is taken back
            self._writer = self._make(str(self._subject.folder / "tensorboard"), purge_step=row.step)
            listed = "\n".join(f"    {name} = {value}" for name, value in self._subject.shown().items())
            self._writer.add_text("settings", listed, row.step)
        for name, value in row.figures.items():
            self._writer.add_scalar(name, value, row.step)
        for name, text in row.texts.items():
            self._writer.add_text(name, text, row.step)
        self._writer.flush()

    def close(self, failed: bool) -> None:
        if self._writer is not None:
            self._writer.close()


class TrackioTracker:
    """Hugging Face's tracker, in this computer's own database: `trackio show --project nakochat`."""

    def __init__(self, subject: Subject) -> None:
        import trackio

        self._run = trackio.init(
            project=PROJECT,
            name=f"{subject.name}-{subject.identity()[:6]}",
            config=subject.shown(),
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )

    def log(self, row: Row) -> None:
        self._run.log({**row.figures, **row.texts}, step=row.step)

    def close(self, failed: bool) -> None:
        self._run.finish()


TRACKERS: dict[str, Callable[[Subject], Tracker]] = {
    "wandb": WandbTracker,
    "tensorboard": TensorboardTracker,
    "trackio": TrackioTracker,
}
_ADVICE = {
    "wandb": (
        " 'wandb login'을 하거나, 네트워크 없이 쓰려면 WANDB_MODE=offline으로 시작하세요.",
        " Run 'wandb login', or start with WANDB_MODE=offline to work without a network.",
    )
}
