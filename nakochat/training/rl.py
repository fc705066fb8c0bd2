"""Its own answers and a grader -> a model that is right more often.  [nako train rl]

On-policy policy gradient over groups: several answers to each prompt, each weighted by how much better it was graded
than its group's mean.  It is what is left of GRPO (https://arxiv.org/abs/2402.03300) without the KL term and the
reference model, without ratios and clipping (every answer is used once, by the policy that gave it), without division
by the group's deviation or the answer's length (https://arxiv.org/abs/2503.20783).  Groups whose answers are all
right or all wrong teach nothing and are left out.

The policy is the model at the temperature that its answers are sampled at: the loss, and what --kl compares, divide the
logits by it too.

With --sft-weight every step learns from conversations of the stage before too (sft_beside.py).

With --kl B, an answer's reward is lowered by B (ln p - ln p0), summed over its sampled tokens: p0 is the model that RL
began with.  In expectation that is B times the KL divergence from it, and being part of the reward it needs no other
loss.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.files import read_json
from nakochat.core.interrupts import Interrupt, Unwanted
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.data.batches import Batch, PackedBatches, make_batch
from nakochat.data.packing import Packer, Piece
from nakochat.evals.likelihood import log_likelihoods
from nakochat.evals.scorer import prompt_room
from nakochat.inference.engine import Engine, Generated, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.models.checkpoint import Checkpoint, Keep
from nakochat.models.model import Model
from nakochat.text.conversation import render_prompt
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.exam import Exam
from nakochat.training.guard import Guard
from nakochat.training.loop import Batches, Check, Training
from nakochat.training.optimizer import Optimizer
from nakochat.training.practice import Practice, Prompt, practices, shared_out
from nakochat.training.schedule import Schedule
from nakochat.training.settings import RlSettings
from nakochat.training.sft_beside import SftBeside, taught
from nakochat.training.stage import Stage, is_done, loaded, open_stage, parent_checkpoint, record_origin
from nakochat.training.vitals import Vitals
from nakochat.training.watch import Watch


def main(settings: RlSettings = RlSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the rl stage of a run."""
    tasks = practices(settings.task, seed=settings.seed, folder=settings.task_data)
    if is_done("rl", settings):
        return
    with open_stage("rl", settings) as stage:
        needed = stage.resumed is None or settings.kl is not None
        parent = parent_checkpoint(stage, settings, "sft") if needed else None
        record_origin(stage, settings, parent)
        model = loaded(stage.resumed or parent, stage.machine)  # type: ignore[arg-type]
        reference = _reference(stage, settings, parent)
        measures = (
            Watch(stage.run, stage.tokenizer, stage.machine, []).measure,
            _exam(stage, settings, tasks).measure,
        )
        wish = Interrupt()
        rollouts = Rollouts(
            model, stage.tokenizer, stage.machine, settings, tasks, reference=reference, wish=wish
        )
        optimizer = Optimizer(
            model,
            model.parameter_groups(),
            matrix_rate=settings.matrix_rate,
            weight_decay=0.0,
            width=model.config.width,
            tokens_per_step=settings.rows * model.config.context,
            scale=settings.rate_scale,
            dtype=stage.machine.dtype,
            machine=stage.machine,
        )
        stage.run.also = Vitals(
            model.config, stage.machine, rates={"matrix": optimizer.peaks["matrix"]}, tokens_per_step=None
        )
        training = Training(
            model,
            _with_sft(rollouts, stage, settings, model.config.context),
            optimizer,
            Schedule(steps=settings.steps, warmup=3, warmdown=0.5),
            stage.machine,
            stage.run,
            stage.tokenizer.hash,
            checks=[Check(settings.check_every, look) for look in measures if stage.machine.is_first],
            save_every=settings.save_every,
            log_every=settings.log_every,
            keep=Keep(last=settings.keep_last, every=settings.keep_every),
            guard=Guard(spikes=False),
            patience=settings.rank_timeout,
            seed=settings.seed,
            wish=wish,
            temperature=settings.temperature,
        )
        if stage.resumed is not None:
            training.resume(stage.resumed)
        else:
            training.begin()
        training.train()


