"""Invented curves, one for each way of going wrong -> what is said of them."""

import json
import math
import random

import pytest

from nakochat.core.paths import runs_folder
from nakochat.training import loss_watch
from nakochat.training.law import Law
from nakochat.training.loss_watch import (
    Curve,
    LossWatch,
    compare_with_law,
    compare_with_runs,
    earlier_curves,
    look_at_itself,
    read_curve,
)

VOCABULARY = 4096


def falling(steps=400, *, end=3.0, seed=0, noise=0.03):
    draw = random.Random(seed)
    start = math.log(VOCABULARY)
    return [
        end + (start - end) * math.exp(-step / 60) + (draw.gauss(0, noise) if step else 0)
        for step in range(steps)
    ]


def off(losses, fresh=VOCABULARY):
    found = look_at_itself(Curve(losses=tuple(losses)), fresh_vocabulary=fresh)
    return [finding.en for finding in found if not finding.normal]


@pytest.mark.parametrize("steps", [20, 47, 400, 3000])
def test_an_ordinary_curve_is_normal(steps):
    assert off(falling(steps)) == []
    assert look_at_itself(Curve(losses=tuple(falling(steps))), fresh_vocabulary=VOCABULARY)[-1].normal


def test_a_few_steps_say_nothing():
    assert look_at_itself(Curve(losses=(9.0, 1.0, 9.0)), fresh_vocabulary=VOCABULARY) == []


def test_a_loss_that_rises_again_is_named_with_its_step():
    losses = falling(400)
    losses[300:] = [loss + 0.01 * (at + 1) for at, loss in enumerate(losses[300:])]
    (said,) = off(losses)
    assert "rose again" in said
    assert "--matrix-rate" not in said  # which --optimizer adamw does not follow


@pytest.mark.parametrize("seed", range(8))
def test_trained_weights_may_begin_with_a_rise_and_batches_may_differ(seed):
    """As tiny's mid does: up while the rates rise again, down with them; some batches hold more text than others."""
    draw = random.Random(seed)
    losses = [0.9 + 0.25 * min(1, n / 30) - 0.25 * n / 460 + draw.uniform(-0.2, 0.2) for n in range(460)]
    for steps in range(20, 461, 10):
        assert off(losses[:steps], fresh=None) == []


@pytest.mark.parametrize("seed", range(8))
def test_trained_weights_that_only_get_worse_are_named(seed):
    draw = random.Random(seed)
    (said,) = off([0.9 + 0.002 * n + draw.gauss(0, 0.1) for n in range(300)], fresh=None)
    assert "rose again" in said


def test_a_loss_that_stays_is_named():
    assert any("hardly fell" in said for said in off([math.log(VOCABULARY)] * 100))


def test_weights_that_did_not_begin_at_random_are_named():
    (said,) = off([5.0, *falling(400)[1:]])
    assert "ln(4,096) = 8.318" in said
    assert off([5.0, *falling(400)[1:]], fresh=None) == []


def test_spikes_are_counted_and_a_lone_one_is_let_pass():
    losses = falling(400)
    losses[200] *= 2  # of step 201: the first is 1
    assert off(losses) == []
    for at in (220, 260, 300):
        losses[at] *= 2
    assert any("jumped 4 times (first at step 201" in said for said in off(losses))


def test_small_batches_of_answers_are_noisy_and_not_ill():
    """tiny's sft: single steps reach 1.5 times the median of those before."""
    assert off(falling(400, end=1.0, noise=0.2), fresh=None) == []


def test_the_end_is_held_against_earlier_runs():
    own = Curve(losses=tuple(falling(end=3.0)))
    same = [Curve(losses=tuple(falling(end=end, seed=seed))) for seed, end in ((1, 3.01), (2, 2.99))]
    assert compare_with_runs(own, same).normal
    assert "2 earlier" in compare_with_runs(own, same).en
    worse = [Curve(losses=tuple(falling(end=2.5, seed=1)))]
    found = compare_with_runs(own, worse)
    assert not found.normal
    assert "+20" in found.en or "+19" in found.en
    assert compare_with_runs(own, []) is None


def test_the_law_is_asked_only_where_the_text_was_the_same():
    law = Law(
        floor=1.0,
        a=0.0,
        alpha=0.3,
        b=100.0,
        beta=0.5,
        spread=0.005,
        points=9,
        text="t",
        vocab_size=9,
        context=9,
    )
    curve = Curve(losses=tuple(falling()), bits_per_byte=1.12)

    def ask(**changed):
        options = {"parameters": 10, "tokens": 1_000_000, "text": "t", **changed}
        return compare_with_law(curve, law, **options)

    assert ask().normal is True  # 1.1 was predicted
    assert ask(tokens=100_000_000).normal is False
    assert ask(text="other") is None
    assert compare_with_law(curve, None, parameters=1, tokens=1, text="t") is None


