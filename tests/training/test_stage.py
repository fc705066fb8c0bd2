import dataclasses
import json
import shutil
from types import SimpleNamespace as Namespace

import pytest
import torch

from nakochat.core import compiler, progress
from nakochat.core import machine as machines
from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.files import read_json, write_json
from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import save_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import stage as module
from nakochat.training.agreement import plain
from nakochat.training.settings import BaseSettings, MidSettings, SftSettings
from nakochat.training.stage import _begins, is_done, loaded, open_stage, parent_checkpoint, record_origin
from tests.journeys.commands import Commands

BASE = BaseSettings(preset="toy", name="run", steps=4, dtype="float32", compile="no")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요. user assistant"] * 3, 300)


@pytest.fixture
def run(tokenizer):
    """A run that has its tokenizer."""
    folder = run_folder("run")
    tokenizer.save(folder / "tokenizer")
    return folder


def close_log(run, stage="base"):
    """The row that ends a stage's log."""
    with (run / stage / "metrics.jsonl").open("a") as log:
        log.write('{"kind": "end"}\n')


@pytest.fixture
def save(run, tokenizer):
    """Leaves a checkpoint of a step in a stage, as training would."""

    def at(step, *, stage="base", tokenizer_hash=tokenizer.hash, seed=0, **state):
        model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=16))
        model.initialise(seed)
        state = {"step": step, "steps": 4, "dtype": "float32", "compiled": False, **state}
        save_checkpoint(run / stage / "checkpoints", model=model, tokenizer_hash=tokenizer_hash, state=state)

    return at


def begin(settings, stage="base"):
    with open_stage(stage, settings) as opened:
        return opened


def changed(**values):
    return dataclasses.replace(BASE, **values)


def test_the_settings_are_written_before_anything_is_trained(run):
    with open_stage("base", BASE) as opened:
        assert read_json(run / "base" / "config.json") == plain(BASE)
        assert (opened.resumed, opened.folder, opened.machine.dtype) == (None, run, torch.float32)


def test_a_start_that_failed_binds_nobody(run, tmp_path):
    wrong = changed(corpus=(tmp_path / "nowhere.txt",))
    with open_stage("base", wrong) as opened:  # and then there is no such corpus
        opened.run.log("step", step=1)
    begin(BASE)
    assert read_json(run / "base" / "config.json")["corpus"] == []
    kinds = [row["kind"] for row in read_metrics(run / "base")]
    assert kinds == ["session"]  # its own: those before were of another training


def test_the_rows_of_the_same_start_stay(run):
    with open_stage("base", BASE) as opened:
        opened.run.log("step", step=1)
    begin(BASE)
    kinds = [row["kind"] for row in read_metrics(run / "base")]
    assert kinds == ["session", "step", "session"]


def test_a_session_says_how_many_batches_were_passed_over_by_its_checkpoint(run):
    with open_stage("base", BASE) as opened:
        checkpoint = Namespace(step=4, state={"guard": {"skipped": 2}})
        assert _begins(opened.resumed) == {"resumed": None, "skipped": 0}
    assert _begins(checkpoint) == {"resumed": 4, "skipped": 2}
    checkpoint.state.clear()  # of an earlier version
    assert _begins(checkpoint) == {"resumed": 4, "skipped": 0}
    (row,) = read_metrics(run / "base")
    assert (row["resumed"], row["skipped"]) == (None, 0)


def test_a_resume_holds_to_the_settings_that_shape_it(run, save, capsys):
    begin(BASE)
    save(2)
    for name, value in (("steps", 5), ("seed", 1), ("depth", 3), ("text_share", 0.1)):
        with pytest.raises(ConfigError, match=name):
            begin(changed(**{name: value}))
    free = changed(name=None, preset="run", save_every=1, log_every=3, check_every=7, rows_per_piece=1)
    with pytest.raises(ConfigError, match="preset"):
        begin(free)
    resumed = begin(dataclasses.replace(free, preset="toy", name="run")).resumed
    assert resumed is not None
    assert resumed.step == 2
    assert "2걸음부터" in capsys.readouterr().out
    assert read_json(run / "base" / "config.json") == plain(BASE)


def test_what_another_process_saved_before_it_let_go_is_gone_on_from(run, save, monkeypatch):
    class AfterAnother(module.Run):
        def __enter__(self):
            save(3)
            return super().__enter__()

    begin(BASE)
    save(2)
    monkeypatch.setattr(module, "Run", AfterAnother)
    assert begin(BASE).resumed.step == 3


