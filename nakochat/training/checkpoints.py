"""A training at one moment -> its newest checkpoint, written by the first rank while training goes on.

All ranks call every method: each holds a part of the optimizer's state, and all have to go on, or leave, together when
the disk refuses.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nakochat.core.machine import Machine, synchronise
from nakochat.core.progress import warn
from nakochat.models.checkpoint import Checkpoint, Keep, agreed_checkpoint, save_checkpoint
from nakochat.models.model import Model
from nakochat.training import loop_words as words
from nakochat.training.optimizer import Optimizer
from nakochat.training.saving import Saver, Snapshot, drop


class Checkpoints:
    """The checkpoints of one stage."""

    def __init__(
        self,
        folder: Path,
        model: Model,
        optimizer: Optimizer,
        machine: Machine,
        *,
        tokenizer_hash: str,
        keep: Keep,
    ) -> None:
        self.folder, self.model, self.optimizer, self.machine = folder, model, optimizer, machine
        self.tokenizer_hash, self.keep = tokenizer_hash, keep
        self.step: int | None = None
        """Step of the last checkpoint that was begun, or resumed from."""
        self._saver, self._snapshot = Saver(), Snapshot()

    def reserve(self) -> None:
        """Allocate pinned host memory for copies from a GPU: page-locking takes longer than a save may delay a step."""
        if self.machine.device.type == "cuda":
            self._copies()

    def begin(self, state: dict[str, Any]) -> None:
        """Copy weights and optimizer state, and start writing them; waits for the save before it.

        state: what the checkpoint holds beside the tensors, `step` among it.
        """
        self._say_failed(self._saver.wait())
        self.step = state["step"]
        weights, optimizer = self._copies()
        if self.machine.is_first:
            optimizer["random.cpu"] = torch.get_rng_state()
            self._saver.begin(lambda: self._write(weights, optimizer, state))

    def finish(self) -> None:
        """Wait until the checkpoint is on disk.  OSError on every rank when it could not be written."""
        failed = self._saver.wait()
        if self.machine.sum(failed is not None):
            raise failed or OSError(errno.EIO, os.strerror(errno.EIO))

    def leave(self, state: dict[str, Any]) -> None:
        """`begin` and `finish`, unless this step is saved already: replacing that would only put it at risk."""
        failed = self._saver.wait()
        self._say_failed(failed)
        if self.step != state["step"] or self.machine.sum(failed is not None):
            self.begin(state)
            self.finish()

    def look(self) -> None:
        """Report a save that has failed since; does not wait."""
        self._say_failed(self._saver.collect())

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint, the same on every rank."""
        self._say_failed(self._saver.wait())
        self.machine.wait()
        return agreed_checkpoint(self.folder, self.machine)

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """However the block ends, wait for a save that is under way."""
        try:
            yield
        finally:
            self._say_failed(self._saver.wait())

    def _copies(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Weights and optimizer state, gathered from all ranks and copied into the first rank's host memory."""
        take = self._snapshot.take if self.machine.is_first else drop
        weights = {name: take(f"model.{name}", tensor) for name, tensor in self.model.state_dict().items()}
        return weights, self.optimizer.whole_state(take)

    def _write(self, weights: dict[str, Tensor], optimizer: dict[str, Tensor], state: dict[str, Any]) -> None:
        synchronise(self.machine.device)  # the copies are asynchronous
        save_checkpoint(
            self.folder,
            model=self.model,
            weights=weights,
            tokenizer_hash=self.tokenizer_hash,
            state=state,
            optimizer=optimizer,
            keep=self.keep,
        )

    def _say_failed(self, error: OSError | None) -> None:
        """Of a save in the background, by the rank that made it."""
        if error is not None:
            warn(words.not_saved(self.step or 0, error) + words.goes_on())
