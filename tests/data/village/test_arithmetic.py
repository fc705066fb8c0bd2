"""Word problems and sums: the calls are right, the split holds, the wordings are many."""

from itertools import pairwise

import pytest

from nakochat.core.calculator import calculate
from nakochat.data.village import arithmetic
from nakochat.data.village.scene import Exercise, Scene

KINDS = tuple(arithmetic.EXERCISES)


def exercises(kind: str, count: int, **scene: object) -> list[Exercise]:
    make = arithmetic.EXERCISES[kind]
    return [make(Scene(kind=kind, number=number, **scene)) for number in range(count)]  # type: ignore[arg-type]


def calls(exercise: Exercise) -> list[tuple[str, str]]:
    parts = [part for message in exercise.messages for part in message.parts]
    return [(one.text, other.text) for one, other in pairwise(parts) if one.kind == "python"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_call_gives_what_the_calculator_answers(kind: str, split: str) -> None:
    for exercise in exercises(kind, 1500, split=split):
        for expression, output in calls(exercise):
            assert calculate(expression) == output
        assert calls(exercise)[-1][1] == exercise.expected.number
        assert exercise.expected.number in exercise.messages[-1].text


@pytest.mark.parametrize("kind", KINDS)
def test_operands_of_the_test_are_never_trained(kind: str) -> None:
    def first_calls(split: str) -> set[str]:
        return {calls(exercise)[0][0] for exercise in exercises(kind, 3000, split=split)}

    assert not first_calls("train") & first_calls("test")


def test_no_slot_is_left_open_and_no_particle_pair_is_left_undecided() -> None:
    for exercise in exercises("story_problem", 3000):
        for message in exercise.messages:
            assert not set("{}:@") & set(message.text)


def test_a_question_that_goes_on_from_facts_does_not_come_before_them() -> None:
    for exercise in exercises("story_problem", 3000):
        assert not exercise.messages[0].text.startswith(("그럼 ", "그러면 ", "이제 "))


def test_wordings_are_many() -> None:
    skeletons = {e.messages[0].text for e in exercises("story_problem", 4000, masked=True)}
    assert len(skeletons) > 2500


def test_each_operation_has_a_dozen_situations() -> None:
    for situations in arithmetic.SITUATIONS.values():
        assert len(situations) >= 12
        assert all(len(s.facts) * len(s.asks) + len(s.whole) >= 5 for s in situations)


def test_the_assistant_speaks_politely() -> None:
    for kind in KINDS:
        for exercise in exercises(kind, 1000):
            assert exercise.messages[-1].text.endswith("요.")
