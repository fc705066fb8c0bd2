"""The scripts that a newcomer runs first -> what they say where something is missing, and that versions are pinned."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHONS = ["python3", "python3.11", "python3.12", "python3.13", "python3.14"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What speedrun.sh needs, without an environment, in a folder with a space and Hangul in its name."""
    folder = tmp_path / "새 폴더"
    (folder / "scripts").mkdir(parents=True)
    for name in ["speedrun.sh", "scripts/setup.sh", "pyproject.toml", "constraints.txt"]:
        shutil.copy(ROOT / name, folder / name)
    return folder


def start(folder: Path, *arguments: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run speedrun.sh; `python` is a shell script that stands for every Python on the path."""
    environment = dict(os.environ, LC_ALL="C")
    if python is not None:
        shadow = folder.parent / "bin"
        shadow.mkdir()
        for name in PYTHONS:
            (shadow / name).write_text(f"#!/bin/sh\n{python}\n", encoding="utf-8")
            (shadow / name).chmod(0o755)
        environment["PATH"] = f"{shadow}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", str(folder / "speedrun.sh"), *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        cwd="/",
        check=False,
    )


def test_help_installs_nothing(checkout: Path) -> None:
    done = start(checkout, "d12", "--help")
    assert done.returncode == 0
    assert "--serve" in done.stdout
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_named_in_both_languages(checkout: Path) -> None:
    pretend = f'exec "{sys.executable}" -c "import sys; sys.version_info = (3, 9, 2); $2"'
    cases = f'--version) echo "Python 3.9.2";; -c) {pretend};; *) exit 1;;'
    done = start(checkout, python=f'case "$1" in {cases} esac')
    assert done.returncode == 2
    assert "Python 3.11 이상이 필요합니다 (찾은 것: Python 3.9.2)" in done.stderr
    assert "Python 3.11 or newer is needed" in done.stderr


def test_a_python_without_venv_is_told_what_to_install(checkout: Path) -> None:
    done = start(checkout, python='case "$2" in *ensurepip*) exit 1;; esac; echo 3.12.4')
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("version", "kept"),
    [("2.11.0+cu130", True), ("2.12.0a0+nv", True), ("2.11.0a0+nv26.01", False), ("2.10.1+cu128", False)],
)
def test_a_torch_for_gpus_is_kept_where_pip_would_take_it(tmp_path: Path, version: str, kept: bool) -> None:
    fake = f"__version__ = {version!r}\nclass version: cuda = '13.0'; hip = None\n"
    (tmp_path / "torch.py").write_text(fake, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", f'source "{ROOT / "scripts/setup.sh"}"; accelerated_torch "{sys.executable}"'],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.stdout.strip() == (version if kept else "")
    assert (done.returncode == 0) is kept


@pytest.mark.parametrize(
    "name", ["speedrun.sh", "test.sh", *(f"scripts/{p.name}" for p in ROOT.glob("scripts/*.sh"))]
)
def test_bash_of_macos_reads_the_scripts(name: str) -> None:
    """Its 3.2 ends $( at the first ) without a partner, as a pattern of `case` has one."""
    inside = re.findall(r"\$\((?!\()[^)]*", (ROOT / name).read_text(encoding="utf-8"))
    assert not [found for found in inside if re.search(r"\bcase\b", found)]


def test_everything_that_is_installed_has_one_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["serve"], *extras["dev"]]
    names = {re.split(r"[<>=!~\[; ]", line)[0].lower().replace("_", "-") for line in wanted}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.lower().replace("_", "-").split("==") for line in lines if not line.startswith("#"))
    assert names <= pins.keys()
    assert "+" not in pins["torch"], "a local build would keep every other build from being installed"
