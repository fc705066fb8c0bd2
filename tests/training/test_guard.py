import json
import random

import pytest

from nakochat.training.guard import ENOUGH, IN_A_ROW, WINDOW, Guard


def usual(count=WINDOW, mean=3.0, spread=0.1, **changes) -> Guard:
    guard, rng = Guard(**changes), random.Random(0)
    for _ in range(count):
        assert guard.fault(rng.gauss(mean, spread), 1.0) is None
    return guard


@pytest.mark.parametrize(
    ("loss", "norm"),
    [(float("nan"), 1.0), (float("inf"), 1.0), (1.0, float("nan")), (1.0, float("inf")), (1.0, 1e20)],
)
def test_what_is_no_number_is_a_fault_from_the_first_step_on(loss, norm):
    guard = Guard(spikes=False)
    assert guard.fault(loss, norm)
    assert (guard.skipped, len(guard.losses)) == (1, 0)


def test_a_loss_that_leaps_is_a_fault():
    guard = usual()
    assert guard.fault(3.9, 1.0) is None  # many deviations, but less than a nat
    assert "5.000" in (guard.fault(5.0, 1.0) or "")
    assert 5.0 not in guard.losses
    assert usual(spread=1.0).fault(8.0, 1.0) is None  # what varies much may vary


def test_a_loss_that_falls_fast_or_begins_is_no_leap():
    assert usual(count=ENOUGH - 1).fault(50.0, 1.0) is None
    guard = Guard()
    for step in range(300):
        assert guard.fault(11.0 / (1 + step / 10), 1.0) is None
    assert usual().fault(0.1, 1.0) is None


def test_a_policy_gradient_has_no_usual_loss():
    assert usual(spikes=False).fault(500.0, 1.0) is None


def test_faults_in_a_row_are_counted_until_a_good_step():
    guard = usual()
    for _ in range(IN_A_ROW - 1):
        guard.fault(float("nan"), 1.0)
    assert not guard.gives_up
    guard.fault(3.0, 1.0)
    assert guard.row == []
    for _ in range(IN_A_ROW):
        guard.fault(float("nan"), 1.0)
    assert guard.gives_up
    assert guard.skipped == 2 * IN_A_ROW - 1


def test_what_it_knows_survives_json_exactly():
    guard, other = usual(), Guard()
    guard.fault(float("nan"), 1.0)
    other.restore(json.loads(json.dumps(guard.state())))
    assert other.state() == guard.state()
    assert other._limit() == guard._limit()
    guard.fault(3.0, 1.0)
    assert other.losses != guard.losses
    other.fault(3.0, 1.0)
    assert list(other.losses) == list(guard.losses)  # it goes on forgetting, too
