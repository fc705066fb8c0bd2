import json
import shlex
import sys
from types import SimpleNamespace

import pytest
import torch

from nakochat.commands import launch, speedrun
from nakochat.commands.presets import load_preset
from nakochat.commands.speedrun import SpeedrunSettings
from nakochat.core.errors import ConfigError, NakoError, TrainingError
from nakochat.core.itinerary import stages_to_come
from nakochat.core.paths import run_folder
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.settings import BaseSettings, RlSettings, SftSettings


@pytest.fixture
def done(monkeypatch):
    """What was called, in order, instead of training: (name, settings or arguments)."""
    calls = []

    def note(name):
        return lambda *words, **options: calls.append((name, words, options))

    stages = {name: (kind, note(name)) for name, (kind, _) in speedrun.STAGES.items()}
    monkeypatch.setattr(speedrun, "STAGES", stages)
    monkeypatch.setattr(speedrun.tok, "train", note("tok"))
    monkeypatch.setattr(speedrun.evaluate, "score_stage", note("score"))
    monkeypatch.setattr(speedrun.report, "main", note("report"))
    monkeypatch.setattr(speedrun.server, "serve", note("serve"))
    return calls


def test_every_stage_comes_in_its_turn_and_is_scored(done):
    speedrun.main(SpeedrunSettings(preset="toy"))
    assert [name for name, _, _ in done] == [
        "tok",
        *("base", "score", "mid", "score", "sft", "score", "rl", "score"),
        "report",
    ]
    settings = {name: words[0] for name, words, _ in done if name in ("tok", "base", "sft", "rl")}
    values = load_preset("toy")
    assert settings["tok"].vocab_size == values["tokenizer"]["vocab_size"]
    assert settings["base"].steps == values["base"]["steps"]
    assert isinstance(settings["sft"], SftSettings)
    assert isinstance(settings["rl"], RlSettings)
    assert {made.run_name for made in settings.values()} == {"toy"}


def test_the_stages_and_their_tokens_are_written_down_before_the_first(done):
    speedrun.main(SpeedrunSettings(preset="toy", skip=("mid",)))
    values = load_preset("toy")
    context = values["base"]["context"]
    tokens = {name: values[name]["steps"] * values[name]["rows"] * context for name in ("base", "sft")}
    assert stages_to_come(run_folder("toy"), after="base") == {"sft": tokens["sft"], "rl": None}
    assert json.loads((run_folder("toy") / "itinerary.json").read_text())["base"] == tokens["base"]


def test_what_is_asked_for_reaches_every_stage(done, tmp_path):
    speedrun.main(
        SpeedrunSettings(
            preset="toy", name="my", seed=3, device="cpu", dtype="float32", corpus=(tmp_path / "a.txt",)
        )
    )
    made = {name: words[0] for name, words, _ in done if name in ("tok", "base", "mid", "sft", "rl")}
    assert {settings.run_name for settings in made.values()} == {"my"}
    assert {settings.seed for settings in made.values()} == {3}
    assert {made[stage].dtype for stage in ("base", "mid", "sft", "rl")} == {"float32"}
    assert made["tok"].corpus == made["base"].corpus == (tmp_path / "a.txt",)
    scored = [(str(words[0]), options) for name, words, options in done if name == "score"]
    where = {"device": "cpu", "dtype": "float32", "items": load_preset("toy")["score"]["items"]}
    assert scored == [(f"my/{stage}", where) for stage in ("base", "mid", "sft", "rl")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": "bf16"}, "bf16"),
        ({"device": "tpu"}, "tpu"),
        ({"compile": "maybe"}, "auto"),
        ({"tasks": ("spellling",)}, "spellling"),
        ({"chats": ("없는.jsonl:2",)}, "없는.jsonl"),
        ({"tasks": ("gsm8k",)}, "data pull gsm8k"),
        ({"processes": 7}, "--rows"),
        ({"serve": True, "port": 99999}, "99999"),
    ],
)
def test_what_a_later_stage_would_refuse_is_refused_before_the_first(done, options, said):
    with pytest.raises(NakoError, match=said):
        speedrun.main(SpeedrunSettings(preset="toy", **options))
    assert not done


