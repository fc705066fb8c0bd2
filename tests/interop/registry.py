"""Packages that a long form wants and that the project does not depend on -> a folder of their own."""

import subprocess
import sys
from pathlib import Path

import pytest


def installed(package: str, folder: Path, *, needs: bool = False) -> Path:
    """The folder, with the package in it, and with what it needs where that is asked for.

    The test is skipped, and says why, where the registry is not there.
    """
    alone = [] if needs else ["--no-deps"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *alone, "--target", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{package} cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return folder
