import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.data.order import Mixture, Permutation


def whole(count, *key):
    return Permutation(count, key)(np.arange(count))


@settings(max_examples=60)
@given(st.integers(1, 5000), st.integers(0, 2**62))
def test_every_number_stands_at_one_place(count, key):
    assert sorted(whole(count, key).tolist()) == list(range(count))


def test_places_asked_for_apart_are_those_of_the_whole():
    together = whole(1000, 1, 2)
    apart = np.concatenate([Permutation(1000, [1, 2])(np.arange(at, at + 7)) for at in range(0, 994, 7)])
    assert np.array_equal(apart, together[:994])


def test_the_order_is_the_same_on_every_machine():
    assert whole(10, 0, 0).tolist() == [0, 1, 3, 9, 7, 6, 4, 8, 5, 2]


def test_another_key_is_another_order():
    orders = {tuple(whole(50, seed, epoch)) for seed in range(10) for epoch in range(10)}
    assert len(orders) == 100


@pytest.mark.parametrize("count", [5, 12, 64])
def test_each_number_comes_to_each_place_equally_often(count):
    tries = 300
    found = np.zeros((count, count))
    for key in range(tries):
        found[np.arange(count), whole(count, key)] += 1
    expected = tries / count
    chi = ((found - expected) ** 2 / expected).sum() / (count - 1) ** 2
    assert 0.6 < chi < 1.5  # 1 for a fair shuffle


def test_neighbours_are_torn_apart():
    order = whole(100_000, 3)
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(np.arange(100_000), order)[0, 1]) < 0.02


def documents(mixture, epoch):
    """(source, document) of a whole epoch."""
    return list(zip(*(part.tolist() for part in mixture.documents(epoch, 0, len(mixture))), strict=True))


def test_a_weight_says_how_often_each_document_comes():
    mixture = Mixture([10, 10], [2.5, 0], 0)
    assert len(mixture) == 25
    first = documents(mixture, 0)
    assert {source for source, _ in first} == {0}
    times = np.bincount([document for _, document in first], minlength=10)
    assert set(times) == {2, 3}
    both = first + documents(mixture, 1)
    assert set(np.bincount([document for _, document in both])) == {5}


def test_half_a_source_each_epoch_is_all_of_it_in_two():
    mixture = Mixture([100, 30], [0.5, 1], 7)
    first, second = documents(mixture, 0), documents(mixture, 1)
    assert first != second
    halves = [{d for s, d in epoch if s == 0} for epoch in (first, second)]
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] == set(range(100))
    for epoch in (first, second):
        assert sorted(d for s, d in epoch if s == 1) == list(range(30))
    assert mixture.laps(1.5) == [0.75, 1.5]


def test_sources_are_mixed_and_not_one_after_the_other():
    sources = [source for source, _ in documents(Mixture([500, 500], [1, 1], 0), 0)]
    assert 150 < sum(sources[:400]) < 250
