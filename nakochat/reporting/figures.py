"""Metrics of the stages -> SVG drawings: loss, validation bits per byte, reward (of every task that RL mixed).

Text stays text (searchable, in the reader's Korean font) and takes the colour of its surroundings, so that
the same drawing is readable on a light and on a dark page.  Drawn by vl-convert: no browser, no network.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import altair as alt
import vl_convert

from nakochat.core.rows import Row, number
from nakochat.reporting.document import Figure
from nakochat.reporting.facts import Stage
from nakochat.reporting.words import Words, task_words

FONTS = "Pretendard, 'Noto Sans KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif"
# Middle tones: each keeps a contrast of 3:1 or more against white and against near-black.
COLOURS = {"base": "#3d7fd6", "mid": "#24946b", "sft": "#c87a10", "rl": "#d0518a"}
_TASK_COLOURS = ("#3d7fd6", "#c87a10", "#24946b", "#d0518a", "#8a6fd1", "#1f98ad", "#b3702f")
MOST_POINTS = 300  # of one line: more cannot be seen at this width and makes the page heavy
_WIDTH, _HEIGHT = 400, 220
_GREY = "#8a8f98"
# A file shown on its own has no surroundings to take a colour from.
_OWN_COLOUR = "<style>svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}</style>"

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A curve, what its legend says, and its colour."""

    name: str
    colour: str
    points: Sequence[Point]


def figures(stages: Sequence[Stage]) -> list[Figure]:
    """The drawings for which there are figures."""
    drawn = [_loss(stages), _validation(stages), _reward(stages)]
    return [figure for figure in drawn if figure is not None]


def standalone(svg: str) -> str:
    """The drawing as a file of its own, readable on light and dark."""
    opening_end = svg.index(">") + 1
    return svg[:opening_end] + _OWN_COLOUR + svg[opening_end:] + "\n"


def _loss(stages: Sequence[Stage]) -> Figure | None:
    lines = _one_after_another((stage, "loss", stage.metrics.steps) for stage in stages if stage.name != "rl")
    caption = Words(
        "학습 손실(낮을수록 좋습니다)을 단계 순서로 이어 그렸습니다. 단계마다 배우는 글이 "
        "달라 사이에서 값이 뛸 수 있습니다. RL의 손실은 크기에 뜻이 없어 보상으로 대신합니다.",
        "Training loss (lower is better), stages one after another. Each stage learns from other text, so the "
        "value may jump between them. The size of RL's loss means nothing; its reward is shown instead.",
    )
    return _figure("loss", Words("손실", "Loss"), lines, caption)


def _validation(stages: Sequence[Stage]) -> Figure | None:
    lines = _one_after_another((stage, "validation_bits_per_byte", stage.metrics.checks) for stage in stages)
    caption = Words(
        "처음 보는 글 1바이트를 맞히는 데 드는 비트. 낮을수록 좋습니다.",
        "Bits needed for each byte of text not seen in training. Lower is better.",
    )
    return _figure("validation", Words("바이트당 비트", "Bits per byte"), lines, caption)


def _reward(stages: Sequence[Stage]) -> Figure | None:
    """A line for each task where RL mixed several: their mean alone would hide which of them moved."""
    rl = next((stage for stage in stages if stage.name == "rl"), None)
    if rl is None:
        return None
    title, best = Words("보상", "Reward"), Words("1이 가장 높습니다.", "1 is the highest.")
    tasks = _rewards_of_tasks(rl)
    if len(tasks) > 1:
        caption = Words(
            f"RL에서 과제마다 받은 평균 보상. {best.ko} 한 걸음에서 한 과제가 받는 물음은 몇 개뿐이라 값이 흔들립니다.",
            f"Mean reward of each task during RL. {best.en} A step asks only a few questions of each task, so the "
            "values scatter.",
        )
        return _figure("reward", title, tasks, caption)
    line = _Line(name="RL", colour=COLOURS["rl"], points=_points(rl.metrics.steps, "reward"))
    caption = Words(f"RL에서 받은 평균 보상. {best.ko}", f"Mean reward during RL. {best.en}")
    return _figure("reward", title, [line], caption)


