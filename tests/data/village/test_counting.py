"""Questions about letters: the numbers are right in both forms, the tally is regular, words are held out."""

import re
import unicodedata

import pytest

from nakochat.data.village import counting
from nakochat.data.village.scene import Exercise, Scene


def exercises(kind: str, count: int = 800, **scene: object) -> list[Exercise]:
    make = counting.EXERCISES[kind]
    return [make(Scene(kind=kind, number=number, **scene)) for number in range(count)]  # type: ignore[arg-type]


def asked_word(exercise: Exercise) -> str | None:
    quoted = re.search(r"'([가-힣]+)'", exercise.messages[0].text)
    return quoted.group(1) if quoted else None


def test_finals_are_those_of_unicode_decomposition() -> None:
    for exercise in exercises("finals"):
        word = asked_word(exercise)
        if word:
            assert exercise.expected.number == str(
                sum(len(unicodedata.normalize("NFD", s)) == 3 for s in word)
            )


def test_syllables_are_the_length() -> None:
    for exercise in exercises("syllables"):
        word = asked_word(exercise)
        if word:
            assert exercise.expected.number == str(len(word))


@pytest.mark.parametrize("kind", ["syllables", "finals"])
def test_half_of_the_answers_tally_and_the_last_number_is_the_total(kind: str) -> None:
    tallied = 0
    for exercise in exercises(kind):
        answer = exercise.messages[-1].text
        steps = re.findall(r"[가-힣]\((\d+)\)", answer)
        tallied += bool(steps)
        assert re.findall(r"\d+", answer)[-1] == exercise.expected.number
        if steps:
            assert steps[-1] == exercise.expected.number
            assert re.search(r"(?:[가-힣]\(\d+\) )*[가-힣]\(\d+\), ", answer)
    assert 300 < tallied < 500


def test_tally_runs_from_left_to_right() -> None:
    assert counting.tally("무궁화", [1, 1, 1]) == "무(1) 궁(2) 화(3)"
    assert counting.tally("무궁화", [0, 1, 0]) == "무(0) 궁(1) 화(1)"


def test_initials() -> None:
    found = [e for e in exercises("jamo") if "초성" in e.messages[0].text and e.expected.accept]
    assert found
    for exercise in found:
        word, (shown,) = asked_word(exercise), exercise.expected.accept or ("",)
        if word:
            assert [counting.INITIALS.index(s) for s in shown] == [(ord(s) - 0xAC00) // 588 for s in word]


@pytest.mark.parametrize("kind", ["jamo", "spell", "last", "first"])
def test_the_accepted_answer_is_in_the_answer(kind: str) -> None:
    for exercise in exercises(kind):
        wanted = exercise.expected.accept or (exercise.expected.number or "",)
        assert wanted[0] in exercise.messages[-1].text


def test_words_of_the_test_are_never_trained() -> None:
    trained = {asked_word(e) for e in exercises("finals", 3000)} - {None}
    tested = {asked_word(e) for e in exercises("finals", 3000, split="test")} - {None}
    assert len(tested) > 500
    assert not trained & tested
