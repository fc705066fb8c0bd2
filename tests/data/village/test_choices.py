"""Questions with options: one is right, its number follows it, positions are even."""

import re
from collections import Counter

import pytest

from nakochat.data.village import choices
from nakochat.data.village.choice_parts import PROPERTIES
from nakochat.data.village.scene import Exercise, Scene, unlike


def exercises(count: int = 4000, **scene: object) -> list[Exercise]:
    return [
        choices.choice(Scene(kind="choice", number=number, **scene))  # type: ignore[arg-type]
        for number in range(count)
    ]


def options(exercise: Exercise) -> list[str]:
    return exercise.messages[0].text.split("\n")[1:]


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_answer_begins_with_the_right_line_and_names_its_number(split: str) -> None:
    for exercise in exercises(1500, split=split):
        lines, number = options(exercise), exercise.expected.option
        assert number is not None
        assert exercise.expected.accept is not None
        assert [re.sub(r".*?(\d)$", r"\1", line) for line in lines] == [str(i + 1) for i in range(len(lines))]
        assert lines[number - 1] == f"{exercise.expected.accept[0]}{number}"
        assert exercise.messages[-1].text.startswith(lines[number - 1] + ".")
        assert f"{number}번" in exercise.messages[-1].text
        assert len({line[:-1] for line in lines}) == len(lines)


def test_positions_are_even() -> None:
    four = [e.expected.option for e in exercises() if len(options(e)) == 4]
    assert all(0.2 < count / len(four) < 0.3 for count in Counter(four).values())


def test_every_frequent_distractor_is_right_somewhere() -> None:
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for exercise in exercises(12000):
        right.update(exercise.expected.accept or ())
        seen.update(line[:-1] for line in options(exercise))
    assert [text for text, count in seen.items() if count > 40 and not right[text]] == []


def test_no_option_of_a_fact_is_also_right() -> None:
    for facts in choices._by_relation().values():
        for fact in facts:
            for other in choices._others(fact):
                assert not choices._answers(fact) & choices._answers(other)


def test_properties_have_no_word_on_both_sides() -> None:
    assert all(not set(row.members) & set(row.others) for row in PROPERTIES)


def test_questions_and_options_are_held_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    used: dict[str, set[tuple[object, ...]]] = {"train": set(), "test": set()}
    allows = Scene.allows

    def recorded(scene: Scene, *combination: object) -> bool:
        if allows(scene, *combination):
            used[scene.split].add(combination)
            return True
        return False

    monkeypatch.setattr(Scene, "allows", recorded)
    for split in used:
        exercises(3000, split=split)
    assert min(len(used["train"]), len(used["test"])) > 1000
    assert not used["train"] & used["test"]


def test_a_person_is_asked_for_by_who_and_a_place_by_where() -> None:
    """Of facts; what belongs to a group is told apart among things (아플 때 가는 곳은 무엇일까요?)."""
    asked = [exercise.messages[0].text.split("\n")[0] for exercise in exercises()]
    people = [text for text in asked if re.search(r"사람은|(?<!집) 사는 곳은", text)]
    assert sum("누구" in text for text in people) > 20
    assert sum("어디" in text for text in people) > 5
    assert not [text for text in people if re.search("무엇|뭐|뭘|어느 것|어떤 거", text)]


def test_a_wrong_option_that_the_right_one_holds_is_not_rejected() -> None:
    assert unlike("배추", ["배", "배추", "감자"]) == ("감자",)
