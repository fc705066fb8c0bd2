"""A model, a stream of batches, an optimizer and a schedule -> a trained model.  The only training loop.

It knows nothing of text, conversations or rewards: a stage is the values that it passes in.  The order of one turn:
measure, save, stop?, take the step's batches and count what they ask for over all ranks, forward and backward of each
piece divided by that one count, step, log.  Everything that a resume needs is in the checkpoint: step, random state,
optimizer, position in the data.
"""

import errno
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from nakochat.core.errors import TrainingError
from nakochat.core.interrupts import Interrupt, Interrupted, interruptible
from nakochat.core.josa import josa
from nakochat.core.machine import Machine, peak_memory_bytes
from nakochat.core.messages import say
from nakochat.core.progress import Bar, speak, warn
from nakochat.core.run import Run
from nakochat.data.batches import Batch
from nakochat.models.checkpoint import Checkpoint, save_checkpoint
from nakochat.models.nako import Nako
from nakochat.training.objective import Loss, compiled_loss, weighted_loss
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule


class Batches(Protocol):
    """What the loop trains on.  `step` is called once per optimizer step and never ahead of it."""

    def step(self) -> list[Batch]: ...
    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...
    def figures(self) -> dict[str, float]:
        """What the step just taken wants logged beside the loss."""
        ...


@dataclass(frozen=True)
class Check:
    """Something measured every `every` steps, and before the first and after the last."""

    every: int
    measure: Callable[[Nako, int], dict[str, float]]


