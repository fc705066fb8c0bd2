import pytest

from nakochat.evals.interval import wilson


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [  # Newcombe 1998, table I, method 3 (https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(right, count, low, high):
    assert wilson(right, count) == pytest.approx((low, high), abs=5e-5)


def test_edges():
    assert wilson(0, 0) == (0.0, 1.0)
    assert 0.999999 < wilson(10, 10)[1] <= 1.0
    assert wilson(20, 20)[0] == pytest.approx(1 - wilson(0, 20)[1])
