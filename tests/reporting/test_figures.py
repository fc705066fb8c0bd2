import xml.etree.ElementTree as ET

from nakochat.core.rows import Row
from nakochat.reporting.facts import Metrics, Stage
from nakochat.reporting.figures import FONTS, MOST_POINTS, figures, standalone

TEXT = "{http://www.w3.org/2000/svg}text"


def stage(name: str, steps: list[Row], checks: list[Row] | None = None) -> Stage:
    metrics = Metrics(steps=tuple(steps), checks=tuple(checks or ()))
    return Stage(
        name=name, config={}, origin={}, metrics=metrics, measures={}, scores={}, answers=(), checkpoint=None
    )


def losses(*values: float) -> list[Row]:
    return [{"step": 10 * place, "loss": value} for place, value in enumerate(values)]


def test_text_stays_text_in_a_korean_font() -> None:
    (drawing,) = figures([stage("base", losses(3, 2, 1))])
    texts = list(ET.fromstring(drawing.svg).iter(TEXT))
    assert "손실 · loss" in [text.text for text in texts]
    assert {text.get("font-family") for text in texts} == {FONTS}
    assert {text.get("fill") for text in texts} == {"currentColor"}


def test_stages_follow_each_other_and_the_loss_of_rl_is_not_drawn() -> None:
    drawn = figures(
        [stage("base", losses(3, 2, 1)), stage("sft", losses(2, 1)), stage("rl", losses(0.1, -0.1))]
    )
    assert [drawing.name for drawing in drawn] == ["loss"]
    labels = {element.get("aria-label") for element in ET.fromstring(drawn[0].svg).iter()}
    assert "걸음 · step: 30; 손실 · loss: 1; line: SFT" in labels  # 20 steps of base, then sft's tenth
    assert not any("line: RL" in label for label in labels if label)


def test_reward_and_validation_have_their_own_drawings() -> None:
    check: list[Row] = [{"step": 0, "validation_bits_per_byte": 1.5}]
    drawn = figures([stage("base", losses(3), check), stage("rl", [{"step": 1, "reward": 0.5}])])
    assert [drawing.name for drawing in drawn] == ["loss", "validation", "reward"]


def test_every_task_that_rl_mixed_has_its_own_line_under_its_name() -> None:
    rows: list[Row] = [
        {"step": step, "reward": 0.5, "reward/counting": 0.2 + step / 10, "reward/spelling": 0.75}
        for step in range(3)
    ]
    rows.append({"step": 3, "reward": 0.7, "reward/counting": 0.7})  # a step may ask nothing of a task
    (drawing,) = figures([stage("rl", rows)])
    root = ET.fromstring(drawing.svg)
    labels = {element.get("aria-label") for element in root.iter()}
    assert (
        "걸음 · step: 3; 보상 · reward: 0.7; line: 글자와 받침 세기 · counting syllables and finals" in labels
    )
    assert any("line: 낱말의 글자" in (label or "") for label in labels)
    assert not any("line: RL" in (label or "") for label in labels)
    legend = [text.text for text in root.iter(TEXT) if text.text and " · counting" in text.text]
    assert legend == ["글자와 받침 세기 · counting syllables and finals"]
    assert "과제마다" in drawing.caption.ko
    (alone,) = figures([stage("rl", [{"step": 0, "reward": 0.5, "reward/counting": 0.5}])])
    assert any("line: RL" in (element.get("aria-label") or "") for element in ET.fromstring(alone.svg).iter())


def test_no_figures_without_finite_values() -> None:
    assert figures([stage("base", [{"step": 1, "loss": float("nan")}, {"step": 2}])]) == []


def test_a_long_run_is_thinned_by_means() -> None:
    (drawing,) = figures([stage("base", losses(*([1.0, 3.0] * 2000)))])
    path = next(
        element
        for element in ET.fromstring(drawing.svg).iter()
        if element.get("aria-roledescription") == "line mark"
    )
    points = path.get("d", "").count("L") + 1
    assert MOST_POINTS / 2 < points <= MOST_POINTS


def test_drawings_can_share_a_page() -> None:
    (drawing,) = figures([stage("base", losses(3, 2))])
    assert ' id="' not in drawing.svg  # equal ids would point one drawing's parts at another's


def test_standalone_brings_its_own_colours_and_stays_xml() -> None:
    (drawing,) = figures([stage("base", losses(3, 2))])
    alone = standalone(drawing.svg)
    ET.fromstring(alone)
    assert "prefers-color-scheme:dark" in alone
    assert "prefers-color-scheme" not in drawing.svg
