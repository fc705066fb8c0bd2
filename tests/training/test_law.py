"""A law that made the points is found again; what it buys is what a search over its own formula finds."""

import random

import pytest

from nakochat.core.errors import DataError
from nakochat.training.law import Law, Point, buy, fit_law, law_file, load_law, save_law

TRUE = Law(
    floor=0.9,
    a=60.0,
    alpha=0.35,
    b=300.0,
    beta=0.4,
    spread=0.0,
    points=0,
    text="t",
    vocab_size=3072,
    context=256,
)


def points(noise=0.0, law=TRUE, seed=0):
    draw = random.Random(seed)
    return [
        Point(run=f"r{n}-{d}", depth=1, parameters=n, tokens=d, flops=6.0 * n * d,
              loss=law.loss(n, d) * (1 + draw.gauss(0, noise)))
        for n in (300_000, 1_000_000, 3_000_000, 10_000_000)
        for d in (500_000, 2_000_000, 8_000_000)
    ]  # fmt: skip


def fitted(found):
    return fit_law(found, text="t", vocab_size=3072, context=256)


def test_the_law_behind_exact_points_is_found():
    law = fitted(points())
    assert (law.alpha, law.beta) == (pytest.approx(0.35), pytest.approx(0.4))
    assert (law.floor, law.a, law.b) == (
        pytest.approx(0.9, rel=1e-3),
        pytest.approx(60, rel=1e-3),
        pytest.approx(300, rel=1e-3),
    )
    assert law.spread < 1e-6


def test_noise_is_measured_and_not_learned():
    law = fitted(points(noise=0.01))
    assert 0.003 < law.spread < 0.02
    assert law.loss(2e6, 4e6) == pytest.approx(TRUE.loss(2e6, 4e6), rel=0.02)
    assert min(law.floor, law.a, law.b) >= 0


def test_no_coefficient_falls_below_zero():
    """A loss that grows with the tokens is no law of ours: that column gets nothing."""
    worse = [
        Point(
            run=p.run,
            depth=1,
            parameters=p.parameters,
            tokens=p.tokens,
            flops=p.flops,
            loss=1 + p.tokens / 1e8,
        )
        for p in points()
    ]
    law = fitted(worse)
    assert law.a >= 0
    assert law.b == 0


@pytest.mark.parametrize("chosen", [slice(0, 4), slice(0, 3), slice(0, 12, 3)])
def test_too_little_is_refused(chosen):
    with pytest.raises(DataError, match="5"):
        fitted(points()[chosen])


def test_a_larger_budget_buys_a_larger_model_and_a_lower_loss():
    found = [buy(TRUE, flops) for flops in (1e12, 1e14, 1e16, 1e18)]
    assert [p.depth for p in found] == sorted({p.depth for p in found})
    assert [p.loss for p in found] == sorted((p.loss for p in found), reverse=True)
    best = buy(TRUE, 1e14)
    for depth in (best.depth - 1, best.depth + 1):
        assert buy(TRUE, 1e14, depths=[depth]).loss > best.loss


def test_it_is_kept_and_read_again(nako_home):
    assert load_law() is None
    law = fitted(points())
    save_law(law, points())
    assert load_law() == law
    law_file().write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"law\.json"):
        load_law()
