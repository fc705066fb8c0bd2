import itertools

import pytest

from nakochat.training.schedule import Schedule


def test_the_rate_rises_stays_and_falls():
    schedule = Schedule(steps=100, warmup=10, warmdown=0.4, final=0.1)
    assert schedule.rate(0) == 0.1
    assert schedule.rate(9) == 1.0
    assert schedule.rate(10) == schedule.rate(60) == 1.0
    assert schedule.rate(80) == pytest.approx(0.55)
    assert schedule.rate(100) == pytest.approx(0.1)
    falling = [schedule.rate(step) for step in range(60, 101)]
    assert falling == sorted(falling, reverse=True)


def test_no_warmdown_stays_at_the_peak():
    schedule = Schedule(steps=10, warmup=1, warmdown=0.0)
    assert {schedule.rate(step) for step in range(10)} == {1.0}


@pytest.mark.parametrize(
    ("steps", "warmup", "warmdown"), [(1, 1, 0.65), (2, 1, 1.0), (3, 20, 0.5), (7, 7, 1.0)]
)
def test_the_shortest_runs_have_sensible_shares(steps, warmup, warmdown):
    schedule = Schedule(steps=steps, warmup=warmup, warmdown=warmdown)
    for step in range(steps):
        assert 0 < schedule.rate(step) <= 1
        assert 0.75 < schedule.momentum(step) < 1
        assert 0 < schedule.decay(step) <= 1


def test_momentum_rises_first_and_falls_with_the_rate():
    schedule = Schedule(steps=1000, warmup=10, warmdown=0.5, final=0.0)
    assert schedule.momentum(0) == pytest.approx(0.85)
    assert schedule.momentum(150) == pytest.approx(0.97)
    assert schedule.momentum(500) == pytest.approx(0.97)
    assert schedule.momentum(1000) == pytest.approx(0.90)
    long = Schedule(steps=20_000, warmup=10, warmdown=0.5)
    assert long.momentum(200) == pytest.approx(0.91)
    assert long.momentum(400) == pytest.approx(0.97)  # however long it is


@pytest.mark.parametrize(
    "how",
    [{"warmdown": 0.5}, {"warmdown": 1.0}, {"curve": "cosine"}, {"curve": "cosine", "warmdown": 0.0}],
)
@pytest.mark.parametrize("warmup", [10, 300])
def test_momentum_rises_while_training_finds_its_way_and_only_a_falling_rate_takes_it_down(how, warmup):
    schedule = Schedule(steps=2000, warmup=warmup, final=0.0, **how)
    found = [schedule.momentum(step) for step in range(2001)]
    assert found[0] == pytest.approx(0.85)
    # the warm-up is none of its business: it rises over the first 15 % of the steps
    assert found[:warmup] == pytest.approx([0.85 + 0.12 * step / 300 for step in range(warmup)])
    assert max(abs(after - before) for before, after in itertools.pairwise(found)) < 0.015  # and never jumps
    for step in range(max(warmup, 300), 2001):
        assert found[step] == pytest.approx(0.97 - 0.07 * (1 - schedule.rate(step)))
    assert found[-1] == pytest.approx(0.90)


def test_weight_decay_follows_the_rate_once_it_is_warm():
    schedule = Schedule(steps=100, warmup=10, warmdown=0.5)
    assert schedule.decay(0) == 1.0
    assert schedule.decay(75) == schedule.rate(75) < 1


def test_a_cosine_goes_from_the_peak_to_the_end():
    schedule = Schedule(steps=110, warmup=10, curve="cosine", final=0.1)
    assert [schedule.rate(step) for step in (0, 9, 10)] == pytest.approx([0.1, 1.0, 1.0])
    assert schedule.rate(60) == pytest.approx(0.55)
    assert schedule.rate(110) == pytest.approx(0.1)
    rates = [schedule.rate(step) for step in range(10, 111)]
    assert rates == sorted(rates, reverse=True)
