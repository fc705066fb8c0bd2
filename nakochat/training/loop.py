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
from nakochat.models.kernels import Shape, candidates, choose_kernel, switch_on
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
    rows_at_once: int | None = None
    """What memory turned out to hold of a piece; None is all of it."""
    kernel: str | None = None
    """What computes attention (models/kernels.py); None is not chosen yet."""

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

    def train(self) -> None:
        """Until the schedule's last step.  Interrupted after saving; TrainingError for a loss that is no number."""
        self._choose_kernel()
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

    def _choose_kernel(self) -> None:
        """On a GPU, the first rank's choice is everyone's, and a resumed run's is the one it had."""
        device, config = self.machine.device, self.model.config
        if device.type == "cpu":
            return
        there = candidates(device, self.machine.dtype)
        if self.kernel not in there:
            shape = Shape(
                rows=4,
                length=config.context,
                heads=config.heads,
                key_heads=config.key_heads,
                head_width=config.head_width,
                window=getattr(config, "window", None),
            )
            mine = choose_kernel(device, self.machine.dtype, shape) if self.machine.is_first else there[0]
            self.kernel = there[int(self.machine.largest(there.index(mine)))]
            self.run.log("attention", kernel=self.kernel)
        self.model.varlen = switch_on(self.kernel)

    def _one_step(self, loss_of: Loss) -> dict[str, float]:
        self.model.train()
        pieces = self.batches.step()
        scored = self.machine.sum(sum(piece.scored for piece in pieces))
        total = self._summed_gradients(pieces, max(scored, 1), loss_of)
        norm = self.optimizer.gradient_norm()
        mean = self.machine.sum(total)
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

    def _summed_gradients(self, pieces: list[Batch], scored: float, loss_of: Loss) -> float:
        """Forward and backward of every piece, summed over the ranks; this rank's share of the loss.

        Where memory runs out, on any rank, all take the step again in pieces of half the rows, and stay with them.
        """
        while True:
            rows = max(len(piece.inputs) for piece in pieces)
            most = min(rows, self.rows_at_once or rows)
            parts = [part for piece in pieces for part in piece.split(most)]
            total = self._backward(parts, scored, loss_of)
            self.optimizer.finish_reduction()
            if not self.machine.sum(total is None):
                assert total is not None
                return total
            self.optimizer.zero_gradients()
            self._halve(int(self.machine.largest(most)))

    def _backward(self, pieces: list[Batch], scored: float, loss_of: Loss) -> float | None:
        """This rank's share of the loss; None where memory ran out."""
        total = torch.zeros((), device=self.machine.device)
        try:
            for number, piece in enumerate(pieces, start=1):
                loss = loss_of(self.model, piece.to(self.machine.device)) / scored
                if number == len(pieces):
                    self.optimizer.begin_reduction()
                loss.backward()
                total += loss.detach()
            return float(total)
        except torch.OutOfMemoryError:
            return None  # what the traceback holds of the step is let go before it is tried again

    def _halve(self, rows: int) -> None:
        """TrainingError when the pieces that did not fit were of one row."""
        if rows == 1:
            raise TrainingError(
                say(
                    "한 줄씩 계산해도 메모리가 모자랍니다. --recompute를 켜거나, 더 작은 --depth나 "
                    "--context로 새로 시작하세요.",
                    "memory runs out even with one row at a time. Use --recompute, or start anew with a "
                    "smaller --depth or --context.",
                )
            )
        self.rows_at_once = rows // 2
        self.machine.forget_cached_memory()
        if self.machine.is_first:
            speak(
                say(
                    f"메모리가 모자라 한 번에 {rows}줄이 아니라 {self.rows_at_once}줄씩 계산합니다. "
                    f"배우는 것은 같습니다. 다음부터는 --rows-per-piece {self.rows_at_once}로 시작하세요.",
                    f"memory ran out: computing {self.rows_at_once} rows at a time instead of {rows}. "
                    f"What is learned is the same. Next time, begin with --rows-per-piece {self.rows_at_once}.",
                )
            )
        self.run.log("memory", step=self.step, rows_at_once=self.rows_at_once)

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
        optimizer = self.optimizer.whole_state()
        if self.machine.is_first:
            state = {
                "step": self.step,
                "steps": self.schedule.steps,
                "seconds": self.seconds,
                "tokens": self.tokens,
                "dtype": str(self.machine.dtype).removeprefix("torch."),
                "compiled": self.machine.compile,
                "attention": self.kernel,
                "data": self.batches.state(),
            }
            try:
                save_checkpoint(
                    self.run.folder / "checkpoints",
                    model=self.model,
                    tokenizer_hash=self.tokenizer_hash,
                    state=state,
                    optimizer={**optimizer, "random.cpu": torch.get_rng_state()},
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
