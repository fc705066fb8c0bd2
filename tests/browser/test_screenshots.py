"""The script that takes README's pictures -> every picture that README shows, from the pages as they are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import require_chromium

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/screenshots.py"


def test_every_picture_of_the_chat_page_has_its_script() -> None:
    taken = set(re.findall(r'\("(chat-[a-z-]+)", ', SCRIPT.read_text(encoding="utf-8")))
    here = {path.stem for path in (ROOT / "docs/images").glob("chat-*.png")}
    assert taken == here
    for name in ("README.md", "README.en.md"):
        assert (
            set(re.findall(r"images/(chat-[a-z-]+)\.png", (ROOT / name).read_text(encoding="utf-8"))) <= here
        )


@pytest.mark.soak
def test_the_script_takes_every_picture(tmp_path: Path) -> None:
    require_chromium()
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path)], check=True, cwd=ROOT)
    assert {path.name for path in (ROOT / "docs/images").glob("chat-*.png")} <= {
        path.name for path in tmp_path.iterdir()
    }
