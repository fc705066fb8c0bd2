"""A model and the state of its training <-> checkpoints/STEP/: safetensors and JSON, with hashes, whole or not at all.

model.safetensors       parameters by name, float32
optimizer.safetensors   optimizer state by parameter name; absent in a checkpoint made for use only
about.json              kind of model, its config, tokenizer hash, scores so far
state.json              step, position in the data, random states
manifest.json           size and SHA-256 of each file, written before the folder takes its place
"""

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import Tensor

from nakochat.core.errors import CheckpointError
from nakochat.core.files import is_whole, read_json, whole_folder, write_bytes, write_json
from nakochat.core.messages import say
from nakochat.core.paths import RunReference
from nakochat.core.progress import warn
from nakochat.models.nako import Nako, NakoConfig


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint folder holds, but for the tensors, which are read when asked for."""

    folder: Path
    about: dict[str, Any]
    state: dict[str, Any]

    @property
    def step(self) -> int:
        return int(self.state["step"])

    @property
    def is_last(self) -> bool:
        """Whether its training is finished."""
        return self.step >= int(self.state["steps"])

    @property
    def hash(self) -> str:
        """SHA-256 of the weights, by which a child names its parent."""
        return str(read_json(self.folder / "manifest.json")["files"]["model.safetensors"]["sha256"])

    def model(self, dtype: torch.dtype, device: torch.device) -> Nako:
        """The model with its weights."""
        try:
            model = Nako(NakoConfig(**self.about["config"]), dtype)
            model.load_state_dict(load_file(self.folder / "model.safetensors"))
        except (SafetensorError, RuntimeError, TypeError, KeyError) as error:
            raise CheckpointError(
                say(
                    f"체크포인트의 가중치를 읽을 수 없습니다: {self.folder} ({error})",
                    f"cannot read the weights of {self.folder} ({error})",
                )
            ) from error
        return model.to(device)

    def optimizer_state(self) -> dict[str, Tensor]:
        return load_file(self.folder / "optimizer.safetensors")

    def require_tokenizer(self, tokenizer_hash: str) -> None:
        """CheckpointError unless the model was trained with this tokenizer."""
        if self.about["tokenizer"] != tokenizer_hash:
            raise CheckpointError(
                say(
                    f"다른 토크나이저로 학습한 체크포인트입니다: {self.folder}. 그 실행의 tokenizer/를 함께 쓰거나 "
                    "--name으로 새 실행을 시작하세요.",
                    f"the checkpoint was trained with another tokenizer: {self.folder}. Use the tokenizer/ of its run, "
                    "or start a new run with --name.",
                )
            )


def save_checkpoint(
    folder: Path,
    *,
    model: Nako,
    tokenizer_hash: str,
    state: dict[str, Any],
    optimizer: dict[str, Tensor] | None = None,
    keep: int = 2,
) -> Path:
    """Write folder/STEP atomically, then delete all but the newest `keep`.  OSError where the disk is full."""
    path = folder / f"{state['step']:06d}"
    with whole_folder(path) as files:
        # not save_file: on a full disk it raises a SafetensorError, which is no OSError
        write_bytes(files / "model.safetensors", _serialised(model.state_dict()))
        if optimizer is not None:
            write_bytes(files / "optimizer.safetensors", _serialised(optimizer))
        about = {"model": "nako", "config": dataclasses.asdict(model.config), "tokenizer": tokenizer_hash}
        write_json(files / "about.json", about)
        write_json(files / "state.json", state)
    for old in _steps(folder)[keep:]:
        shutil.rmtree(old)
    return path


def newest_checkpoint(folder: Path, step: int | None = None) -> Checkpoint | None:
    """The newest whole checkpoint, or the one of a step; None when there is none.

    A damaged one is named and passed over.  CheckpointError when a step was asked for and is missing or damaged.
    """
    for path in _steps(folder):
        if step is not None and int(path.name) != step:
            continue
        if is_whole(path):
            return Checkpoint(path, read_json(path / "about.json"), read_json(path / "state.json"))
        warn(say(f"손상된 체크포인트를 건너뜁니다: {path}", f"passing over a damaged checkpoint: {path}"))
    if step is not None:
        raise CheckpointError(
            say(f"{folder}에 스텝 {step}이 없습니다.", f"{folder} has no whole checkpoint of step {step}.")
        )
    return None


def checkpoint_of(run: RunReference) -> Checkpoint:
    """The checkpoint that a RUN of the command line stands for.  CheckpointError when there is none."""
    checkpoint = newest_checkpoint(run.folder / "checkpoints", run.step)
    if checkpoint is None:
        raise CheckpointError(say(f"온전한 체크포인트가 없습니다: {run}.", f"no whole checkpoint: {run}."))
    return checkpoint


def remove_leftovers(folder: Path) -> None:
    """Delete what saves that were killed left behind.  Only for the one who may write here."""
    for path in folder.glob(".[0-9]*"):
        shutil.rmtree(path)


def _serialised(tensors: dict[str, Tensor]) -> bytes:
    return serialise({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})


def _steps(folder: Path) -> list[Path]:
    """Checkpoint folders, newest first."""
    found = [path for path in folder.glob("[0-9]*") if path.is_dir() and path.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)