def test_a_name_that_was_left_out_is_no_other_setting(tokenizer, save, run):
    begin(changed(preset="run", name=None))
    save(2)
    begin(changed(preset="run", name="run"))


def test_a_finished_stage_is_said_and_held_to_its_settings(run, save, capsys):
    begin(BASE)
    assert not is_done("base", BASE)
    save(2)
    assert not is_done("base", BASE)
    save(4)
    assert not is_done(
        "base", BASE
    )  # it ended before its log was closed: what belongs to its end is still to come
    close_log(run)
    assert not capsys.readouterr().out.count("끝났습니다")
    assert is_done("base", changed(dtype="bfloat16", save_every=1))
    assert capsys.readouterr().out == "base: 이미 끝났습니다.\n"
    with pytest.raises(ConfigError, match="seed: 0 → 1"):
        is_done("base", changed(seed=1))


def test_steps_after_the_end_open_a_stage_again(run, save):
    begin(BASE)
    save(4)
    close_log(run)
    with (run / "base" / "metrics.jsonl").open("a") as log:
        log.write('{"kind": "step", "step": 4}\n')
    assert not is_done("base", BASE)


def test_a_model_from_elsewhere_has_no_steps_to_end(run, save):
    begin(BASE)
    save(0, steps=0)
    assert is_done("base", BASE)


RANK = """
import json, sys
from nakochat.core.errors import CheckpointError
from nakochat.core.machine import Machine, open_machine
from nakochat.core.paths import run_folder
from nakochat.models.checkpoint import agreed_checkpoint
from nakochat.training.settings import BaseSettings, MidSettings
from nakochat.training.stage import is_done, open_stage

settings = BaseSettings(preset="toy", name="run", steps=4, dtype="float32", compile="no")
Machine.close = lambda machine: None  # there is more to ask
machine = open_machine("cpu", "float32", "no")


def step_of(stage):
    try:
        found = agreed_checkpoint(run_folder("run") / stage / "checkpoints", machine)
        return found.step if found else None
    except CheckpointError as error:
        return "refused" if "1" in str(error) else str(error)


said = {stage: step_of(stage) for stage in json.loads(sys.argv[1])}
said["done"] = is_done("base", settings)
try:
    with open_stage("base", settings) as stage:
        said["stage"] = stage.resumed.step
except CheckpointError:
    said["stage"] = "refused"
said["ended"] = is_done("mid", MidSettings(preset="toy", name="run"))
print("SAID", machine.rank, json.dumps(said), flush=True)
"""


def test_two_processes_go_on_from_one_checkpoint_or_not_at_all(run, save, tmp_path, fork_server):
    """Each with a disk of its own, of which the second shows something else than the first's."""
    begin(BASE)
    begin(MidSettings(preset="toy", name="run", dtype="float32", compile="no"), "mid")
    steps_of = {"same": (2,), "older": (2, 3), "newer": (2, 3), "other": (2,), "mid": (4,), "gone": ()}
    for stage, steps in steps_of.items():
        for step in steps:
            save(step, stage=stage)
    for step in (2, 3):
        save(step)
    homes = [tmp_path / name for name in ("first", "second")]
    for home in homes:
        shutil.copytree(run, home / "runs" / "run")
    first, second = (home / "runs" / "run" for home in homes)
    close_log(first, "mid")
    shutil.rmtree(second / "older" / "checkpoints" / "000003")
    shutil.rmtree(first / "newer" / "checkpoints" / "000003")
    shutil.rmtree(second / "base" / "checkpoints" / "000003")
    save(2, stage="other", seed=5)
    shutil.copytree(run / "other", second / "other", dirs_exist_ok=True)
    cases = json.dumps(["same", "older", "newer", "other", "gone"])
    (tmp_path / "rank.py").write_text(RANK)
    nako = Commands(fork_server, tmp_path)
    nako.well(cases, script=tmp_path / "rank.py", ranks=[{"NAKO_HOME": str(home)} for home in homes])
    said = [json.loads(line.split(maxsplit=2)[2]) for line in nako.said().splitlines() if "SAID" in line]
    expected = {
        **{"same": 2, "older": "refused", "newer": 2, "other": "refused", "gone": None},
        **{"done": False, "stage": "refused", "ended": True},
    }
    assert said == [expected] * 2, nako.said() + nako.errors()[:3000]
    assert nako.said().count("이미 끝났습니다") == 1


