import math
import sys
import types

import pytest

from nakochat.core import trackers
from nakochat.core.errors import ConfigError
from nakochat.core.run import Run, read_metrics
from nakochat.core.trackers import Row, Subject, open_tracker, require_trackers, row_of


class Kept:
    """A dashboard in memory, which can break."""

    def __init__(self, breaks=False):
        self.rows, self.closed, self.breaks = [], None, breaks

    def log(self, row):
        if self.breaks:
            raise RuntimeError("the server went away")
        self.rows.append(row)

    def close(self, failed):
        self.closed = failed


def subject(folder, **settings):
    return Subject(folder=folder, name="tiny/base", settings=settings)


def test_rows_become_curves_and_samples_texts():
    row = row_of("step", {"step": 3, "loss": 2, "gradient_norm": math.nan, "kernel": "sdpa"})
    assert row == Row(step=3, figures={"train/loss": 2.0}, texts={})
    sample = row_of("sample", {"step": 3, "prompt": "안녕", "text": "하세요"})
    assert sample == Row(step=3, figures={}, texts={"sample/안녕": "하세요"})
    assert row_of("skipped", {"step": 3, "fault": "loss"}) is None
    assert row_of("end", {"seconds": 3.0}) is None


def test_a_run_tells_its_trackers_what_it_writes(tmp_path):
    kept = Kept()
    with Run(tmp_path) as run:
        run.also = lambda kind, values: {"perplexity": 2.0 * values["loss"]}
        run.track("wandb", kept)
        run.log("step", step=1, loss=0.5)
    assert kept.rows == [Row(step=1, figures={"train/loss": 0.5, "train/perplexity": 1.0}, texts={})]
    assert list(read_metrics(tmp_path)) == [{"kind": "step", "step": 1, "loss": 0.5, "perplexity": 1.0}]
    assert kept.closed is False
    run = Run(tmp_path)
    run.track("wandb", kept)
    with pytest.raises(ValueError, match="stop"), run:
        raise ValueError("stop")
    assert kept.closed is True


def test_a_tracker_that_breaks_is_left_behind_and_the_others_go_on(tmp_path, capsys):
    kept = Kept()
    with Run(tmp_path) as run:
        run.track("wandb", Kept(breaks=True))
        run.track("tensorboard", kept)
        for step in (1, 2):
            run.log("step", step=step, loss=1.0)
    assert [row.step for row in kept.rows] == [1, 2]
    assert capsys.readouterr().err.count("the server went away") == 1
    assert [row["kind"] for row in read_metrics(tmp_path)] == ["step", "tracker_lost", "step"]


def test_an_unknown_or_missing_library_is_named_before_anything_begins(monkeypatch):
    require_trackers(())
    with pytest.raises(ConfigError, match="wandb, tensorboard, trackio"):
        require_trackers(("mlflow",))
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"nakochat\[track\]"):
        require_trackers(("trackio",))


def test_a_resumed_stage_keeps_its_identity_and_one_that_starts_over_does_not(tmp_path):
    first = subject(tmp_path).identity()
    assert subject(tmp_path).identity() == first
    with Run(tmp_path) as run:
        run.forget_rows()
    assert subject(tmp_path).identity() != first


def test_wandb_hears_of_settings_and_figures_and_of_nothing_else(tmp_path, monkeypatch):
    told = {}
    logged = []
    fake = types.SimpleNamespace(
        log=logged.append,
        define_metric=lambda *names, **options: told.update(options),
        finish=lambda exit_code: told.update(exit_code=exit_code),
    )
    module = types.ModuleType("wandb")
    module.Settings = dict
    module.init = lambda **options: (told.update(options), fake)[1]
    monkeypatch.setitem(sys.modules, "wandb", module)
    tracker = open_tracker("wandb", subject(tmp_path, steps=5, token="s3cret", api_key="s3cret"))
    tracker.log(Row(step=4, figures={"train/loss": 1.0}, texts={}))
    tracker.close(True)
    assert (told["config"], told["name"], told["resume"]) == ({"steps": 5}, "tiny/base", "allow")
    off = {"console": "off", "disable_git": True, "x_disable_meta": True, "save_code": False}
    assert off.items() <= told["settings"].items()
    assert logged == [{"step": 4, "train/loss": 1.0}]
    assert (told["step_metric"], told["exit_code"]) == ("step", 1)


def test_a_library_that_refuses_stops_the_start_with_advice(tmp_path, monkeypatch):
    def refuse(**options):
        raise RuntimeError("api_key not configured")

    module = types.ModuleType("wandb")
    module.Settings, module.init = dict, refuse
    monkeypatch.setitem(sys.modules, "wandb", module)
    with pytest.raises(ConfigError, match=r"not configured.*WANDB_MODE=offline"):
        open_tracker("wandb", subject(tmp_path))


def test_trackio_takes_figures_at_their_step(tmp_path, monkeypatch):
    logged, told = [], {}
    fake = types.SimpleNamespace(
        log=lambda values, step: logged.append((step, values)), finish=lambda: logged.append("end")
    )
    module = types.ModuleType("trackio")
    module.init = lambda **options: (told.update(options), fake)[1]
    monkeypatch.setitem(sys.modules, "trackio", module)
    tracker = open_tracker("trackio", subject(tmp_path, steps=5))
    tracker.log(Row(step=4, figures={"train/loss": 1.0}, texts={"sample/a": "b"}))
    tracker.close(False)
    assert logged == [(4, {"train/loss": 1.0, "sample/a": "b"}), "end"]
    assert (told["project"], told["config"]) == ("nakochat", {"steps": 5})


@pytest.mark.filterwarnings("default")  # theirs
def test_the_real_wandb_writes_offline_and_no_secret(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_API_KEY", "s3cret" * 8)
    monkeypatch.setattr(sys, "argv", ["nako", "train", "base", "--token=s3cret"])
    tracker = open_tracker("wandb", subject(tmp_path, steps=5, token="s3cret"))
    tracker.log(Row(step=4, figures={"train/loss": 1.25}, texts={"sample/a": "b"}))
    tracker.close(False)
    wandb.teardown()  # its own process writes the rest, as it does when a program ends
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".wandb" and b"train/loss" in path.read_bytes() for path in files)
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


@pytest.mark.filterwarnings("default")
def test_the_real_tensorboard_takes_back_what_a_resumed_stage_does_again(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps in ((1, 2, 3), (2, 3)):
        tracker = open_tracker("tensorboard", subject(tmp_path, steps=5))
        for step in steps:
            tracker.log(Row(step=step, figures={"train/loss": float(step)}, texts={"sample/a": "b"}))
        tracker.close(False)
    found = EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [event.step for event in found.Scalars("train/loss")] == [1, 2, 3]


@pytest.mark.filterwarnings("default")
def test_the_real_trackio_takes_a_row(tmp_path, monkeypatch):
    pytest.importorskip("trackio")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    tracker = open_tracker("trackio", subject(tmp_path, steps=5))
    tracker.log(Row(step=4, figures={"train/loss": 1.25}, texts={"sample/a": "b"}))
    tracker.close(False)
