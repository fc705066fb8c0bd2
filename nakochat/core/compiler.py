"""A device -> whether torch.compile can work for it on this computer, and what it lacks."""

import os
import platform
import shlex
import shutil
import sysconfig
from pathlib import Path

import torch

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say


def may_compile(wish: str, device: torch.device) -> bool:
    """What a --compile (auto, yes, no) comes to here.  ConfigError for a yes that cannot be."""
    if wish not in ("auto", "yes", "no"):
        raise ConfigError(
            say(
                f"compile은 auto, yes, no 가운데 하나여야 합니다: {wish}.",
                f"compile is auto, yes or no: {wish}.",
            )
        )
    missing = None if wish == "no" else missing_for_compiling(device)
    if wish == "yes" and missing:
        raise ConfigError(
            say(
                f"torch.compile에 필요한 것이 없습니다: {missing}. 설치하거나, 새 실행을 --compile 없이 시작하세요.",
                f"torch.compile needs what is not there: {missing}. Install it, or start a new run without --compile.",
            )
        )
    return wish != "no" and not missing


def missing_for_compiling(device: torch.device) -> str | None:
    """What torch.compile lacks on this machine, with the package of Debian and Ubuntu that brings it; None if nothing.

    It looks where torch does: Inductor calls $CXX or g++ (clang++ on macOS) for CPU code, Triton $CC, gcc or clang for
    what starts GPU code, and both include Python.h.
    """
    if device.type == "cuda":
        own, usual, package = os.environ.get("CC"), ["gcc", "clang"], "gcc"
    else:
        own, usual = os.environ.get("CXX"), ["clang++" if platform.system() == "Darwin" else "g++"]
        package = "g++"
    compilers = [own] if own else usual
    if not any(shutil.which(name) for name in compilers):
        return f"{'/'.join(compilers)} (apt install {package})"
    # on macOS the headers lie in the framework, where torch finds them itself
    if platform.system() != "Darwin" and not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "Python.h (apt install python3-dev)"
    library = str(Path(torch.__file__).parent)
    split = shlex.split(library) != [library]  # Inductor gives the folder to the linker unquoted
    if device.type != "cuda" and split:
        return say(
            f"빈칸이 없는 폴더에 놓인 PyTorch (지금은 {library})",
            f"PyTorch in a folder without spaces (now {library})",
        )
    return None


def c_compiler() -> list[str] | None:
    """The words of $CC, or the first compiler of C on the path that understands GCC's extensions; None without one."""
    own = os.environ.get("CC")
    for words in [shlex.split(own)] if own else [["gcc"], ["clang"], ["cc"]]:
        if words and shutil.which(words[0]):
            return words
    return None
