import pytest
import torch

from nakochat.core import compiler
from nakochat.core.compiler import missing_for_compiling
from nakochat.core.errors import ConfigError
from nakochat.core.machine import open_machine

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def linux(monkeypatch):
    """With no compiler named by the environment."""
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(compiler.platform, "system", lambda: "Linux")


@pytest.fixture
def computer(monkeypatch, tmp_path):
    """A computer that has these programs, and perhaps Python's headers."""

    def build(*programs, headers=True):
        for folder in ("bin", "include"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for name in programs:
            (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
            (tmp_path / "bin" / name).chmod(0o755)
        if headers:
            (tmp_path / "include" / "Python.h").write_text("")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.setattr(compiler.sysconfig, "get_path", lambda name: str(tmp_path / "include"))

    return build


@pytest.mark.parametrize(
    ("programs", "headers", "environment", "device", "missing"),
    [
        (("g++",), True, {}, CPU, None),
        ((), True, {}, CPU, "g++"),
        (("clang++", "gcc"), True, {}, CPU, "g++"),  # Inductor does not look for them on Linux
        (("g++",), False, {}, CPU, "python3-dev"),
        (("clang++",), True, {"CXX": "clang++"}, CPU, None),
        (("g++", "clang++"), True, {"CXX": "icpx"}, CPU, "icpx"),
        (("clang",), True, {}, CUDA, None),
        (("g++",), True, {}, CUDA, "gcc/clang"),
        (("gcc",), False, {}, CUDA, "python3-dev"),
        (("gcc",), True, {"CC": "icx"}, CUDA, "icx"),
    ],
)
def test_what_torch_compile_lacks_is_named(
    computer, monkeypatch, programs, headers, environment, device, missing
):
    computer(*programs, headers=headers)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = missing_for_compiling(device)
    assert (found is None) if missing is None else (missing in found)


def test_a_library_in_a_folder_with_spaces_cannot_compile_on_a_cpu(computer, monkeypatch):
    computer("g++", "gcc")
    monkeypatch.setattr(torch, "__file__", "/집/한글 폴더/torch/__init__.py")
    assert "/집/한글 폴더/torch" in missing_for_compiling(CPU)
    assert missing_for_compiling(CUDA) is None
    monkeypatch.setattr(torch, "__file__", "/집/한글/torch/__init__.py")
    assert missing_for_compiling(CPU) is None


def test_without_a_compiler_auto_is_eager_and_yes_is_an_error(computer):
    computer()
    assert not open_machine("cpu", "float32", "auto").compile
    assert not open_machine("cpu", "float32", "no").compile
    with pytest.raises(ConfigError, match=r"g\+\+"):
        open_machine("cpu", "float32", "yes")
    computer("g++")
    assert open_machine("cpu", "float32", "auto").compile
    assert open_machine("cpu", "float32", "yes").compile
    assert not open_machine("cpu", "float32", "no").compile
