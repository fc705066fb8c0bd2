"""A model and the state of its training <-> checkpoints/STEP/: safetensors and JSON, with hashes, whole or not at all.

model.safetensors       parameters by name, float32
optimizer.safetensors   optimizer state by parameter name, and the CPU's random state; absent where no training goes on
about.json              kind of model, its config, tokenizer hash
state.json              step, position in the data, the guard's state, bits per byte if they were measured there
manifest.json           size and SHA-256 of each file, written before the folder takes its place
"""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nakochat.core import disk
from nakochat.core.errors import CheckpointError
from nakochat.core.files import (
    MANIFEST,
    has_its_sizes,
    is_whole,
    read_json,
    remove_folder,
    whole_folder,
    write_json,
    write_pieces,
)
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.paths import RunReference
from nakochat.core.progress import warn
from nakochat.models.model import Model, ModelConfig, build_model, config_from, kind_of


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Which checkpoints stay: the newest `last`, besides those whose step `every` divides, and the best."""

    last: int = 2
    every: int | None = None
    best: bool = False
    """The one with the lowest score (bits per byte of held-out text), of those that have one."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint folder and its JSON; tensors are read when they are asked for."""

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
        return str(read_json(self.folder / MANIFEST)["files"]["model.safetensors"]["sha256"])

    @property
    def written(self) -> int:
        """When it was written, in seconds since 1970."""
        return int((self.folder / MANIFEST).stat().st_mtime)

    @property
    def config(self) -> ModelConfig:
        """The model's shape."""
        return config_from(self.about["model"], self.about["config"])

    def model(self, dtype: torch.dtype, device: torch.device) -> Model:
        """The model with its weights.  CheckpointError where they cannot be read, or do not fit the config."""
        try:
            model = build_model(self.config, dtype)
            model.load_state_dict(self.weights())
        except (SafetensorError, OSError, RuntimeError, TypeError, KeyError) as error:
            raise CheckpointError(
                say(
                    f"체크포인트의 가중치를 읽을 수 없습니다: {self.folder} ({error}). 다른 걸음의 체크포인트를 쓰세요 "
                    "(NAME/STAGE@STEP).",
                    f"cannot read the weights of {self.folder} ({error}). Use the checkpoint of another step "
                    "(NAME/STAGE@STEP).",
                )
            ) from error
        return model.to(device)

    def weights(self) -> dict[str, Tensor]:
        return load_file(self.folder / "model.safetensors")

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
    model: Model,
    tokenizer_hash: str,
    state: dict[str, Any],
    weights: dict[str, Tensor] | None = None,
    optimizer: dict[str, Tensor] | None = None,
    keep: Keep = Keep(),
) -> Path:
    """Write folder/STEP atomically, then delete what `keep` does not keep.  OSError where the disk is full.

    weights: by name, None is the model's own.  optimizer: as Optimizer.whole_state, None is a checkpoint without it.
    -> the folder
    """
    path = folder / f"{state['step']:06d}"
    with whole_folder(path) as files:
        tensors = model.state_dict() if weights is None else weights
        write_pieces(files / "model.safetensors", _safetensors(tensors))
        if optimizer is not None:
            write_pieces(files / "optimizer.safetensors", _safetensors(optimizer))
        about = {
            "model": kind_of(model.config),
            "config": dataclasses.asdict(model.config),
            "tokenizer": tokenizer_hash,
        }
        write_json(files / "about.json", about)
        write_json(files / "state.json", state)
    _thin_out(folder, path, keep)
    return path


def _thin_out(folder: Path, newest: Path, keep: Keep) -> None:
    """Delete what need not be kept.  What cannot be deleted is only reported: the new checkpoint is there."""
    steps = _steps(folder)
    # damaged ones do not count; those of later steps are damaged, or training would have gone on from them
    known = [path for path in steps if int(path.name) <= int(newest.name) and has_its_sizes(path)]
    kept = {*known[: keep.last]}
    if keep.every is not None:
        kept.update(path for path in known if int(path.name) % keep.every == 0)
    if keep.best:
        scored = [(score, path) for path in known if (score := _score(path)) is not None]
        kept.update(path for _, path in sorted(scored)[:1])
    for path in (path for path in steps if path not in kept):
        try:
            remove_folder(path)
        except OSError as error:
            warn(say(f"지우지 못했습니다: {path} ({error})", f"could not delete {path} ({error})"))


