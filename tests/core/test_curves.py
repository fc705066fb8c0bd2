from nakochat.core.curves import Curves


def test_few_rows_are_kept_as_they_are():
    curves = Curves()
    curves.add(0, {"loss": 3.0})
    curves.add(10, {"loss": 2.0, "reward": 0.5})
    assert curves.steps() == [0, 10]
    assert curves.column("loss") == [3.0, 2.0]
    assert curves.column("reward") == [None, 0.5]
    assert curves.column("loss", 1) == [2.0]
    assert curves.names == ["loss", "reward"]


def test_many_rows_become_means_of_equal_stretches_and_no_step_is_lost():
    curves = Curves(most=50)
    for step in range(1, 10_001):
        curves.add(step, {"loss": float(step)})
        assert len(curves) <= 50
    assert curves.width == 256
    assert curves.steps()[3] == (3 * 256 + 4 * 256 - 1) / 2
    assert curves.column("loss") == curves.steps()  # each loss above is its step


def test_steps_that_are_done_again_replace_what_was_there():
    curves = Curves(most=4)
    for step in range(1, 8):
        curves.add(step, {"loss": 1.0})
    generation = curves.generation
    for step in range(5, 8):
        curves.add(step, {"loss": 9.0})
    assert curves.generation > generation
    assert [
        (step, loss) for step, loss in zip(curves.steps(), curves.column("loss"), strict=True) if step >= 4
    ] == [(5, 9.0), (6.5, 9.0)]
    assert curves.column("loss")[0] == 1.0


def test_several_checks_of_one_step_complete_each_other():
    curves = Curves()
    curves.complete(100, {"bits": 1.0})
    curves.complete(100, {"accuracy": 0.5})
    assert (curves.column("bits"), curves.column("accuracy")) == ([1.0], [0.5])
    curves.complete(100, {"bits": 0.9})  # measured again after a resume
    assert curves.column("bits") == [0.9]