def _with_sft(rollouts: "Rollouts", stage: Stage, settings: RlSettings, context: int) -> Batches:
    """The rollouts, and --rows rows of conversations beside them, which the ranks share: what is learned does not
    follow from their number.  ConfigError where it does not divide the rows."""
    if not settings.sft_weight:
        return rollouts
    before = find_run(settings.from_ or f"{settings.run_name}/sft").folder
    conversations = PackedBatches(
        taught(before, stage.tokenizer),
        rows=settings.rows,
        length=context,
        pad=stage.tokenizer.pad,
        seed=settings.seed + 1,  # not in the order in which they were learned
        rank=stage.machine.rank,
        world=stage.machine.world,
    )
    return SftBeside(rollouts, conversations, settings.sft_weight)


def _exam(stage: Stage, settings: RlSettings, tasks: Sequence[Practice]) -> Exam:
    """Of what each task holds out; every rank makes it, since that also says what is left to practise."""
    return Exam(
        folder=stage.run.folder,
        tokenizer=stage.tokenizer,
        machine=replace(stage.machine, rank=0, world=1),  # only the first rank measures
        prompts=[prompt for task in tasks for prompt in task.held_out(settings.check_items)],
        samples=settings.check_samples,
        max_tokens=settings.max_tokens,
        steps=settings.steps,
    )


def _reference(stage: Stage, settings: RlSettings, parent: Checkpoint | None) -> Model | None:
    """What --kl compares with: the model that RL began with."""
    if settings.kl is None or parent is None:
        return None
    _require_parent(stage.run.folder, parent)
    return inference_copy(loaded(parent, stage.machine))


def _require_parent(folder: Path, parent: Checkpoint) -> None:
    """CheckpointError where the model that RL began with is no longer there: --kl compares with it."""
    path = folder / "origin.json"
    began = (read_json(path).get("parent") or {}) if path.is_file() else {}
    if began.get("hash", parent.hash) != parent.hash:
        raise CheckpointError(
            say(
                "--kl이 견줄 모델이 없습니다: RL을 시작한 체크포인트가 바뀌었습니다. 새 --name으로 시작하세요.",
                "--kl has nothing to compare with: the checkpoint that RL began with has changed. Start "
                "with a new --name.",
            )
        )