def _score(path: Path) -> float | None:
    """Bits per byte of held-out text at this checkpoint, if they were measured there."""
    try:
        score = read_json(path / "state.json").get("score")
    except (OSError, ValueError, AttributeError):
        return None  # damaged: newest_checkpoint says so
    return score if isinstance(score, float) else None


def newest_checkpoint(folder: Path, step: int | None = None) -> Checkpoint | None:
    """The newest whole checkpoint, or the one of a step; None when there is none.

    A damaged one is named and passed over.  CheckpointError when a step was asked for and is missing or damaged.
    """
    for path in _steps(folder):
        if step is not None and int(path.name) != step:
            continue
        found = _read(path)
        if found is not None:
            return found
        if path.exists():
            warn(say(f"손상된 체크포인트를 건너뜁니다: {path}", f"passing over a damaged checkpoint: {path}"))
        elif step is None:  # deleted just now by a training that has written a newer one
            return newest_checkpoint(folder)
    if step is not None:
        raise CheckpointError(
            say(
                f"{folder}에 {step}걸음의 체크포인트가 없습니다.",
                f"{folder} has no whole checkpoint of step {step}.",
            )
        )
    return None


def _read(path: Path) -> Checkpoint | None:
    """None unless it is whole."""
    try:
        if is_whole(path):
            return Checkpoint(path, read_json(path / "about.json"), read_json(path / "state.json"))
    except FileNotFoundError:
        return None
    return None


def checkpoint_of(run: RunReference) -> Checkpoint:
    """The checkpoint that a RUN of the command line stands for.  CheckpointError when there is none."""
    checkpoint = newest_checkpoint(run.folder / "checkpoints", run.step)
    if checkpoint is None:
        raise nothing_whole(run)
    return checkpoint


def nothing_whole(run: RunReference) -> CheckpointError:
    """For a RUN without a whole checkpoint."""
    return CheckpointError(say(f"온전한 체크포인트가 없습니다: {run}.", f"no whole checkpoint: {run}."))


def agreed_checkpoint(folder: Path, machine: Machine, step: int | None = None) -> Checkpoint | None:
    """`newest_checkpoint` of the first rank, read by every rank.  All ranks call it.

    A network disk may show one computer an old listing, or fail to read on it.  CheckpointError on all ranks where one
    of them does not find the same weights.
    """
    if machine.world == 1:
        return newest_checkpoint(folder, step)
    found = newest_checkpoint(folder, step) if machine.is_first else None
    named = int(machine.sum(found.step + 1 if found is not None else 0)) - 1  # of the others: 0
    if named >= 0 and not machine.is_first:
        with contextlib.suppress(CheckpointError):  # its hash is missing below, on all ranks
            found = newest_checkpoint(folder, named)
    hashes = [brought.decode() for brought in machine.gather_bytes((found.hash if found else "").encode())]
    others = ", ".join(str(rank) for rank, own in enumerate(hashes) if own != hashes[0])
    if others:
        raise CheckpointError(
            say(
                f"모두가 같은 체크포인트에서 이어 가지 못합니다: {folder}의 {named}걸음이 프로세스 {others}에는 없거나 "
                "다른 것입니다. 모든 컴퓨터에서 같은 폴더가 보이는지 확인하고 다시 실행하세요.",
                f"the processes cannot go on from one checkpoint: step {named} of {folder} is missing, or is another "
                f"one, for process {others}. See that every computer has the same folder, and run it again.",
            )
        )
    return found


def remove_leftovers(folder: Path) -> None:
    """Delete what killed saves left behind.  Only for the process that holds the run's lock."""
    for path in folder.glob(".[0-9]*"):
        disk.remove(path)


def _safetensors(tensors: dict[str, Tensor]) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file, tensor by tensor (https://huggingface.co/docs/safetensors).

    The library's save_file does not raise OSError on a full disk, and its save makes one bytes object of all tensors
    while it holds the interpreter's lock: training would stand still.
    """
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))  # so each is aligned
    header, at = {}, 0
    for name in names:
        end = at + tensors[name].numel() * tensors[name].element_size()
        header[name] = {
            "dtype": _DTYPES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [at, end],
        }
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        values = tensors[name].detach().cpu().contiguous().flatten()
        yield values.view(torch.uint8).numpy().data


_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def _steps(folder: Path) -> list[Path]:
    """Checkpoint folders, newest first."""
    found = [path for path in folder.glob("[0-9]*") if path.is_dir() and path.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)
