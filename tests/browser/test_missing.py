"""A machine without a browser -> what is said and done about it; in CI a missing browser is a failure."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import require_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path with no browser, and an apt-get that writes down what it was asked for."""
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit "${{APT_FAILS:-0}}"\n', encoding="utf-8")
    apt.chmod(0o755)
    for name in ("sh", "id"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    (tmp_path / "sudo").write_text('#!/bin/sh\nexec "$@"\n', encoding="utf-8")
    (tmp_path / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("NAKO_CHROMIUM", raising=False)
    return tmp_path


def test_a_test_is_skipped_and_in_ci_it_fails(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        require_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        require_chromium()
    monkeypatch.setenv("NAKO_CHROMIUM", "/opt/chrome")
    assert require_chromium() == "/opt/chrome"


@pytest.mark.parametrize(
    ("settings", "status", "asked", "words"),
    [
        ({"CI": ""}, 0, [], "sudo apt-get install chromium"),
        ({"CI": "true"}, 0, ["update -qq", "install -y -qq --no-install-recommends chromium"], "설치합니다"),
        ({"CI": "true", "APT_FAILS": "1"}, 2, ["update -qq"], "건너뛸 수 없습니다"),
        ({"CI": "true", "NAKO_CHROMIUM": "/opt/chrome"}, 0, [], ""),
    ],
)
def test_test_sh_says_how_and_in_ci_installs_it(
    bare: Path, settings: dict[str, str], status: int, asked: list[str], words: str
) -> None:
    bash = shutil.which("bash", path=os.defpath + ":/usr/local/bin:/opt/homebrew/bin")
    assert bash
    done = subprocess.run(
        [bash, "-euc", "source scripts/setup.sh; source scripts/browser.sh; need_browser"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert words in done.stdout + done.stderr
    recorded = bare / "asked"
    assert (recorded.read_text(encoding="utf-8").splitlines() if recorded.exists() else []) == asked
