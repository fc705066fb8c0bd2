"""A model, a stream of batches, an optimizer and a schedule -> a trained model.  The only training loop.

It knows nothing of text, conversations or rewards: a stage is the values that it passes in.  The order of one turn:
measure, save, stop?, take the step's batches and count their targets over all ranks, forward and backward of each
piece divided by that one count, update unless guard.py finds a fault, log.  Everything that a resume needs is in the
checkpoint: step, random state, optimizer, position in the data, the guard's state.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from nakochat.core.errors import TrainingError
from nakochat.core.interrupts import Interrupt, Interrupted, Unwanted, interruptible
from nakochat.core.machine import Machine, peak_memory_bytes
from nakochat.core.messages import say
from nakochat.core.progress import Bar, speak, warn
from nakochat.core.run import Run
from nakochat.data.batches import Batch
from nakochat.models.checkpoint import Checkpoint, Keep
from nakochat.models.kernels import agreed_kernel, candidates, switch_on
from nakochat.models.model import Model
from nakochat.training import loop_words as words
from nakochat.training.checkpoints import Checkpoints
from nakochat.training.gradients import Gradients
from nakochat.training.guard import Guard
from nakochat.training.objective import Loss, compiled_loss, weighted_loss
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule


class Batches(Protocol):
    """What the loop trains on."""

    def step(self) -> list[Batch]:
        """This rank's batches of the next optimizer step; never called ahead of it.

        Unwanted, on all ranks together, where they were given up: the next call gives the same step again.
        """
        ...

    def state(self) -> dict[str, Any]:
        """The position, as JSON, for a checkpoint; it is the same for every number of ranks."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a position that `state` gave."""
        ...

    def figures(self) -> dict[str, float]:
        """What to log of the last step beside the loss."""
        ...


@dataclass(frozen=True)
class Check:
    """Something measured every `every` steps, and before the first and after the last."""

    every: int
    measure: Callable[[Model, int], dict[str, float]]
    """(model, step) -> figures to log; {} is none."""


