"""Its own answers and a grader -> a model that is right more often.  [nako train rl]

On-policy policy gradient over groups: several answers to each prompt, each weighted by how much better it was graded
than its group's mean.  It is what is left of GRPO (https://arxiv.org/abs/2402.03300) without the KL term and the
reference model, without ratios and clipping (every answer is used once, by the policy that gave it), without division
by the group's deviation or the answer's length (https://arxiv.org/abs/2503.20783).  Groups whose answers are all
right or all wrong teach nothing and are left out.
"""

from typing import Any

import numpy as np

from nakochat.core.errors import ConfigError
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.data.batches import Batch, make_batch
from nakochat.data.packing import Packer, Piece
from nakochat.data.village.scene import Exercise
from nakochat.data.village.village import Village
from nakochat.inference.engine import Engine, Generated, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import message_of
from nakochat.models.checkpoint import Keep
from nakochat.models.model import Model
from nakochat.tasks.grading import is_right
from nakochat.tasks.village import COUNTING_KINDS
from nakochat.text.conversation import render_prompt
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.guard import Guard
from nakochat.training.loop import Check, Training
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule
from nakochat.training.settings import RlSettings
from nakochat.training.stage import is_done, loaded, open_stage, parent_checkpoint, record_origin
from nakochat.training.vitals import Vitals
from nakochat.training.watch import Watch

# exercises that a task's grader can judge by rule
# mixed is mostly counting: what a model was taught otherwise fades while it learns one thing only
REWARDS = {
    "counting": COUNTING_KINDS,
    "calculator": ("sum", "story_problem"),
    "choice": ("choice",),
    "mixed": (*(*COUNTING_KINDS, *COUNTING_KINDS, "story_problem") * 2, "choice", "unknown", "question"),
}
FIRST = 5_000_000_000  # number of the first exercise: beyond those of every other stage


def main(settings: RlSettings = RlSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the rl stage of a run."""
    if settings.task not in REWARDS:
        known = ", ".join(REWARDS)
        raise ConfigError(say(f"--task는 {known} 가운데 하나입니다.", f"--task is one of {known}."))
    if is_done("rl", settings):
        return
    with open_stage("rl", settings) as stage:
        parent = parent_checkpoint(stage, settings, "sft") if stage.resumed is None else None
        record_origin(stage, settings, parent)
        model = loaded(stage.resumed or parent, stage.machine)  # type: ignore[arg-type]
        rollouts = Rollouts(model, stage.tokenizer, stage.machine, settings)
        watch = Watch(stage.run, stage.tokenizer, stage.machine, [])
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
            rollouts,
            optimizer,
            Schedule(steps=settings.steps, warmup=3, warmdown=0.5),
            stage.machine,
            stage.run,
            stage.tokenizer.hash,
            checks=[Check(settings.check_every, watch.measure)] if stage.machine.is_first else [],
            save_every=settings.save_every,
            log_every=settings.log_every,
            keep=Keep(last=settings.keep_last, every=settings.keep_every),
            guard=Guard(spikes=False),
            patience=settings.rank_timeout,
        )
        if stage.resumed is not None:
            training.resume(stage.resumed)
        training.train()


class Rollouts:
    """Batches made by the model itself.  The number of steps taken is all of its state."""

    def __init__(self, model: Model, tokenizer: Tokenizer, machine: Machine, settings: RlSettings) -> None:
        if machine.world > settings.prompts:
            raise ConfigError(
                say(
                    f"--prompts {settings.prompts}: 프로세스 {machine.world}개가 나누어 갖기에 모자랍니다.",
                    f"--prompts {settings.prompts} leaves some of the {machine.world} processes without any.",
                )
            )
        self.model, self.tokenizer, self.machine, self.settings = model, tokenizer, machine, settings
        self.village, self.kinds = Village(settings.seed), REWARDS[settings.task]
        self.taken = 0
        self._figures: dict[str, float] = {}

    def step(self) -> list[Batch]:
        """Answers of this rank's share of the step's prompts, as batches of one shape."""
        s, m = self.settings, self.machine
        numbers = [self.taken * s.prompts + i for i in range(s.prompts)][m.rank :: m.world]
        exercises = [self.village.exercise(FIRST + n, kind=self.kinds[n % len(self.kinds)]) for n in numbers]
        prompts = [render_prompt(self.tokenizer, exercise.messages[:-1]) for exercise in exercises]
        engine = Engine(inference_copy(self.model), self.tokenizer, m)
        sampling = Sampling(max_tokens=s.max_tokens, temperature=s.temperature, top_k=None)
        repeated = [prompt for prompt in prompts for _ in range(s.answers)]
        seeds = [((s.seed << 40) + n * s.answers + k) % 2**63 for n in numbers for k in range(s.answers)]
        made = engine.generate(repeated, sampling, seeds=seeds)
        rewards = np.array([self._reward(exercises[i // s.answers], answer) for i, answer in enumerate(made)])
        advantages = rewards.reshape(-1, s.answers) - rewards.reshape(-1, s.answers).mean(
            axis=1, keepdims=True
        )
        self.taken += 1
        self._note(rewards, advantages, made)
        rows = [
            (
                np.array([*prompt, *answer.ids]),
                np.array([0.0] * len(prompt) + [a if own else 0.0 for own in answer.sampled]),
            )
            for prompt, answer, a in zip(repeated, made, advantages.flatten().tolist(), strict=True)
            if a != 0
        ]
        return self._pack(rows)

    def state(self) -> dict[str, Any]:
        return {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        self.taken = state["taken"]

    def figures(self) -> dict[str, float]:
        return self._figures

    def _reward(self, exercise: Exercise, answer: Generated) -> float:
        """1 for a right answer that ended by itself, and as an answer ends: a text's <|bos|> stops it too."""
        text = message_of(answer.ids, self.tokenizer).text
        return float(answer.ids[-1] == self.tokenizer.im_end and is_right(text, exercise.expected))

    def _note(self, rewards: Any, advantages: Any, made: list[Generated]) -> None:
        total = self.machine.sum(len(rewards))
        self._figures = {
            "reward": self.machine.sum(float(rewards.sum())) / total,
            "groups_with_signal": self.machine.sum(float((advantages != 0).any(axis=1).sum()))
            / self.settings.prompts,
            "answer_tokens": self.machine.sum(sum(len(answer.ids) for answer in made)) / total,
        }

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
