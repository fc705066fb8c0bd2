import os
import shutil
import subprocess
import sys

import pytest

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.paths import find_run, home, list_runs, run_folder


def make(name: str, stage: str, *steps: int) -> None:
    for step in steps:
        (run_folder(name) / stage / "checkpoints" / f"{step:06d}").mkdir(parents=True)


@pytest.mark.parametrize("name", ["tiny", "나코", "d12-2", "a.b_c", "나코".encode().decode()])
def test_plain_names_are_folders_of_runs(name, nako_home):
    assert run_folder(name) == nako_home / "runs" / name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc", "-x", ".hidden", "a b", "a\n", "a\x00", "~"]
)
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError):
        run_folder(name)


def test_a_run_is_named_by_itself_its_stage_or_its_step(nako_home):
    make("toy", "base", 3, 6)
    make("toy", "sft", 4)
    assert str(find_run("toy")) == "toy/sft"
    assert find_run("toy").folder == nako_home / "runs" / "toy" / "sft"
    assert str(find_run("toy/base")) == "toy/base"
    assert find_run("toy/base@3").step == 3
    assert str(find_run(None)) == "toy/sft"


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("openai-community/gpt2", "openai-community/gpt2"),
        ("./folder", "./folder"),
        ("folder", "folder"),
        ("~/folder", "~/folder"),
        ("folder/base", "folder/base"),  # a folder inside, and no stage of a run
        ("받은 모델", "'받은 모델'"),
    ],
)
def test_what_lies_elsewhere_has_to_come_in_first(reference, shown, tmp_path, monkeypatch):
    (tmp_path / "folder" / "base").mkdir(parents=True)
    (tmp_path / "받은 모델").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=f"nako import {shown} --name"):
        find_run(reference)


def test_the_newest_run_comes_first():
    for age, name in enumerate(("new", "middle", "old")):
        make(name, "base", 1)
        os.utime(run_folder(name) / "base", (10**9 + age, 10**9 + age))  # a new checkpoint leaves it as it is
        os.utime(run_folder(name) / "base" / "checkpoints", (10**9 - age, 10**9 - age))
    assert [run.name for run in list_runs()] == ["new", "middle", "old"]
    assert find_run(None).name == "new"
    (run_folder("begun") / "base").mkdir(parents=True)
    assert list_runs()[0].name == "begun"
    assert find_run(None).name == "new"  # the newest that can talk


def test_a_folder_that_no_command_can_name_is_no_run():
    for name in ("toy", "other"):
        make(name, "base", 1)
    run_folder("other").rename(run_folder("other").with_name("toy copy"))
    assert [run.name for run in list_runs()] == ["toy"]


@pytest.mark.parametrize("reference", [None, "toy", "other", "toy/base@x", "toy/base@²", "other/sft"])
def test_what_is_not_there_is_named(reference):
    if reference and reference.startswith("toy/"):
        make("toy", "base", 1)
    with pytest.raises(CheckpointError, match=r"nako|toy|other|x|²"):
        find_run(reference)


def test_a_missing_stage_names_those_that_are_there():
    make("toy", "base", 1)
    with pytest.raises(CheckpointError, match="base"):
        find_run("toy/rl")


def test_a_home_that_cannot_be_made_says_how_to_move_it(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAKO_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(ConfigError, match="NAKO_HOME"):
        home()


def test_a_run_that_has_only_begun_is_not_called_missing():
    (run_folder("begun") / "tokenizer").mkdir(parents=True)
    with pytest.raises(CheckpointError, match="nako train base --name begun"):
        find_run("begun")


READER = """
import sys
from nakochat import cli
from nakochat.serving.watch.room import Room

assert cli.run(["runs"]) == 0
assert [run["name"] for run in Room().runs()] == ["읽기"]
assert cli.run(["tok", "train", "--preset", "toy", "--name", "쓰기"]) == 2
"""


def test_where_nothing_can_be_written_runs_are_read_and_a_writer_is_told_how_to_move(tmp_path, nako_home):
    """A folder that is mounted to be read only, where nobody but this test sees it."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here: mounting a folder needs it")
    make("읽기", "base", 1)
    shell = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 77; exec "$2" -c "$3"'
    done = subprocess.run(
        [
            "unshare",
            "--map-root-user",
            "--mount",
            "bash",
            "-c",
            shell,
            "-",
            nako_home,
            sys.executable,
            READER,
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode == 77:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "읽기" in done.stdout
    assert "NAKO_HOME" in done.stderr
    assert "Traceback" not in done.stderr
