"""Points of a ladder of sizes and the law that was fitted -> an SVG drawing: loss against size, a line per budget."""

from collections.abc import Sequence

import altair as alt
import vl_convert

from nakochat.models.sizing import config_of_depth, count
from nakochat.reporting.figures import look, standalone
from nakochat.training.law import Law, Point

_WIDTH, _HEIGHT = 460, 260


def draw_ladder(points: Sequence[Point], law: Law, budgets: Sequence[float]) -> str:
    """A file of its own, readable on light and dark."""
    deepest = max(point.depth for point in points)
    lines = [
        {"budget": _name(budget), **_on_the_law(law, depth, budget)}
        for budget in budgets
        for depth in range(1, deepest + 3)
    ]
    seen = [
        {"budget": _name(_nearest(point.flops, budgets)), "parameters": point.parameters, "loss": point.loss}
        for point in points
    ]
    x = alt.X(
        "parameters:Q",
        title="매개변수 (몸통과 출력) · parameters",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(grid=False, format="~s"),
    )
    y = alt.Y("loss:Q", title="바이트당 비트 · bits per byte", scale=alt.Scale(zero=False))
    colour = alt.Color("budget:N", title="FLOPs", sort=[_name(budget) for budget in budgets])
    curves = alt.Chart(alt.InlineData(values=lines)).mark_line(strokeWidth=1.8).encode(x=x, y=y, color=colour)
    dots = (
        alt.Chart(alt.InlineData(values=seen)).mark_point(filled=True, size=50).encode(x=x, y=y, color=colour)
    )
    chart = alt.layer(curves, dots).properties(width=_WIDTH, height=_HEIGHT).configure(**look())
    return standalone(vl_convert.vegalite_to_svg(chart.to_dict()))


def _on_the_law(law: Law, depth: int, budget: float) -> dict[str, float]:
    counts = count(config_of_depth(depth, vocab_size=law.vocab_size, context=law.context))
    return {
        "parameters": counts.scaling,
        "loss": law.loss(counts.scaling, budget / counts.flops_per_token),
    }


def _nearest(flops: float, budgets: Sequence[float]) -> float:
    return min(budgets, key=lambda budget: abs(budget - flops) / budget)


def _name(budget: float) -> str:
    return f"{budget:.2g}"