def test_more_processes_than_gpus_are_refused_before_the_first_stage(done, monkeypatch):
    monkeypatch.setattr(speedrun, "pick_device", lambda name: torch.device("cuda"))
    monkeypatch.setattr(speedrun, "may_compile", lambda name, device: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(ConfigError, match="--processes 4"):
        speedrun.main(SpeedrunSettings(preset="toy", processes=8))
    assert not done


def test_a_stage_that_is_skipped_is_passed_over(done):
    speedrun.main(SpeedrunSettings(preset="toy", skip=("mid", "rl")))
    trained = {name: words[0] for name, words, _ in done if name in ("base", "mid", "sft", "rl")}
    assert list(trained) == ["base", "sft"]
    assert trained["sft"].from_ == "toy/base"


def test_the_page_opens_on_the_device_that_was_asked_for(done):
    speedrun.main(SpeedrunSettings(preset="toy", device="cpu", dtype="float32", serve=True, port=8123))
    name, words, options = done[-1]
    assert (name, words, options["settings"].where.port) == ("serve", ("toy",), 8123)
    assert (options["settings"].device, options["settings"].dtype) == ("cpu", "float32")


@pytest.mark.parametrize(
    ("started", "found", "said"),
    [
        ("/x/.venv/bin/nako", None, "    /x/.venv/bin/nako chat toy"),
        ("/x/.venv/bin/nako", "/usr/bin/nako", "    nako chat toy"),
        ("/x/nakochat/__main__.py", None, f"    {shlex.quote(sys.executable)} -m nakochat chat toy"),
    ],
)
def test_the_last_words_can_be_typed(done, monkeypatch, capsys, started, found, said):
    monkeypatch.setattr(sys, "argv", [started, "speedrun"])
    monkeypatch.setattr(speedrun.shutil, "which", lambda name: found)
    speedrun.main(SpeedrunSettings(preset="toy"))
    assert said in capsys.readouterr().out.splitlines()


@pytest.fixture
def launched(monkeypatch):
    """The command lines that would have been started; the last one's exit status can be set."""
    started = []

    def start(words):
        started.append(words)
        return launched.status

    launched = SimpleNamespace(words=started, status=0)
    monkeypatch.setattr(launch, "_run", start)
    return launched


def test_several_processes_train_under_torchrun_and_one_does_the_rest(done, launched, tmp_path):
    speedrun.main(
        SpeedrunSettings(
            preset="toy", seed=3, processes=4, corpus=(tmp_path / "a.txt", tmp_path / "b.txt"), skip=("mid",)
        )
    )
    assert [name for name, _, _ in done] == ["tok", "report"]  # nothing of this process ever holds a GPU
    trained, scored = launched.words[::2], launched.words[1::2]
    assert all("--nproc-per-node=4" in words for words in trained)
    asked = {"device": "auto", "dtype": "auto", "items": load_preset("toy")["score"]["items"]}
    assert [json.loads(words[-1]) for words in scored] == [
        {"run": f"toy/{stage}", **asked} for stage in ("base", "sft", "rl")
    ]
    base, sft, _ = (words[words.index("train") + 1 :] for words in trained)
    assert base[:5] == ["base", "--preset", "toy", "--name", "toy"]
    texts = base.index("--corpus")
    assert base[texts + 1 : texts + 3] == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert base[base.index("--seed") + 1] == "3"
    assert len(base) == 10  # what the preset says is not said again
    assert sft[sft.index("--from") + 1] == "toy/base"


def test_a_stage_that_fails_in_its_processes_ends_the_run(done, launched):
    launched.status = 1
    with pytest.raises(TrainingError, match="base"):
        speedrun.main(SpeedrunSettings(preset="toy", processes=2))
    assert [name for name, _, _ in done] == ["tok"]


def test_torchrun_is_told_what_to_run_instead(done, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "8")
    with pytest.raises(ConfigError, match="--processes 8"):
        speedrun.main(SpeedrunSettings(preset="toy"))
    assert done == []


def test_prepared_text_needs_its_tokenizer(done, tmp_path):
    chats = tmp_path / "mine.jsonl"
    chats.write_text('{"question": "안녕?", "answer": "안녕하세요."}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="nako tok train --preset toy"):
        speedrun.main(SpeedrunSettings(preset="toy", data=("web",)))
    Tokenizer.train(["안녕하세요."] * 3, 300).save(run_folder("toy") / "tokenizer")
    speedrun.main(SpeedrunSettings(preset="toy", data=("web",), chats=(str(chats),)))
    made = {name: words[0] for name, words, _ in done if name in ("tok", "base", "mid", "sft")}
    assert "tok" not in made
    assert made["base"].data == BaseSettings(data=("web",)).data
    assert made["mid"].data == made["sft"].data != ()


def test_the_report_is_left_where_the_command_was_called(done, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    speedrun.main(SpeedrunSettings(preset="toy"))
    monkeypatch.setattr(speedrun.os, "access", lambda path, mode: False)
    speedrun.main(SpeedrunSettings(preset="toy"))
    assert [options for name, _, options in done if name == "report"] == [{"copy": tmp_path}, {"copy": None}]


def test_tasks_are_mixed_into_mid_and_sft(done, tmp_path):
    speedrun.main(SpeedrunSettings(preset="toy", tasks=("spelling:2",), task_data=tmp_path))
    settings = {name: words[0] for name, words, _ in done if name in ("base", "mid", "sft", "rl")}
    assert [settings[name].tasks for name in ("mid", "sft")] == [("spelling:2",)] * 2
    assert settings["rl"].task_data == tmp_path


def test_a_large_preset_learns_from_what_it_gathers(done, monkeypatch, tmp_path):
    supplied = []

    def gather(supplies, run, train_tokenizer):
        supplied.append((supplies.source, run))
        train_tokenizer((tmp_path / "first",))
        return "made"

    monkeypatch.setattr(speedrun, "gather", gather)
    monkeypatch.setattr(speedrun, "gather_chats", lambda supplies: (f"{tmp_path}/talk:2",))
    monkeypatch.setattr(speedrun, "gather_tasks", lambda supplies: supplies.tasks)
    speedrun.main(SpeedrunSettings(preset="d20", name="big", device="cpu"))
    made = {name: words[0] for name, words, _ in done if name in ("tok", "base", "mid", "sft")}
    assert supplied == [("fineweb-2-edu-korean", "big")]
    assert made["tok"].corpus == (tmp_path / "first",)
    assert (made["base"].data, made["base"].corpus) == (("made:1",), ())
    assert made["mid"].data == made["sft"].data == (f"{tmp_path}/talk:2",)
    assert made["mid"].tasks == made["sft"].tasks
    assert {"gsm8k:2", "spelling"} <= set(made["mid"].tasks)
    done.clear()
    speedrun.main(SpeedrunSettings(preset="d20", name="own", device="cpu", corpus=(tmp_path / "mine",)))
    made = {name: words[0] for name, words, _ in done if name in ("tok", "base", "mid")}
    assert made["tok"].corpus == made["base"].corpus == (tmp_path / "mine",)
    assert made["mid"].data == made["mid"].tasks == ()
    assert len(supplied) == 1