class Rollouts:
    """Batches made by the model itself.  The number of steps taken is all of its state."""

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        machine: Machine,
        settings: RlSettings,
        tasks: Sequence[Practice],
        *,
        reference: Model | None = None,
        wish: Interrupt | None = None,
    ) -> None:
        """wish: to stop, for which answers need not be waited."""
        if machine.world > settings.prompts:
            raise ConfigError(
                say(
                    f"--prompts {settings.prompts}: 프로세스 {machine.world}개가 나누어 갖기에 모자랍니다.",
                    f"--prompts {settings.prompts} leaves some of the {machine.world} processes without any.",
                )
            )
        self.model, self.tokenizer, self.machine, self.settings = model, tokenizer, machine, settings
        self.tasks, self.reference, self.wish = list(tasks), reference, wish or Interrupt()
        self._turn = shared_out(tasks)
        self.taken = 0
        self._figures: dict[str, float] = {}

    def step(self) -> list[Batch]:
        """Answers of this rank's share of the step's prompts, as batches of one shape.  Unwanted where one is."""
        s, m = self.settings, self.machine
        numbers = [self.taken * s.prompts + i for i in range(s.prompts)][m.rank :: m.world]
        asked = [task.prompt(own) for task, own in map(self._turn, numbers)]
        prompts = [self._rendered(prompt) for prompt in asked]
        policy = inference_copy(self.model)
        engine = Engine(policy, self.tokenizer, m)
        sampling = Sampling(max_tokens=s.max_tokens, temperature=s.temperature, top_k=None)
        repeated = [prompt for prompt in prompts for _ in range(s.answers)]
        seeds = [((s.seed << 40) + n * s.answers + k) % 2**63 for n in numbers for k in range(s.answers)]
        made = engine.generate(repeated, sampling, seeds=seeds, unwanted=lambda: self.wish.asked)
        if m.sum(self.wish.asked):
            raise Unwanted
        rewards = np.array([self._reward(asked[i // s.answers], answer) for i, answer in enumerate(made)])
        drift = self._drift(policy, repeated, made)
        worth = (rewards - (s.kl or 0.0) * drift).reshape(-1, s.answers)
        advantages = worth - worth.mean(axis=1, keepdims=True)
        self.taken += 1
        self._note(asked, rewards, drift, advantages, made)
        rows = [
            (
                np.array([*prompt, *answer.ids]),
                np.array([0.0] * len(prompt) + [a if own else 0.0 for own in answer.sampled]),
            )
            for prompt, answer, a in zip(repeated, made, advantages.flatten().tolist(), strict=True)
            if a != 0
        ]
        return self._pack(rows)

    def _rendered(self, prompt: Prompt) -> list[int]:
        """A prompt that is too long loses its beginning: its answer may still be right."""
        room = prompt_room(self.model.config.context, self.settings.max_tokens)
        return render_prompt(self.tokenizer, prompt.messages)[-room:]

    def _drift(self, policy: Model, prompts: Sequence[Sequence[int]], made: Sequence[Generated]) -> Any:
        """ln p - ln p0 of each answer's sampled tokens.  -> (answers,); zeros where nothing is compared"""
        if self.reference is None:
            return np.zeros(len(made))
        sequences = [[*prompt, *answer.ids] for prompt, answer in zip(prompts, made, strict=True)]
        sums = []
        for model in (policy, self.reference):
            heat = self.settings.temperature
            logs = log_likelihoods(model, sequences, self.machine.device, temperature=heat)
            own = [torch.tensor(answer.sampled, dtype=torch.bool) for answer in made]
            sums.append(
                [float(v[len(v) - len(mask) :][mask].sum()) for v, mask in zip(logs, own, strict=True)]
            )
        return np.array(sums[0]) - np.array(sums[1])

    def state(self) -> dict[str, Any]:
        return {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        self.taken = state["taken"]

    def figures(self) -> dict[str, float]:
        return self._figures

    def _reward(self, prompt: Prompt, answer: Generated) -> float:
        return float(prompt.is_met_by(answer, self.tokenizer))

    def _note(
        self, asked: Sequence[Prompt], rewards: Any, drift: Any, advantages: Any, made: list[Generated]
    ) -> None:
        m = self.machine
        total = m.sum(len(rewards))
        self._figures = {
            "reward": m.sum(float(rewards.sum())) / total,
            "groups_with_signal": m.sum(float((advantages != 0).any(axis=1).sum())) / self.settings.prompts,
            "answer_tokens": m.sum(sum(len(answer.ids) for answer in made)) / total,
        }
        if self.reference is not None:
            self._figures["kl"] = m.sum(float(drift.sum())) / total
        if len(self.tasks) > 1:  # a curve for each
            means = rewards.reshape(len(asked), -1).mean(axis=1)
            for task in self.tasks:
                own = [
                    float(mean) for prompt, mean in zip(asked, means, strict=True) if prompt.task == task.name
                ]
                count = m.sum(len(own))
                if count:
                    self._figures[f"reward/{task.name}"] = m.sum(sum(own)) / count

    def _pack(self, answers: list[tuple[Any, Any]]) -> list[Batch]:
        """Answers packed into full batches of one shape, the last filled up with empty rows."""
        context, rows = self.model.config.context, self.settings.rows
        pieces = iter([Piece(len(ids), number, 0, False) for number, (ids, _) in enumerate(answers)])
        packer = Packer(pieces, row=context + 1)
        packed = []
        while row := packer.next_row():
            packed.append([answers[piece.document] for piece in row])
        while not packed or len(packed) % rows:
            packed.append([])
        return [
            make_batch(packed[at : at + rows], context, self.tokenizer.pad)
            for at in range(0, len(packed), rows)
        ]
