"""Tasks as RL names them, "counting:2,gsm8k,spelling" -> prompts without end, and what is right of their answers.

A name is a kind of the village's (counting, calculator, choice, mixed) or a task with items to learn from
(docs/tasks.md).  Prompt number n is the same for every rank and after every resume.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.messages import say
from nakochat.data.village.scene import Exercise
from nakochat.data.village.village import Village
from nakochat.data.weighted import parse_weighted
from nakochat.inference.engine import Generated
from nakochat.inference.talk import message_of
from nakochat.tasks.catalogue import BENCHMARKS
from nakochat.tasks.grading import is_right
from nakochat.tasks.village import COUNTING_KINDS, SEED
from nakochat.text.conversation import Conversation
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.lesson_shards import NamedTask, lessons_at

# exercises that a task's grader can judge by rule
# mixed is mostly counting: what a model was taught otherwise fades while it learns one thing only
REWARDS = {
    "counting": COUNTING_KINDS,
    "calculator": ("sum", "story_problem"),
    "choice": ("choice",),
    "mixed": (*(*COUNTING_KINDS, *COUNTING_KINDS, "story_problem") * 2, "choice", "unknown", "question"),
}
FEWEST = 10  # lessons of a task of which some can be held out
FIRST = 5_000_000_000  # number of the first exercise: beyond those of every other stage


@dataclass(frozen=True)
class Prompt:
    """What is asked, and whether an answer's text is right."""

    task: str
    messages: Conversation
    is_right: Callable[[str], bool]

    def is_met_by(self, answer: Generated, tokenizer: Tokenizer) -> bool:
        """Whether an answer is right and ended as an answer does: at a text's <|bos|>, or cut off, it did not."""
        ended = answer.ids[-1:] == [tokenizer.im_end]
        return ended and self.is_right(message_of(answer.ids, tokenizer).text)


class Practice(Protocol):
    """One task to practise: prompts by number, from 0 on without end."""

    name: str
    weight: float

    def prompt(self, number: int) -> Prompt: ...

    def held_out(self, count: int) -> list[Prompt]:
        """At most so many prompts that are never practised, always the same."""


class VillagePractice:
    """The village makes a new exercise for every number."""

    def __init__(self, name: str, weight: float, seed: int) -> None:
        self.name, self.weight, self.kinds = name, weight, REWARDS[name]
        self.village = Village(seed)

    def prompt(self, number: int) -> Prompt:
        return self._prompt(self.village.exercise(FIRST + number, kind=self.kinds[number % len(self.kinds)]))

    def held_out(self, count: int) -> list[Prompt]:
        # far from the numbers that evaluation uses: what is measured during training is no test
        village = Village(SEED)
        kinds = list(dict.fromkeys(self.kinds))
        return [
            self._prompt(village.exercise(10_000_000 + n, kind=kinds[n % len(kinds)], split="test"))
            for n in range(count)
        ]

    def _prompt(self, exercise: Exercise) -> Prompt:
        return Prompt(self.name, exercise.messages[:-1], lambda text: is_right(text, exercise.expected))


class TaskPractice:
    """The lessons of a task in an order that the seed draws, again and again."""

    def __init__(self, task: NamedTask, seed: int, folder: Path | None) -> None:
        self.name, self.weight = task.benchmark.name, task.weight
        self.task, self.folder = task, folder
        self.lessons = lessons_at(task, folder)
        self._shuffled = list(range(len(self.lessons)))
        random.Random(f"{seed}/{self.name}").shuffle(self._shuffled)
        self.order = self._shuffled
        """Of the lessons that are practised."""

    def prompt(self, number: int) -> Prompt:
        lesson = self.lessons[self.order[number % len(self.order)]]
        return Prompt(self.name, lesson.prompt, lesson.is_right)

    def held_out(self, count: int) -> list[Prompt]:
        """The last of the shuffled lessons, a fifth of them at most, which are no longer practised from now on.

        The task's test items are left for evaluation.  DataError where there are too few lessons to hold some out.
        """
        if not count:
            return []
        if len(self.lessons) < FEWEST:
            raise DataError(
                say(
                    f"'{self.name}'의 연습 문항이 {len(self.lessons)}개뿐이라 일부를 떼어 두고 배울 수 없습니다. "
                    f"{FEWEST}개는 있어야 합니다. 문항을 더 모으거나, --check-items 0으로 떼어 두지 않고 배우세요.",
                    f"'{self.name}' has only {len(self.lessons)} lessons, too few to hold some of them out: it takes "
                    f"{FEWEST}. Gather more, or learn from all of them with --check-items 0.",
                )
            )
        practised = len(self.lessons) - min(count, len(self.lessons) // 5)
        kept = [self.lessons[index] for index in self._shuffled[practised:]]
        self.order = self._shuffled[:practised]
        return [Prompt(self.name, lesson.prompt, lesson.is_right) for lesson in kept]


def practices(named: str, *, seed: int, folder: Path | None = None) -> list[Practice]:
    """The tasks of --task.  ConfigError for a name that is none, DataError where its data is not here."""
    found: list[Practice] = []
    for text in filter(None, (part.strip() for part in named.split(","))):
        entry = parse_weighted(text)
        name = str(entry.path)
        if name in REWARDS:
            found.append(VillagePractice(name, entry.weight, seed))
            continue
        benchmark = next((b for b in BENCHMARKS if b.name == name), None)
        if benchmark is None:
            known = ", ".join([*REWARDS, *(b.name for b in BENCHMARKS if b.train is not None)])
            raise ConfigError(
                say(
                    f"--task에 그런 과제가 없습니다: {name}. 있는 것: {known}.",
                    f"--task has no {name}. There are: {known}.",
                )
            )
        found.append(TaskPractice(NamedTask(benchmark, entry.weight), seed, folder))
    if not found:
        raise ConfigError(say("--task가 비었습니다.", "--task is empty."))
    return found


def shared_out(tasks: Sequence[Practice]) -> Callable[[int], tuple[Practice, int]]:
    """number -> the task whose turn it is, by weight, and the number of its own prompt.

    The task furthest behind its share comes next, so that every step has prompts of all tasks.
    """
    total = sum(task.weight for task in tasks)
    turns: list[tuple[int, int]] = []
    made = [0] * len(tasks)

    def at(number: int) -> tuple[Practice, int]:
        while len(turns) <= number:
            behind = [task.weight / total * (len(turns) + 1) - made[n] for n, task in enumerate(tasks)]
            chosen = max(range(len(tasks)), key=behind.__getitem__)
            turns.append((chosen, made[chosen]))
            made[chosen] += 1
        chosen, own = turns[number]
        return tasks[chosen], own

    return at
