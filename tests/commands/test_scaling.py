"""A toy ladder, really trained once; then what is asked of it without training again."""

import json

import pytest

from nakochat.commands import scaling
from nakochat.commands.scaling import ScalingSettings, main
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.core.paths import run_folder
from nakochat.data import prepare
from nakochat.training.law import Point, law_file, load_law

OPTIONS = {"vocab_size": 400, "context": 32, "device": "cpu", "dtype": "float32", "compile": "no"}


@pytest.fixture
def trained(monkeypatch):
    """Rungs that were not trained: a loss that falls with size and length."""
    made = []

    def train(settings, name):
        made.append(settings)
        flops = 1e9 * settings.steps * settings.depth
        loss = 1 + 1 / settings.depth + 10 / settings.steps
        return Point(
            run=settings.run_name, depth=settings.depth, parameters=10**5 * settings.depth**3,
            tokens=settings.steps * settings.rows * settings.context, flops=flops, loss=loss,
        )  # fmt: skip

    monkeypatch.setattr(scaling, "_train", train)
    monkeypatch.setattr(scaling, "_text_of", lambda settings: "t")
    return made


@pytest.fixture(autouse=True)
def quick_tokenizer(monkeypatch):
    from nakochat.text.tokenizer import Tokenizer

    def train(settings):
        Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요."] * 3, 300).save(
            run_folder(settings.run_name) / "tokenizer"
        )

    monkeypatch.setattr(scaling.tok, "train", train)


def test_every_budget_meets_every_depth_and_the_law_is_kept(trained, tmp_path, capsys):
    main(
        ScalingSettings(
            budgets=(4e11, 2e11, 1e12), depths=(2, 1), buys=(1e12,), json=tmp_path / "law.json", **OPTIONS
        )
    )
    assert [settings.run_name for settings in trained] == [
        *("scaling-2e11-d1", "scaling-2e11-d2", "scaling-4e11-d1", "scaling-4e11-d2"),
        *("scaling-1e12-d1", "scaling-1e12-d2"),
    ]
    for settings in trained:
        assert settings.text_share == 1.0
        assert settings.steps >= 10
    law = load_law()
    assert law is not None
    assert (law.text, law.points, law.context) == ("t", 6, 32)
    written = json.loads((tmp_path / "law.json").read_text())
    assert len(written["points"]) == 6
    assert written["buys"]["1e+12"]["depth"] >= 1
    drawing = (run_folder("scaling") / "scaling.svg").read_text(encoding="utf-8")
    assert drawing.startswith("<svg")
    assert "바이트당 비트" in drawing
    said = capsys.readouterr().out
    assert "깊이" in said
    assert str(law_file()) in said


def test_budgets_take_what_they_say(trained):
    from nakochat.models.sizing import config_of_depth, count
    from nakochat.text.tokenizer import Tokenizer

    main(ScalingSettings(budgets=(1e11, 4e11, 2e11), depths=(1, 2), **OPTIONS))
    size = Tokenizer.load(run_folder("scaling") / "tokenizer").vocab_size
    for settings, budget in zip(trained, (1e11, 1e11, 2e11, 2e11, 4e11, 4e11), strict=True):
        each = count(config_of_depth(settings.depth, vocab_size=size, context=32)).flops_per_token
        assert each * settings.steps * settings.rows * 32 == pytest.approx(budget, rel=0.03)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"budgets": ()}, ConfigError, "--budgets"),
        ({"depths": ()}, ConfigError, "--depths"),
        ({"depths": (0, 1)}, ConfigError, "--depths"),
        ({"budgets": (float("inf"),)}, ConfigError, "--budgets"),
        ({"budgets": (1e6,), "depths": (3,)}, ConfigError, "--budgets"),
        ({"budgets": (1e12,), "depths": (1, 2)}, DataError, "5"),
    ],
)
def test_a_ladder_that_cannot_stand_is_refused(trained, options, error, said):
    with pytest.raises(error, match=said):
        main(ScalingSettings(**{"budgets": (1e12, 4e12), "depths": (1, 2, 3), **OPTIONS, **options}))
    if error is ConfigError:
        assert not run_folder("scaling").exists()  # before the tokenizer is trained


def test_budgets_that_are_nearly_alike_have_runs_of_their_own(trained):
    main(ScalingSettings(budgets=(4e11, 4.01e11, 1e12), depths=(2, 1), **OPTIONS))
    assert len({settings.run_name for settings in trained}) == 6


def test_a_rung_is_an_ordinary_run_that_is_not_run_twice(capsys, nako_home, monkeypatch):
    """Trained for real: one rung, 4 thousand tokens."""
    # a tenth: what is measured on them would be most of the time
    monkeypatch.setattr(prepare, "VALIDATION_BYTES", 60_000)
    little = {"vocab_size": 1024, "characters": 120_000}
    scaling.tok.train(scaling.TokenizerSettings(preset="tiny", name="scaling", **little))
    options = {"device": "cpu", "dtype": "float32", "compile": "no", "rows_per_piece": None}
    settings = scaling._rung("scaling", 1, 3e10, 32, options)
    point = scaling._train(settings, "scaling")
    assert point.tokens == settings.steps * settings.rows * 32
    assert point.flops == pytest.approx(3e10, rel=0.06)
    assert 0 < point.loss < 20
    plan = read_json(run_folder(settings.run_name) / "base" / "plan.json")
    assert plan["actual"]["tokens"] == plan["predicted"]["tokens"] == point.tokens
    assert plan["actual"]["parameters"] == plan["predicted"]["parameters"]
    watched = read_json(run_folder(settings.run_name) / "base" / "loss_watch.json")
    assert watched["findings"]
    (kept,) = read_json(nako_home / "measured.json")  # and the next of this shape is foretold by it
    assert kept["measured"]["run"] == f"{settings.run_name}/base"
    assert kept["key"]["rows"] == settings.rows
    assert scaling._train(settings, "scaling") == point
    assert "이미 끝났습니다" in capsys.readouterr().out
