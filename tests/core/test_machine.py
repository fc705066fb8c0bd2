import subprocess
import sys

import pytest
import torch

from nakochat.core import machine
from nakochat.core.errors import ConfigError
from nakochat.core.machine import missing_for_compiling, open_machine, own_rank

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No torchrun, and no compiler named by the environment."""
    for name in ("RANK", "WORLD_SIZE", "CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")


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
        monkeypatch.setattr(machine.sysconfig, "get_path", lambda name: str(tmp_path / "include"))

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


@pytest.mark.parametrize(
    ("bfloat16", "chosen"),
    [(0.5, torch.bfloat16), (0.79, torch.bfloat16), (0.9, torch.float32), (4.0, torch.float32)],
)
def test_bfloat16_is_for_cpus_that_are_faster_with_it(monkeypatch, bfloat16, chosen):
    monkeypatch.setattr(
        machine, "_matmul_seconds", lambda dtypes: {torch.float32: 1.0, torch.bfloat16: bfloat16}
    )
    assert open_machine("cpu", "auto", "no").dtype == chosen
    assert open_machine("cpu", "float32", "no").dtype == torch.float32
    assert open_machine("cpu", "bfloat16", "no").dtype == torch.bfloat16


def test_the_probe_measures_every_dtype():
    seconds = machine._matmul_seconds((torch.float32, torch.bfloat16))
    assert all(0 < value < 60 for value in seconds.values())
    assert len(seconds) == 2


def test_an_emulated_dtype_is_not_given_large_products(monkeypatch):
    sides = []

    def product(left, right):
        sides.append(len(left))
        clock[0] += 1.0 if left.dtype == torch.bfloat16 else 0.001

    clock = [0.0]
    monkeypatch.setattr(machine.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(machine.torch, "mm", product)
    seconds = machine._matmul_seconds((torch.float32, torch.bfloat16))
    assert seconds[torch.bfloat16] > seconds[torch.float32]
    assert set(sides) == {256}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("tpu", "auto", "no"), "cpu"),
        (("cpu", "float16", "no"), "bfloat16"),
        (("cpu", "float32", "maybe"), "auto"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(options, said):
    with pytest.raises(ConfigError, match=said):
        open_machine(*options)


def test_one_process_is_the_first_of_one(monkeypatch):
    made = open_machine("cpu", "float32", "no")
    assert (made.is_first, made.world, made.sum(3.5)) == (True, 1, 3.5)
    assert own_rank() == 0
    monkeypatch.setenv("RANK", "2")
    assert own_rank() == 2
    assert {"device", "cpu", "cores", "dtype", "compiled", "processes"} <= made.describe().keys()


def test_of_several_processes_the_one_that_fails_names_itself(capsys):
    third = machine.Machine(CPU, rank=2, world=4)
    with pytest.raises(ValueError, match="odd"), third.named_failures():
        raise ValueError("odd")
    said = capsys.readouterr().err
    assert "2/4" in said
    assert "ValueError" in said
    # the others fail because of it, and say so
    with pytest.raises(RuntimeError), third.named_failures():
        raise RuntimeError("[gloo] Connection closed by peer [127.0.0.1]:4711")
    assert "다른 프로세스" in capsys.readouterr().err
    with pytest.raises(ValueError, match="odd"), machine.Machine(CPU).named_failures():
        raise ValueError("odd")
    assert not capsys.readouterr().err  # alone it is clear who it was


def test_more_processes_than_gpus_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ConfigError, match="--nproc-per-node"):
        open_machine("cuda", "float32", "no")


COLLECTIVES = """
import torch
from nakochat.core.machine import open_machine
m = open_machine("cpu", "float32", "no")
whole = torch.arange(8.0).view(2, 2, 2) * (m.rank + 1)
own, all_of_them = torch.empty(2, 2), torch.empty(2, 2, 2)
m.start_share(whole, own).wait()
m.start_gather(own, all_of_them).wait()
total = torch.ones(3) * (m.rank + 1)
m.start_sum(total).wait()
found = [own.flatten().tolist(), all_of_them.flatten().tolist(), total.tolist(), m.sum(2.0), m.largest(m.rank)]
expected = torch.arange(8.0) * 3
assert found == [expected.view(2, 4)[m.rank].tolist(), expected.tolist(), [3.0] * 3, 4.0, 1.0], found
assert m.gather_bytes(b"ab" * m.rank) == [b"", b"ab"]
m.close()
"""


def test_the_collectives_of_two_real_processes():
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--no-python"]
    done = subprocess.run(
        [sys.executable, *command, sys.executable, "-c", COLLECTIVES], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
