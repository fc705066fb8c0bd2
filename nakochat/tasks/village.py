"""The village's held-out exercises, and the hand-written ones -> tasks.

Held out are combinations that training never shows (data/village/scene.py).  The frozen items (tasks/frozen) were
written by hand, in other words than the generator's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

from nakochat.data.village.scene import Exercise, Expected, unlike
from nakochat.data.village.village import Village
from nakochat.tasks import frozen
from nakochat.tasks.grading import chosen_option, holds_text, says_unknown
from nakochat.tasks.task import Label, Task
from nakochat.text.conversation import assistant, user

SEED = 20261120  # of the held-out exercises: the same for every model
COUNTING_KINDS = ("syllables", "finals")
# the names under which RL practises its exercises (training/practice.py)
PRACTISED = {
    "counting": Label("글자와 받침 세기", "counting syllables and finals"),
    "calculator": Label("계산기", "calculator"),
    "choice": Label("객관식", "multiple choice"),
    "mixed": Label("여러 가지를 섞어", "a mix of all"),
}


class _Generated(Sequence[Exercise]):
    """`count` held-out exercises, the kinds in turn, each made once: when it is first asked for."""

    def __init__(self, count: int, *kinds: str) -> None:
        self.length, self.kinds = count, kinds
        self.village = Village(SEED)
        self.made: dict[int, Exercise] = {}

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Exercise: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Exercise]: ...
    def __getitem__(self, place: int | slice) -> Exercise | Sequence[Exercise]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(self.length))]
        number = range(self.length)[place]
        if number not in self.made:
            kind = self.kinds[number % len(self.kinds)]
            self.made[number] = self.village.exercise(number, kind=kind, split="test")
        return self.made[number]


def _generated(count: int, *kinds: str) -> Callable[[], Sequence[Exercise]]:
    exercises = _Generated(count, *kinds)
    return lambda: exercises


def _written(name: str) -> Callable[[], Sequence[Exercise]]:
    return lambda: [
        Exercise((user(item.prompt), assistant("")), _expected(item)) for item in frozen.load(name)
    ]


def _expected(item: frozen.FrozenItem) -> Expected:
    """With the wrong options rejected, which the frozen file leaves to be read from the prompt."""
    if item.expected.option is None:
        return item.expected
    return replace(item.expected, reject=unlike(item.options[item.expected.option - 1], item.options))


def _names_option_number(answer: str, expected: Expected) -> bool:
    return chosen_option(answer) == expected.option


def _claims_unknown(answer: str, expected: Expected) -> bool:
    return says_unknown(answer)


_QUESTIONS = _generated(300, "question", "follow_up")
_CHOICES = _generated(200, "choice")

TASKS: tuple[Task, ...] = (
    Task(
        "calculator",
        Label("계산기: 새 수", "calculator: new operands"),
        _generated(200, "sum", "story_problem"),
    ),
    Task(
        "calculator_written",
        Label("계산기: 사람이 쓴 문제", "calculator: hand-written"),
        _written("word_problems"),
    ),
    Task("questions", Label("질문: 새로 짜 맞춘 말", "questions: recombined phrasing"), _QUESTIONS),
    Task("questions_written", Label("질문: 사람이 쓴 말", "questions: hand-written"), _written("questions")),
    Task("unknown", Label("모를 때 '모르겠어요'", "says so when it can't know"), _generated(150, "unknown")),
    Task(
        "unknown_wrongly",
        Label("아는데 '모르겠어요'", "says so though it could know"),
        _QUESTIONS,
        grade=_claims_unknown,
        better="lower",
    ),
    Task(
        "choice_number",
        Label("객관식: 번호", "multiple choice: number"),
        _CHOICES,
        grade=_names_option_number,
        chance=0.25,
    ),
    Task(
        "choice_text", Label("객관식: 보기", "multiple choice: text"), _CHOICES, grade=holds_text, chance=0.25
    ),
    Task(
        "choice_written_number",
        Label("사람이 쓴 객관식: 번호", "hand-written choice: number"),
        _written("choices"),
        grade=_names_option_number,
        chance=0.25,
    ),
    Task(
        "choice_written_text",
        Label("사람이 쓴 객관식: 보기", "hand-written choice: text"),
        _written("choices"),
        grade=holds_text,
        chance=0.25,
    ),
    Task(
        "everyday_written",
        Label("일상 대화: 사람이 쓴 말", "everyday talk: hand-written"),
        _written("everyday"),
    ),
    Task(
        "everyday_later",
        Label("일상 대화: 나중에 쓴 말", "everyday talk: written later"),
        _written("everyday_later"),
    ),
    Task(
        "counting",
        Label("글자와 받침 세기", "counting syllables and finals"),
        _generated(600, *COUNTING_KINDS),
    ),
    Task("given", Label("알려 준 사실", "facts given in the prompt"), _generated(150, "given")),
    Task("recall", Label("이름 기억하기", "name recalled a turn later"), _generated(100, "recall")),
)
