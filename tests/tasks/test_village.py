"""The village's exercises as tasks."""

import pytest

from nakochat.tasks import village as tasks


def test_an_exercise_is_made_once_and_only_when_it_is_looked_at(monkeypatch):
    made = []
    real = tasks.Village.exercise

    def counted(self, number, **how):
        made.append(number)
        return real(self, number, **how)

    monkeypatch.setattr(tasks.Village, "exercise", counted)
    exercises = tasks._generated(30, "sum", "choice")()
    assert len(exercises) == 30
    assert made == []
    first = exercises[:4]
    assert made == [0, 1, 2, 3]
    assert [exercises[place] for place in range(4)] == first
    assert exercises[-1] == exercises[29]
    assert made == [0, 1, 2, 3, 29]
    assert list(exercises)[:4] == first
    assert sorted(made) == list(range(30))
    with pytest.raises(IndexError):
        exercises[30]


@pytest.mark.parametrize("name", ["choice_text", "choice_written_text"])
def test_who_repeats_the_options_has_not_chosen(name):
    (task,) = (task for task in tasks.TASKS if task.name == name)
    for exercise in task.exercises()[:60]:
        right = exercise.expected.accept[0]
        assert task.grade(f"{exercise.expected.option}번 {right}예요.", exercise.expected)
        assert not task.grade(exercise.messages[0].text, exercise.expected)
        said = exercise.messages[-1].text
        assert not said or task.grade(said, exercise.expected)