def test_a_resume_keeps_its_dtype_and_mode(run, save, monkeypatch):
    monkeypatch.setattr(machines, "probe_dtype", lambda device: torch.bfloat16)
    monkeypatch.setattr(compiler, "missing_for_compiling", lambda device: None)
    begin(BASE)
    save(2, dtype="float32", compiled=False)
    kept = begin(changed(dtype="auto", compile="auto")).machine
    assert (kept.dtype, kept.compile) == (torch.float32, False)
    with pytest.raises(ConfigError, match="--dtype float32"):
        begin(changed(dtype="bfloat16"))
    with pytest.raises(ConfigError, match="--compile no"):
        begin(changed(compile="yes"))
    save(3, dtype="float32", compiled=True)
    assert begin(changed(compile="auto")).machine.compile
    monkeypatch.setattr(compiler, "missing_for_compiling", lambda device: "g++")
    with pytest.raises(ConfigError, match=r"g\+\+"):
        begin(changed(compile="auto"))


def test_a_missing_compiler_is_said_once(run, monkeypatch, capsys):
    monkeypatch.setattr(progress, "_spoken", set())
    for place in (compiler, module):
        monkeypatch.setattr(
            place, "missing_for_compiling", lambda device: "Python.h (apt install python3-dev)"
        )
    for stage in ("base", "mid"):
        begin(changed(compile="auto"), stage)
    assert capsys.readouterr().out.count("python3-dev") == 1
    begin(changed(compile="no"), "sft")
    assert not capsys.readouterr().out


def test_leftovers_of_a_killed_save_are_swept_up(run):
    (run / "base" / "checkpoints" / ".000002.ab").mkdir(parents=True)
    begin(BASE)
    assert not list((run / "base" / "checkpoints").iterdir())


def test_the_stage_before_is_where_a_stage_starts(run, save):
    settings = MidSettings(preset="toy", name="run", dtype="float32", compile="no", seed=3)
    save(2)
    save(4, seed=7)
    with open_stage("mid", settings) as stage:
        parent = parent_checkpoint(stage, settings, "base")
        record_origin(stage, settings, parent)
        weights = loaded(parent, stage.machine).state_dict()
    assert parent.step == 4
    origin = read_json(run / "mid" / "origin.json")
    assert origin["parent"] == {"checkpoint": "run/base@4", "hash": parent.hash}
    assert (origin["seed"], origin["machine"]["dtype"]) == (3, "float32")
    expected = parent.model(torch.float32, torch.device("cpu")).state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.items())


def test_from_names_another_parent(run, save):
    save(2)
    save(4)
    save(4, stage="mid")
    settings = SftSettings(preset="toy", name="run", dtype="float32", compile="no", from_="run/base@2")
    with open_stage("sft", settings) as stage:
        assert parent_checkpoint(stage, settings, "mid").step == 2
        own = dataclasses.replace(settings, from_=None)
        assert parent_checkpoint(stage, own, "mid").folder.parents[1].name == "mid"
        with pytest.raises(CheckpointError, match="'rl'"):
            parent_checkpoint(stage, dataclasses.replace(settings, from_="run/rl"), "mid")


def test_weights_of_another_tokenizer_are_refused(run, save):
    settings = MidSettings(preset="toy", name="run", dtype="float32", compile="no")
    save(4, tokenizer_hash="another")
    with open_stage("mid", settings) as stage, pytest.raises(CheckpointError, match="토크나이저"):
        parent_checkpoint(stage, settings, "base")
    with pytest.raises(CheckpointError, match="토크나이저"):
        begin(BASE)


def test_a_setting_that_is_newer_than_the_run_was_at_its_default(run, save):
    settings = SftSettings(preset="toy", name="run", dtype="float32", compile="no")
    begin(settings, "sft")
    older = {k: v for k, v in plain(settings).items() if k not in ("data", "assistant_name")}
    write_json(run / "sft" / "config.json", older)
    save(2, stage="sft")
    begin(settings, "sft")
    with pytest.raises(ConfigError, match="assistant_name: 나코 → 별이"):
        begin(dataclasses.replace(settings, assistant_name="별이"), "sft")