@dataclass
class Training:
    """One stage being trained.  `step`, `seconds` and `tokens` count over interruptions."""

    model: Model
    batches: Batches
    optimizer: Optimizer
    schedule: Schedule
    machine: Machine
    run: Run
    tokenizer_hash: str
    checks: Sequence[Check] = ()
    save_every: int = 200
    log_every: int = 10
    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    kernel: str | None = None
    """The attention kernel on a GPU (models/kernels.py); None until one is chosen."""
    keep: Keep = field(default_factory=Keep)
    guard: Guard = field(default_factory=Guard)
    patience: float = 1800.0
    """Seconds without a step after which a rank that keeps the others waiting is named, and all ranks stop."""
    clip: float | None = None
    """Largest norm of a step's gradients, which are scaled down to it; None is no limit."""
    seed: int = 0
    """Of a fresh start, and of dropout where the model has it."""
    temperature: float = 1.0
    """What the logits are divided by: in RL the temperature that the answers were sampled at."""
    wish: Interrupt = field(default_factory=Interrupt)
    """The request to stop (Ctrl-C, SIGTERM); batches that take long to make may poll it and raise Unwanted."""
    score: tuple[int, float] | None = None
    """Step and value of the last measured bits per byte of held-out text."""
    _settled: int | None = None
    """The step after which measuring and saving are done; None: not yet after the current one."""
    _warming_up: bool = True
    """This process has made no step yet: a request to stop does not wait until everything is compiled."""
    _measured: bool = True
    """Whether the checks of this step have all been made."""

    def __post_init__(self) -> None:
        self.checkpoints = Checkpoints(
            self.run.folder / "checkpoints",
            self.model,
            self.optimizer,
            self.machine,
            tokenizer_hash=self.tokenizer_hash,
            keep=self.keep,
        )

    def begin(self) -> None:
        """The random state of a fresh start: whatever this process did before leaves no trace in what is learned."""
        torch.manual_seed(self.seed)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take up the exact state of a checkpoint."""
        saved = checkpoint.optimizer_state()
        torch.set_rng_state(saved.pop("random.cpu"))
        self.optimizer.load_state(saved)
        self.batches.restore(checkpoint.state["data"])
        self.kernel = checkpoint.state.get("attention")
        self.step, self.seconds, self.tokens = (
            checkpoint.state[name] for name in ("step", "seconds", "tokens")
        )
        if "guard" in checkpoint.state:  # not in checkpoints of earlier versions
            self.guard.restore(checkpoint.state["guard"])
        self.checkpoints.step = self.step
        self._settled = self.step if checkpoint.state.get("measured", True) else None

    def train(self, then: Callable[[], None] = lambda: None) -> None:
        """Train until the schedule's last step; the first rank then calls `then` and ends the log.

        Interrupted when asked to stop: after saving, or after `then` where it was asked during the last step.
        TrainingError when faults do not end (guard.py), or the last checkpoint cannot be written.
        """
        self._choose_kernel()
        self.checkpoints.reserve()
        gradients = Gradients(self.model, self.optimizer, self.machine, self.run, self._loss())
        steps, title = self.schedule.steps, self.run.folder.name
        shown = self.machine.is_first
        with (
            interruptible(self.wish),
            self.checkpoints.ended(),
            self.machine.in_step(self.patience) as beat,
            Bar(title, steps, start=self.step, every=self.log_every, shown=shown) as bar,
        ):
            while True:
                beat()
                started = time.perf_counter()
                if self.step != self._settled:
                    self._measure()
                    if not self._save():
                        continue  # from the checkpoint that it went back to
                    self._settled = self.step
                if self.step == steps:
                    break
                self._stop_if_asked()
                try:
                    figures = self._first_step(gradients) if self._warming_up else self._one_step(gradients)
                except Unwanted:
                    continue  # to _stop_if_asked
                if figures is None:  # no step was made: there is nothing new to measure or save
                    self._settled = self.step
                    continue
                elapsed = time.perf_counter() - started
                self.seconds += elapsed
                self._log(bar, figures, elapsed)
            asked = self.machine.sum(self.wish.asked)
        if shown:
            then()
        # the very last: a stage that ended on its way here is closed by the next run of it
        memory = peak_memory_bytes(self.machine.device) / 1e9
        self.run.log("end", seconds=self.seconds, steps=steps, tokens=self.tokens, peak_memory_gb=memory)
        if asked:
            if shown:
                speak(words.stopped(self.step, saved=True))
            raise Interrupted

    def _loss(self) -> Loss:
        if self.machine.compile:
            return compiled_loss(self.temperature)
        if self.temperature == 1:
            return weighted_loss
        return functools.partial(weighted_loss, temperature=self.temperature)

    def _choose_kernel(self) -> None:
        """Choose the attention kernel of a GPU; a resumed run keeps its own."""
        if self.machine.device.type == "cpu":
            return
        if self.kernel not in candidates(self.machine.device, self.machine.dtype):
            self.kernel = agreed_kernel(self.machine, self.model.config)
            self.run.log("attention", kernel=self.kernel)
        self.model.packed = switch_on(self.kernel)

    def _measure(self) -> None:
        """All checks.  Except after the last step a request to stop abandons them: the resumed run begins with them,
        from the same random state."""
        if self.step == self.schedule.steps:
            self._look()
            return
        before, self._measured = torch.get_rng_state(), False
        try:
            with self.wish.breaking():
                self._look()
            self._measured = True
        except Unwanted:
            torch.set_rng_state(before)

    def _look(self) -> None:
        for check in self.checks:
            if self.step % check.every == 0 or self.step == self.schedule.steps:
                self.model.eval()
                with torch.no_grad():
                    values = check.measure(self.model, self.step)
                if values:
                    self.run.log("check", step=self.step, **values)
                if "validation_bits_per_byte" in values:
                    self.score = (self.step, values["validation_bits_per_byte"])

    def _save(self) -> bool:
        """Save every save_every steps, in the background, and at the end.  False where weights were not finite.

        A full disk is reported and training goes on; for the last checkpoint it is a TrainingError.
        """
        self.checkpoints.look()
        is_last = self.step == self.schedule.steps
        if not self.step or (self.step % self.save_every and not is_last):
            return True
        if self.step == self.checkpoints.step:  # resumed here, where measuring was still to be done
            return True
        if not self._is_finite():
            self._forget_spoilt()
            return False
        try:
            self.checkpoints.begin(self._state())
            if is_last:
                self.checkpoints.finish()
        except OSError as error:
            raise TrainingError(words.not_saved(self.step, error) + words.make_room()) from error
        return True

    def _state(self) -> dict[str, Any]:
        """What a checkpoint holds beside the tensors."""
        return {
            "step": self.step,
            "steps": self.schedule.steps,
            "seconds": self.seconds,
            "tokens": self.tokens,
            "dtype": str(self.machine.dtype).removeprefix("torch."),
            "compiled": self.machine.compile,
            "attention": self.kernel,
            "data": self.batches.state(),
            "guard": self.guard.state(),
            "measured": self._measured,
            "score": self.score[1] if self.score is not None and self.score[0] == self.step else None,
        }

    def _is_finite(self) -> bool:
        """Whether every weight is finite, on all ranks.  Checked before each save: a checkpoint holds a good model."""
        found = torch.stack([parameter.detach().isfinite().all() for parameter in self.model.parameters()])
        return not self.machine.sum(not bool(found.all()))

    def _stop_if_asked(self) -> None:
        if not self.machine.sum(self.wish.asked):
            return
        good = self._is_finite()
        if good:
            try:
                self.checkpoints.leave(self._state())
            except OSError as error:
                raise TrainingError(words.not_saved(self.step, error) + words.make_room()) from error
        if self.machine.is_first:
            speak(words.stopped(self.step, saved=good))
        raise Interrupted

    def _first_step(self, gradients: Gradients) -> dict[str, float] | None:
        """As any other step, but a request to stop ends it, and the training, at once.

        Weights may be half updated then, and nothing was done that is not in the checkpoint this process began with:
        it leaves without saving.  Several ranks would have to leave together, so there the step is finished.
        """
        alone = self.machine.world == 1
        try:
            with self.wish.breaking() if alone else contextlib.nullcontext():
                figures = self._one_step(gradients)
        except Unwanted:
            if not alone:
                raise
            speak(words.left_at_once(self.step))
            raise Interrupted from None
        self._warming_up = figures is None
        return figures

    def _one_step(self, gradients: Gradients) -> dict[str, float] | None:
        """One optimizer step: what to log of it, or None where guard.py forbade it.  Unwanted as `Batches.step`."""
        self.model.train()
        self._seed_dropout()
        pieces = self.batches.step()
        scored = self.machine.sum(sum(piece.scored for piece in pieces))
        total = gradients.take(pieces, max(scored, 1), self.step)
        norm = self.optimizer.gradient_norm()
        mean = self.machine.sum(total)
        fault = self.guard.fault(mean, norm) if scored else None
        if fault is not None:
            self.optimizer.zero_gradients()
            self._pass_over(fault)
            return None
        rate = self.schedule.rate(self.step)
        momentum, decay = self.schedule.momentum(self.step), self.schedule.decay(self.step)
        if scored:  # else the gradient is zero, and Muon would still take a step of full size
            shrink = 1.0 if self.clip is None else min(1.0, self.clip / (norm + 1e-6))
            self.optimizer.step(self.step, rate=rate, momentum=momentum, decay=decay, shrink=shrink)
        self.optimizer.zero_gradients()
        self.step += 1
        tokens, damaged = self.machine.sums(
            sum(piece.inputs.numel() for piece in pieces), sum(piece.damaged for piece in pieces)
        )
        self.tokens += int(tokens)
        return {
            "loss": mean,
            "gradient_norm": norm,
            "learning_rate": rate,
            "scored": scored,
            **({"damaged": int(damaged)} if damaged else {}),
            **self.batches.figures(),
        }

    def _seed_dropout(self) -> None:
        """By seed, step and rank: a resumed run drops the same values, on every kind of device."""
        if getattr(self.model.config, "dropout", 0.0):
            torch.manual_seed(hash((self.seed, self.step, self.machine.rank)) % 2**63)

    def _log(self, bar: Bar, figures: dict[str, float], elapsed: float) -> None:
        speed = self.tokens / self.seconds
        self.run.log(
            "step",
            step=self.step,
            tokens_per_second=speed,
            seconds=self.seconds,
            step_seconds=elapsed,
            **figures,
        )
        shown = figures.get("reward", figures["loss"])
        name = say("보상", "reward") if "reward" in figures else say("손실", "loss")
        bar.update(self.step, f"{name} {shown:.3f} · {speed / 1000:.1f}K {say('토큰/초', 'tokens/s')}")

    def _pass_over(self, fault: str) -> None:
        """Skip a bad batch; at the second in a row go back to the last checkpoint, at the third raise TrainingError."""
        if self.machine.is_first:
            warn(words.passed_over(self.step + 1, fault))
        self.run.log("skipped", step=self.step + 1, fault=fault, number=self.guard.skipped)
        if self.guard.gives_up:
            raise TrainingError(words.gave_up(self.step + 1, self.guard.row, self.run.folder))
        if len(self.guard.row) > 1:
            self._roll_back()

    def _roll_back(self) -> bool:
        """Back to the last checkpoint, but not in the data: no batch is taken twice.  False where there is none."""
        checkpoint = self.checkpoints.newest()
        if checkpoint is None:
            return False
        position, guard, seconds = self.batches.state(), self.guard.state(), self.seconds
        self.model.load_state_dict(checkpoint.weights())
        self.resume(checkpoint)
        self.batches.restore(position)
        self.guard.row, self.guard.skipped, self.seconds = guard["row"], guard["skipped"], seconds
        self.run.log("rolled_back", step=self.step)
        if self.machine.is_first:
            warn(words.rolled_back(self.step))
        return True

    def _forget_spoilt(self) -> None:
        """Go back instead of saving weights that are not finite.  TrainingError where there is no checkpoint."""
        self.guard.note("weights")
        self.run.log("skipped", step=self.step, fault="weights", number=self.guard.skipped)
        if self.machine.is_first:
            warn(words.spoilt(self.step))
        if self.guard.gives_up or not self._roll_back():
            raise TrainingError(words.gave_up(self.step, self.guard.row, self.run.folder))
