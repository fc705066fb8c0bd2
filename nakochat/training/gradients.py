"""The batches of a step -> their gradients and loss, summed over pieces and ranks, in pieces that memory holds."""

import torch

from nakochat.core.errors import TrainingError
from nakochat.core.machine import Machine
from nakochat.core.progress import speak
from nakochat.core.run import Run
from nakochat.data.batches import Batch
from nakochat.models.model import Model
from nakochat.training import loop_words as words
from nakochat.training.objective import Loss
from nakochat.training.optimizer import Optimizer


class Gradients:
    """Accumulates a step's gradients.  Where memory runs out on any rank, all ranks repeat the step in pieces of half
    the rows, and keep to that size."""

    def __init__(self, model: Model, optimizer: Optimizer, machine: Machine, run: Run, loss_of: Loss) -> None:
        self.model, self.optimizer, self.machine, self.run = model, optimizer, machine, run
        self.loss_of = loss_of
        self.rows_at_once: int | None = None
        """Rows of a piece that turned out to fit in memory; None is all of them."""

    def take(self, pieces: list[Batch], scored: float, step: int) -> float:
        """Forward and backward of every piece -> this rank's share of the loss, in nats.

        Afterwards the gradients, summed over all ranks, are where Optimizer.step looks for them.  scored: targets of
        the step over all ranks, by which every piece is divided; step: for the log.  TrainingError when not even one
        row fits.
        """
        while True:
            rows = max(len(piece.inputs) for piece in pieces)
            most = min(rows, self.rows_at_once or rows)
            parts = [part for piece in pieces for part in piece.split(most)]
            total = self._backward(parts, scored)
            self.optimizer.finish_reduction()
            if not self.machine.sum(total is None):
                assert total is not None
                return total
            self.optimizer.zero_gradients()
            self._halve(int(self.machine.largest(most)), step)

    def _backward(self, pieces: list[Batch], scored: float) -> float | None:
        """This rank's share of the loss; None where memory ran out."""
        total = torch.zeros((), device=self.machine.device)
        try:
            for number, piece in enumerate(pieces, start=1):
                loss = self.loss_of(self.model, piece.to(self.machine.device)) / scored
                if number == len(pieces):
                    self.optimizer.begin_reduction()
                loss.backward()
                total += loss.detach()
            return float(total)
        except RuntimeError as error:
            if not is_out_of_memory(error, self.machine.device):
                raise
            return None  # and not a retry here, where the traceback still holds the step's tensors

    def _halve(self, rows: int, step: int) -> None:
        """TrainingError when the pieces that did not fit were of one row."""
        if rows == 1:
            raise TrainingError(words.no_room_for_a_row())
        self.rows_at_once = rows // 2
        self.machine.forget_cached_memory()
        if self.machine.is_first:
            speak(words.halved(rows, self.rows_at_once))
        self.run.log("memory", step=step, rows_at_once=self.rows_at_once)


def is_out_of_memory(error: RuntimeError, device: torch.device) -> bool:
    """Whether an error says that memory ran out: PyTorch has a class for it, but on Apple's GPUs words alone."""
    on_mps = device.type == "mps" and "MPS backend out of memory" in str(error)
    return isinstance(error, torch.OutOfMemoryError) or on_mps