def leave(name, losses, *, seed=0, steps=400, corpus=(), ended=True, stage="base"):
    folder = runs_folder() / name / stage
    folder.mkdir(parents=True)
    (folder.parent / "tokenizer").mkdir(exist_ok=True)
    (folder.parent / "tokenizer" / "manifest.json").write_text('{"files": {"tokenizer.json": 1}}')
    rows = [{"kind": "step", "step": at + 1, "loss": loss} for at, loss in enumerate(losses)]
    rows += [{"kind": "end"}] if ended else []
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = {"parameters": 9, "flops_per_token": 9, "steps": steps, "tokens": 9 * steps}
    (folder / "plan.json").write_text(json.dumps({"predicted": plan}))
    (folder / "config.json").write_text(json.dumps({"seed": seed, "corpus": list(corpus), "text_share": 1.0}))
    return folder


def test_only_finished_runs_of_the_same_shape_and_data_are_earlier_ones():
    own = leave("own", falling())
    leave("same", falling(seed=1), seed=1)
    leave("other-data", falling(), corpus=["a.txt"])
    leave("longer", falling(), steps=500)
    leave("unfinished", falling(), ended=False)
    (runs_folder() / "no-plan" / "base").mkdir(parents=True)
    assert [curve.losses for curve in earlier_curves(own)] == [tuple(falling(seed=1))]
    for name, seed, size in (("own", 0, 300), ("same", 1, 300), ("other-data", 0, 300)):
        record = {"settings": {"vocab_size": size, "seed": seed}}
        (runs_folder() / name / "tokenizer.json").write_text(json.dumps(record))
    assert len(earlier_curves(own)) == 1  # tokenizers of two seeds are alike
    (runs_folder() / "same" / "tokenizer.json").write_text('{"settings": {"vocab_size": 400, "seed": 0}}')
    assert earlier_curves(own) == []


def test_a_curve_is_read_with_its_later_rows():
    folder = leave("own", [3.0, 2.0])
    with (folder / "metrics.jsonl").open("a") as file:
        for row in (
            {"kind": "step", "step": 2, "loss": 1.5},
            {"kind": "step", "step": 3, "loss": float("nan")},
            {"kind": "check", "step": 2, "validation_bits_per_byte": 1.25},
        ):
            file.write(json.dumps(row) + "\n")
    curve = read_curve(folder)
    assert (curve.losses, curve.bits_per_byte, curve.finished) == ((3.0, 1.5), 1.25, False)


def test_on_the_way_it_speaks_once(capsys):
    losses = falling(400)
    folder = leave("own", [5.0, *losses[1:]])
    watch = LossWatch(folder, VOCABULARY)
    assert watch.measure(None, 100) == {}
    assert "살펴보세요" in capsys.readouterr().out
    watch.measure(None, 200)
    assert capsys.readouterr().out == ""


def test_on_the_way_every_row_is_read_and_judged_once(monkeypatch):
    losses = falling(600)
    folder = leave("own", [])
    judged, said = [], []
    monkeypatch.setattr(
        loss_watch, "median", lambda values, own=loss_watch.median: judged.append(1) or own(values)
    )
    monkeypatch.setattr(
        loss_watch, "say_findings", lambda title, found: said.append([finding.en for finding in found])
    )
    watch = LossWatch(folder, VOCABULARY)
    for at in range(0, 600, 20):
        with (folder / "metrics.jsonl").open("a") as file:
            for step in range(at, at + 20):
                file.write(json.dumps({"kind": "step", "step": step + 1, "loss": losses[step]}) + "\n")
        watch.measure(None, at + 20)
    assert not any(said)
    assert len(judged) == 2 * (600 - 20) + 30  # two for each loss, and one for the noise at every check
    again = LossWatch(folder, VOCABULARY)  # a resume reads all of it
    again.measure(None, 600)
    assert again._rows.curve == watch._rows.curve == read_curve(folder)


def test_steps_that_are_done_again_are_judged_again():
    losses = falling(400)
    losses[350] *= 2
    folder = leave("own", losses)
    watch = LossWatch(folder, VOCABULARY)
    watch.measure(None, 400)
    assert watch._spikes == [350]
    better = falling(400)
    with (folder / "metrics.jsonl").open("a") as file:
        for step in range(300, 400):
            file.write(json.dumps({"kind": "step", "step": step + 1, "loss": better[step]}) + "\n")
    watch.measure(None, 400)
    assert watch._spikes == []