def _rewards_of_tasks(rl: Stage) -> list[_Line]:
    """In the order in which the training names them."""
    keys = dict.fromkeys(key for row in rl.metrics.steps for key in row if key.startswith("reward/"))
    lines = []
    for place, key in enumerate(keys):
        name = task_words(key.removeprefix("reward/"))
        words = name.ko if name.ko == name.en else f"{name.ko} · {name.en}"
        colour = _TASK_COLOURS[place % len(_TASK_COLOURS)]
        lines.append(_Line(name=words, colour=colour, points=_points(rl.metrics.steps, key)))
    return [line for line in lines if line.points]


def _one_after_another(curves: Iterable[tuple[Stage, str, Sequence[Row]]]) -> list[_Line]:
    """Points of each stage, moved right by the steps of the stages before it."""
    lines = []
    offset = 0.0
    for stage, key, rows in curves:
        points = [(offset + step, value) for step, value in _points(rows, key)]
        lines.append(_Line(name=stage.name.upper(), colour=COLOURS[stage.name], points=points))
        # Even a stage with no such figure takes its room: the axis counts all steps.
        offset += max((number(row, "step") or 0.0 for row in stage.metrics.steps), default=0.0)
    return lines


def _points(rows: Sequence[Row], key: str) -> list[Point]:
    found = [(number(row, "step") or 0.0, value) for row in rows if (value := number(row, key)) is not None]
    return _thinned(found)


def _thinned(points: list[Point]) -> list[Point]:
    """At most MOST_POINTS, each the mean of a bucket of neighbours (picking would exaggerate noise)."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return points
    buckets = [points[start : start + size] for start in range(0, len(points), size)]
    return [(fmean(x for x, _ in bucket), fmean(y for _, y in bucket)) for bucket in buckets]


def _figure(name: str, title: Words, lines: Sequence[_Line], caption: Words) -> Figure | None:
    lines = [line for line in lines if line.points]
    values = [{"line": line.name, "step": x, "value": y} for line in lines for x, y in line.points]
    if not values:
        return None
    few = len(values) <= 60  # a lone check would be an invisible line
    canvas = alt.Chart(alt.InlineData(values=values))
    chart = canvas.mark_line(point={"size": 22} if few else False, strokeWidth=1.8).encode(
        x=alt.X("step:Q", title="걸음 · step", axis=alt.Axis(tickCount=5, grid=False)),
        y=alt.Y(
            "value:Q",
            title=f"{title.ko} · {title.en.lower()}",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.Color(
            "line:N",
            title=None,
            sort=[line.name for line in lines],
            scale=alt.Scale(domain=[line.name for line in lines], range=[line.colour for line in lines]),
            legend=alt.Legend(
                orient="top", columns=_columns(lines), symbolType="stroke", symbolStrokeWidth=3
            ),
        ),
    )
    spec = chart.properties(width=_WIDTH, height=_HEIGHT).configure(**look()).to_dict()
    svg = vl_convert.vegalite_to_svg(spec)
    return Figure(name=name, title=title, svg=svg, caption=caption)


def _columns(lines: Sequence[_Line]) -> int:
    """Of the legend: long names one below the other, so that none is cut or runs out of the drawing."""
    return len(lines) if max(len(line.name) for line in lines) <= 8 else 1


def look() -> dict[str, Any]:
    """The style that all drawings share."""
    ink = "currentColor"
    axis = alt.AxisConfig(
        labelColor=ink, titleColor=ink, domainColor=_GREY, tickColor=_GREY, gridColor=_GREY, gridOpacity=0.25,
        labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titlePadding=12,
    )  # fmt: skip
    return {
        "font": FONTS,
        "background": "transparent",
        "axis": axis,
        "legend": alt.LegendConfig(labelColor=ink, labelFontSize=12, labelLimit=_WIDTH),
        "view": alt.ViewConfig(stroke=None),
    }