@dataclass
class Training:
    """One stage on its way.  `seconds` counts over interruptions."""

    model: Nako
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

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take up the exact state of a checkpoint."""
        saved = checkpoint.optimizer_state()
        torch.set_rng_state(saved.pop("random.cpu"))
        self.optimizer.load_state(saved)
        self.batches.restore(checkpoint.state["data"])
        self.step, self.seconds, self.tokens = (
            checkpoint.state[name] for name in ("step", "seconds", "tokens")
        )

    def train(self) -> None:
        """Until the schedule's last step.  Interrupted after saving; TrainingError for a loss that is no number."""
        loss_of = compiled_loss() if self.machine.compile else weighted_loss
        steps, title = self.schedule.steps, self.run.folder.name
        shown = self.machine.is_first
        resumed_at = self.step if self.step else None
        with (
            interruptible() as interrupt,
            Bar(title, steps, start=self.step, every=self.log_every, shown=shown) as bar,
        ):
            while True:
                started = time.perf_counter()
                if self.step != resumed_at:
                    self._measure()
                    self._save(steps)
                if self.step == steps:
                    break
                self._stop_if_asked(interrupt)
                figures = self._one_step(loss_of)
                elapsed = time.perf_counter() - started
                self.seconds += elapsed
                self._log(bar, figures, elapsed)
        memory = peak_memory_bytes(self.machine.device) / 1e9
        self.run.log("end", seconds=self.seconds, steps=steps, tokens=self.tokens, peak_memory_gb=memory)

    def _one_step(self, loss_of: Loss) -> dict[str, float]:
        self.model.train()
        pieces = self.batches.step()
        scored = self.machine.sum(sum(piece.scored for piece in pieces))
        total = torch.zeros((), device=self.machine.device)
        for piece in pieces:
            loss = loss_of(self.model, piece.to(self.machine.device)) / max(scored, 1)
            loss.backward()
            total += loss.detach()
        self.machine.sum_gradients(self.model.parameters())
        norm = float(self.optimizer.gradient_norm())
        mean = self.machine.sum(float(total))
        if not (math.isfinite(mean) and math.isfinite(norm)):
            raise TrainingError(self._not_a_number(mean, norm))
        rate = self.schedule.rate(self.step)
        momentum, decay = self.schedule.momentum(self.step), self.schedule.decay(self.step)
        if scored:  # else the gradient is zero, but Muon's step has one size whatever the gradient's
            self.optimizer.step(self.step, rate=rate, momentum=momentum, decay=decay)
        self.optimizer.zero_gradients()
        self.step += 1
        self.tokens += int(self.machine.sum(sum(piece.inputs.numel() for piece in pieces)))
        return {
            "loss": mean,
            "gradient_norm": norm,
            "learning_rate": rate,
            "scored": scored,
            **self.batches.figures(),
        }

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

    def _measure(self) -> None:
        for check in self.checks:
            if self.step % check.every == 0 or self.step == self.schedule.steps:
                self.model.eval()
                with torch.no_grad():
                    values = check.measure(self.model, self.step)
                if values:
                    self.run.log("check", step=self.step, **values)

    def _save(self, steps: int) -> None:
        """At every save_every steps and at the end.  A full disk is said and survived, but for the last checkpoint."""
        if self.step and (self.step % self.save_every == 0 or self.step == steps):
            try:
                self.save()
            except OSError as error:
                if self.step == steps:
                    raise TrainingError(self._not_saved(error) + self._make_room()) from error
                if self.machine.is_first:
                    warn(self._not_saved(error) + say(" 학습은 계속됩니다.", " Training goes on."))

    def save(self) -> None:
        """A checkpoint of this very moment, by the first rank.  OSError on every rank when it could not be written."""
        failed: OSError | None = None
        if self.machine.is_first:
            state = {
                "step": self.step,
                "steps": self.schedule.steps,
                "seconds": self.seconds,
                "tokens": self.tokens,
                "dtype": str(self.machine.dtype).removeprefix("torch."),
                "compiled": self.machine.compile,
                "data": self.batches.state(),
            }
            try:
                save_checkpoint(
                    self.run.folder / "checkpoints",
                    model=self.model,
                    tokenizer_hash=self.tokenizer_hash,
                    state=state,
                    optimizer={**self.optimizer.state, "random.cpu": torch.get_rng_state()},
                )
            except OSError as error:
                failed = error
        if self.machine.sum(failed is not None):  # all ranks learn of it, so that all go on, or leave, alike
            raise failed or OSError(errno.EIO, os.strerror(errno.EIO))

    def _stop_if_asked(self, interrupt: Interrupt) -> None:
        if self.machine.sum(interrupt.asked):
            try:
                self.save()
            except OSError as error:
                raise TrainingError(self._not_saved(error) + self._make_room()) from error
            if self.machine.is_first:
                speak(
                    say(
                        f"{self.step}스텝까지 저장하고 멈췄습니다. 같은 명령을 다시 실행하면 이어집니다.",
                        f"Stopped and saved at step {self.step}. Run the same command again to go on.",
                    )
                )
            raise Interrupted

    def _not_saved(self, error: OSError) -> str:
        return say(
            f"스텝 {self.step}을 저장하지 못했습니다 ({error.strerror}). 마지막 체크포인트는 그대로 있습니다.",
            f"could not save step {self.step} ({error.strerror}). The last checkpoint stays.",
        )

    def _make_room(self) -> str:
        return say(
            " 디스크에 자리를 만든 뒤 같은 명령을 다시 실행하면 이어집니다.",
            " Make room on the disk, then run the same command again.",
        )

    def _not_a_number(self, loss: float, norm: float) -> str:
        return say(
            f"스텝 {self.step + 1}에서 손실이 {loss}, 기울기의 크기가 {norm}이 되어 멈췄습니다. "
            "마지막 체크포인트는 온전하지만, 그대로 이으면 같은 곳에서 다시 멈춥니다. 자료를 확인하거나, "
            f"{josa(str(self.run.folder), '을')} 다른 곳으로 옮기고 더 낮은 --matrix-rate로 이 단계를 다시 시작하세요.",
            f"stopped at step {self.step + 1}: the loss is {loss}, the gradient norm {norm}. "
            "The last checkpoint is whole, but going on from it stops at the same step again. Check the data, or "
            f"move {self.run.folder} away and start this stage again with a lower --matrix-rate.",
        )
