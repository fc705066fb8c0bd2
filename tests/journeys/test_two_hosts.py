"""Two machines with two processes each: forks that are told so, and under torchrun.

Its two agents stand on two addresses of loopback.  They import torch six times over, and what they start learns no
other way than forks do: how torchrun is spoken to is for -m soak, and on one machine for test_pipeline.py.
"""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from nakochat.core.run import read_metrics
from tests.journeys.commands import Commands

HOSTS = ("127.0.0.2", "127.0.0.3")
WORDS = ["--preset", "toy", "--compile", "no", "--dtype", "float32"]


def environment(home) -> dict[str, str]:
    return {**os.environ, "NAKO_HOME": str(home), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}


def free_port() -> int:
    with socket.socket() as probe:
        try:
            probe.bind((HOSTS[0], 0))
        except OSError as error:
            pytest.skip(f"no second loopback address here: {error}")
        return int(probe.getsockname()[1])


def agent(number: int, port: int, *words: str, home) -> subprocess.Popen:
    torchrun = [
        *("-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "2"),
        *("--rdzv-backend", "c10d", "--rdzv-endpoint", f"{HOSTS[0]}:{port}", "--rdzv-id", "journey"),
        *("--rdzv-conf", f"is_host={int(number == 0)}", "--local-addr", HOSTS[number]),
    ]
    command = [sys.executable, *torchrun, "-m", "nakochat", *words]
    return subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def together(*words: str, home) -> tuple[list[str], list[int]]:
    """What both agents say, and how they end."""
    port = free_port()
    agents = [agent(number, port, *words, home=home) for number in range(2)]
    try:
        said = [process.communicate(timeout=900)[0] for process in agents]
    finally:
        for process in agents:
            process.kill()
    return said, [process.returncode for process in agents]


@pytest.fixture
def nako(tmp_path, fork_server):
    return Commands(fork_server, tmp_path)


@pytest.fixture(params=["forks", pytest.param("torchrun", marks=pytest.mark.soak)])
def learn(request, tmp_path, nako):
    """learn(words): by four processes on two machines, which have to end well."""

    def by_forks(*words):
        places = [{"GROUP_RANK": host, "LOCAL_RANK": local} for host in "01" for local in "01"]
        nako.well(*words, ranks=[{"LOCAL_WORLD_SIZE": "2", **place} for place in places])

    def by_torchrun(*words):
        said, ends = together(*words, home=tmp_path)
        assert ends == [0, 0], said

    return by_forks if request.param == "forks" else by_torchrun


def steps(folder) -> dict[int, dict]:
    return {row["step"]: row for row in read_metrics(folder) if row["kind"] == "step"}


def test_two_hosts_learn_as_one_process(tmp_path, nako, learn):
    nako.well("tok", "train", *WORDS[:2], "--name", "one")
    nako.well("train", "base", *WORDS, "--name", "one")
    one, four = (tmp_path / "runs" / name for name in ("one", "four"))
    shutil.copytree(one / "tokenizer", four / "tokenizer")
    shutil.copytree(one / "data", four / "data", ignore=shutil.ignore_patterns("base"))  # the held-out texts
    learn("train", "base", *WORDS, "--name", "four")
    alone, shared = steps(one / "base"), steps(four / "base")
    assert alone.keys() == shared.keys()
    for figure in ("loss", "gradient_norm", "scored"):
        assert shared[1][figure] == pytest.approx(alone[1][figure], rel=1e-6), figure
    for step, row in alone.items():
        assert shared[step]["loss"] == pytest.approx(row["loss"], rel=1e-4), step
    nako.well("train", "mid", *WORDS, "--name", "four")  # what four processes saved, one goes on with


@pytest.mark.soak
def test_a_mistake_is_every_processs_and_one_line_says_what_it_is(tmp_path, nako):
    nako.well("tok", "train", *WORDS[:2], "--name", "four")
    said, ends = together("train", "base", *WORDS, "--name", "four", "--rows", "6", home=tmp_path)
    assert all(ends)
    assert "rows" in said[0] + said[1]
