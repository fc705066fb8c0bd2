import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nakochat import __version__, cli
from nakochat.core.errors import DataError
from nakochat.core.interrupts import Interrupted
from nakochat.training import base

ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "default"}


@pytest.fixture
def settings_of(monkeypatch):
    """Runs a command line of `nako train base` and gives the settings that reach the stage."""

    def run(*words):
        received = []

        def main(settings: base.BaseSettings = base.BaseSettings()) -> None:  # noqa: B008
            received.append(settings)

        monkeypatch.setattr(base, "main", main)
        assert cli.run(["train", "base", *map(str, words)]) == 0
        return received[0]

    return run


def test_a_tokenizer_is_trained_without_torch(nako_home):
    """It takes seconds to load, which the smallest tokenizer takes as a whole."""
    words = ["tok", "train", "--preset", "toy", "--max-chars", "20000", "--vocab-size", "400"]
    script = f"import sys; from nakochat import cli; assert cli.run({words}) == 0; assert 'torch' not in sys.modules"
    environment = {**ENVIRONMENT, "NAKO_HOME": str(nako_home)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (nako_home / "runs" / "toy" / "tokenizer").is_dir()


def test_one_who_asks_a_stage_for_several_processes_hears_of_torchrun(capsys):
    assert cli.run(["train", "base", "--gpus", "2"]) == 2
    assert "torchrun --standalone --nproc-per-node=N -m nakochat train base" in capsys.readouterr().err


def test_help_version_and_unknown_commands_load_no_torch(nako_home):
    script = (
        "import sys; from nakochat import cli\n"
        "for words in (['--help'], ['train', '--help'], ['--version'], []):\n"
        "    assert cli.run(words) == 0\n"
        "for words in (['speedrum'], ['train', 'bass'], ['nothing-like-it']):\n"
        "    assert cli.run(words) == 2\n"
        "assert not {'torch', 'tokenizers', 'numpy', 'fastapi', 'pyarrow'} & set(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert __version__ in done.stdout
    assert "speedrun" in done.stdout
    assert not nako_home.exists()


def test_the_module_is_the_same_door_in_any_locale(nako_home):
    done = subprocess.run(
        [sys.executable, "-m", "nakochat", "speedrum나"],
        capture_output=True,
        env={**ENVIRONMENT, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("오류: ")
    assert b"speedrun" in done.stderr
    assert b"Traceback" not in done.stderr
    assert "speedrum나" in done.stderr.decode()


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command, capsys):
    assert cli.run([*command.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert command.split()[-1] in shown
    assert not re.search(
        r"Usage|Arguments|Parameters|\[(required|default|choices)|--empty|\(\)|: False", shown
    )


def test_help_speaks_english_when_asked(capsys, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    assert cli.run(["export", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage: nako export" in shown
    assert re.search(r"\[choices: hf,\s[\s│]*gguf\] \[required\]", shown)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["speedrum"], "'speedrun'"),
        (["train", "bass"], "'base'"),
        (["train", "bass"], "nako train --help"),
        (["train", "base", "--stepz", "3"], "--steps"),
        (["train", "base", "--preset", "tinny"], "'tiny'"),
        (["train", "base", "--preset=tinny"], "'tiny'"),
        (["train", "base", "--steps", "many"], "--steps"),
        (["train", "base", "--steps", "0"], "--steps"),
        (["train", "base", "--depth", "0"], "--depth"),
        (["train", "base", "--seed", "-1"], "--seed"),
        (["train", "rl", "--save-every", "0"], "--save-every"),
        (["chat", "--seed", str(2**63)], "seed"),
        (["train", "base", "--config", "missing.toml"], "missing.toml"),
        (["train", "base", "--name", "../x"], "../x"),
        (["train", "base"], "tok train"),
        (["sample", "nowhere", "--prompt", "가"], "nowhere"),
        (["eval"], "speedrun"),
        (["runs", "--frobnicate"], "--frobnicate"),
    ],
)
def test_a_mistake_ends_2_with_what_to_do_and_no_traceback(words, said, capsys):
    assert cli.run(words) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("오류: ")
    assert said in shown.err
    assert "Traceback" not in shown.err + shown.out
    assert not re.search(r"nako  ", shown.err)


def test_errors_speak_english_when_asked(capsys, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    assert cli.run(["eval"]) == 2
    assert capsys.readouterr().err.startswith("error: there is no trained model")


def test_a_flag_beats_the_config_the_config_beats_the_preset(settings_of, tmp_path):
    config = tmp_path / "my.toml"
    config.write_text("rows = 12\nmatrix_rate = 0.5\n[base]\nsteps = 7\n[sft]\nsteps = 1000\n")
    from_preset = settings_of("--preset", "toy")
    assert (from_preset.depth, from_preset.steps, from_preset.rows) == (2, 6, 4)
    from_config = settings_of("--preset", "toy", "--config", config)
    assert (from_config.depth, from_config.steps, from_config.rows) == (2, 7, 12)
    assert from_config.matrix_rate == 0.5
    from_flag = settings_of("--preset", "toy", f"--config={config}", "--steps", 9)
    assert (from_flag.steps, from_flag.rows) == (9, 12)


def test_the_preset_is_tiny_unless_said_and_the_config_may_say(settings_of, tmp_path):
    assert settings_of().run_name == "tiny"
    assert settings_of().depth == 4
    config = tmp_path / "my.json"
    config.write_text('{"preset": "toy", "warmup": 1}')
    chosen = settings_of("--config", config)
    assert (chosen.depth, chosen.warmup) == (2, 1)
    assert (chosen.preset, chosen.run_name) == ("toy", "toy")
    assert settings_of("--preset", "toy", "--name", "나").run_name == "나"


def test_a_preset_s_shape_gives_way_to_that_of_another_model(settings_of, tmp_path):
    defaults = base.BaseSettings()
    tiny, elsewhere = settings_of(), settings_of("--from", "other", "--depth", 6)
    assert (tiny.rotary_base, tiny.context) == (1e4, 256)
    assert (elsewhere.rotary_base, elsewhere.context, elsewhere.width) == (
        defaults.rotary_base,
        defaults.context,
        None,
    )
    assert (elsewhere.depth, elsewhere.steps) == (6, tiny.steps)  # what a flag says stays, and is looked at
    assert settings_of("--from=other", "--preset", "sllm-small").dropout == 0.1
    assert settings_of("--model", "gpt2").rotary_base == defaults.rotary_base  # which rotates nothing
    assert settings_of("--model", "llama").rotary_base == 1e4


def test_a_config_at_home_is_found(settings_of, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "c.toml").write_text("steps = 7", encoding="utf-8")
    assert settings_of("--config=~/c.toml").steps == 7


def test_what_a_disk_refuses_is_said_and_another_error_is_a_bug(monkeypatch, capsys):
    for raised, known in (
        (OSError(errno.ENOSPC, "No space left on device", "/어디/scores.json"), True),
        (PermissionError(errno.EACCES, "Permission denied", "/어디/scores.json"), True),
        (FileNotFoundError(errno.ENOENT, "No such file", "/어디/scores.json"), False),
    ):
        monkeypatch.setattr("nakochat.commands.runs.main", raising(raised))
        if known:
            assert cli.run(["runs"]) == 2
            assert "/어디/scores.json" in capsys.readouterr().err
        else:
            with pytest.raises(FileNotFoundError):
                cli.run(["runs"])


def raising(error):
    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(("raised", "spoken"), [(KeyboardInterrupt(), True), (Interrupted(), False)])
def test_ctrl_c_is_answered_once(raised, spoken, monkeypatch, capsys):
    monkeypatch.setattr("nakochat.commands.runs.main", raising(raised))
    assert cli.run(["runs"]) == 130
    assert ("다시 실행" in capsys.readouterr().err) == spoken  # the loop has spoken of what it saved


@pytest.mark.parametrize(
    ("raised", "status"), [(DataError("깨짐"), 2), (KeyboardInterrupt(), 130), (ValueError("bug"), None)]
)
def test_a_users_mistake_a_stop_and_a_bug_end_differently(raised, status, monkeypatch, capsys):
    def main() -> None:
        raise raised

    monkeypatch.setattr("nakochat.commands.runs.main", main)
    if status is None:
        with pytest.raises(ValueError, match="bug"):
            cli.run(["runs"])
        return
    assert cli.run(["runs"]) == status
    assert ("깨짐" in capsys.readouterr().err) == (status == 2)


LEAVING = """
import atexit, sys
from nakochat import cli

class Held:
    def __del__(self):
        print("taken apart")

held = Held()

def run(words):
    atexit.register(lambda: print("an exit function"))
    print("한", end="")
    return {status}

cli.run = run
cli.main()
"""


@pytest.mark.parametrize(("status", "code"), [("0", 0), ("130", 130), ("1 / 0", 1)])
def test_a_process_leaves_with_its_status_and_is_not_taken_apart(status, code):
    script = LEAVING.format(status=status)
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith("한")
    assert "an exit function" in done.stdout
    assert ("taken apart" in done.stdout) == (code == 1)
    assert ("ZeroDivisionError" in done.stderr) == (code == 1)


BUSY = """
import time
from concurrent.futures import ThreadPoolExecutor
from nakochat import cli

def run(words):
    pool = ThreadPoolExecutor(1)
    for _ in range(9):
        pool.submit(time.sleep, 100)
    return {status}

cli.run = run
cli.main()
"""


def test_who_was_asked_to_stop_waits_for_no_thread():
    """A compiler's go on until all that they were given is made, and Python waits for them."""
    script = BUSY.format(status=130)
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", script], check=False, timeout=90)
    assert done.returncode == 130


@pytest.mark.parametrize("place", [".", "file/below.json"])
def test_figures_that_no_file_could_hold_are_refused_before_the_work(tmp_path, monkeypatch, capsys, place):
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["runs", "--json", place]) == 2
    assert f"--json에 파일을 쓸 수 없습니다: {place} " in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_answer_that_could_not_be_written_is_no_success(tmp_path):
    environment = {**os.environ, "NAKO_HOME": str(tmp_path)}
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "nakochat", "runs"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("speedrun toy", "쓸 곳이 없는 말이 있습니다: 'toy'"),
        ("speedrun --skip md", "--skip에 쓸 수 없는 값입니다: md. 이 가운데에서 고르세요:"),
        ("speedrun --seed 1 --seed 2", "--seed의 값을 두 번 이상 주었습니다"),
        ("speedrun --seed x", "--seed에 쓸 수 없는 값입니다: x"),
        ("speedrun --restarts -1", "--restarts"),
        ("speedrun --processes 0", "--processes"),
    ],
)
def test_what_cannot_be_meant_is_said_in_korean(words, said, capsys):
    assert cli.run(words.split()) == 2
    assert said in capsys.readouterr().err


def test_a_preset_that_is_no_name_is_said(tmp_path, capsys):
    (tmp_path / "c.toml").write_text("preset = 5", encoding="utf-8")
    assert cli.run(["train", "base", "--config", str(tmp_path / "c.toml")]) == 2
    assert "preset" in capsys.readouterr().err
