import pytest
import torch

from nakochat.core import machine
from nakochat.core.errors import ConfigError
from nakochat.core.machine import open_machine, own_rank
from tests.journeys.commands import Commands

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No torchrun."""
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


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


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"WORLD_SIZE": "abc"}, "WORLD_SIZE"),
        ({"RANK": "x"}, "RANK"),
        ({"WORLD_SIZE": "2"}, "RANK, MASTER_ADDR, MASTER_PORT"),
    ],
)
def test_half_of_torchruns_environment_is_named(environment, said, monkeypatch):
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said):
        open_machine("cpu", "float32", "no")


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


def test_the_collectives_of_two_real_processes(tmp_path, fork_server):
    script = tmp_path / "collectives.py"
    script.write_text(COLLECTIVES)
    Commands(fork_server, tmp_path).well(script=script, ranks=[{}, {}])
