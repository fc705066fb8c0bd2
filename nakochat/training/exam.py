"""A model during RL -> pass@k on held-out prompts, and how its answers changed.

RL/changes.json     the greedy answer to every held-out prompt before the first step, and after the last
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.progress import speak_once
from nakochat.inference.engine import Engine, Generated, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import message_of
from nakochat.models.model import Model
from nakochat.tasks.humaneval import pass_at_k
from nakochat.text.conversation import render_prompt
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.practice import Prompt

CHANGES = "changes.json"
SEED = 77  # of the samples: the same at every measurement


@dataclass
class Exam:
    """`measure` is a check of the loop."""

    folder: Path
    tokenizer: Tokenizer
    machine: Machine
    prompts: Sequence[Prompt]
    samples: int
    max_tokens: int
    steps: int

    def measure(self, model: Model, step: int) -> dict[str, float]:
        """{"pass@K/TASK": share} for K = 1, 2, 4, … up to the number of samples; nothing where no prompt fits."""
        if not self.prompts:
            return {}
        engine = Engine(inference_copy(model), self.tokenizer, self.machine)
        rendered = [render_prompt(self.tokenizer, prompt.messages) for prompt in self.prompts]
        fitting = [n for n, ids in enumerate(rendered) if len(ids) < engine.context - 8]
        if not fitting:
            speak_once(
                say(
                    f"떼어 둔 물음이 모두 이 모델의 문맥({engine.context}토큰)보다 길어, 배우기 전과 뒤를 견주지 "
                    "않습니다.",
                    f"Every held-out prompt is longer than this model's context ({engine.context} tokens): "
                    "before and after are not compared.",
                )
            )
            return {}
        if step in (0, self.steps):
            likeliest = engine.generate(
                [rendered[n] for n in fitting], Sampling(max_tokens=self.max_tokens, temperature=0)
            )
            self._record([self.prompts[n] for n in fitting], likeliest, step)
        return self._passes(engine, rendered, fitting)

    def _passes(
        self, engine: Engine, rendered: Sequence[list[int]], fitting: Sequence[int]
    ) -> dict[str, float]:
        sampling = Sampling(max_tokens=self.max_tokens, temperature=1.0, top_k=None)
        asked = [n for n in fitting for _ in range(self.samples)]
        seeds = [SEED + place for place in range(len(asked))]
        made = engine.generate([rendered[n] for n in asked], sampling, seeds=seeds)
        passed = dict.fromkeys(fitting, 0)
        for n, answer in zip(asked, made, strict=True):
            passed[n] += self.prompts[n].is_met_by(answer, self.tokenizer)
        by_task: dict[str, list[int]] = {}
        for n, count in passed.items():
            by_task.setdefault(self.prompts[n].task, []).append(count)
        sizes = [k for k in (1, 2, 4, 8, 16, 32, 64) if k <= self.samples]
        return {
            f"pass@{k}/{task}": sum(pass_at_k(self.samples, c, k) for c in counts) / len(counts)
            for task, counts in by_task.items()
            for k in sizes
        }

    def _record(self, prompts: Sequence[Prompt], answers: Sequence[Generated], step: int) -> None:
        """Write the answers before, or after, to disk at once: a resumed run still has those before."""
        path = self.folder / CHANGES
        side = "before" if step == 0 else "after"
        entries: list[dict[str, Any]] = read_json(path)["answers"] if step and path.is_file() else []
        if len(entries) != len(prompts):
            entries = [
                {"task": prompt.task, "prompt": " / ".join(m.text for m in prompt.messages)}
                for prompt in prompts
            ]
        for entry, prompt, answer in zip(entries, prompts, answers, strict=True):
            entry[side] = message_of(answer.ids, self.tokenizer).text
            entry[f"right_{side}"] = prompt.is_met_by(answer, self.tokenizer)
        write_json(path, {"answers": entries})
