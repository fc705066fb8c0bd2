"""Two machines under torchrun, played by two agents on two addresses of loopback, with two processes each."""

import os
import socket
import subprocess
import sys

import pytest

from nakochat.core.run import read_metrics

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


def alone(*words: str, home) -> None:
    command = [sys.executable, "-m", "nakochat", *words]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def steps(folder) -> dict[int, dict]:
    return {row["step"]: row for row in read_metrics(folder) if row["kind"] == "step"}


def test_two_hosts_learn_as_one_process(tmp_path):
    for name in ("one", "four"):
        alone("tok", "train", *WORDS[:2], "--name", name, home=tmp_path)
    alone("train", "base", *WORDS, "--name", "one", home=tmp_path)
    said, ends = together("train", "base", *WORDS, "--name", "four", home=tmp_path)
    assert ends == [0, 0], said
    one, four = (steps(tmp_path / "runs" / name / "base") for name in ("one", "four"))
    assert one.keys() == four.keys()
    for figure in ("loss", "gradient_norm", "scored"):
        assert four[1][figure] == pytest.approx(one[1][figure], rel=1e-6), figure
    for step, row in one.items():
        assert four[step]["loss"] == pytest.approx(row["loss"], rel=1e-4), step
    # what four processes saved, one goes on with
    alone("train", "mid", *WORDS, "--name", "four", home=tmp_path)
    # a mistake is every process's, and one line says what it is
    said, ends = together("train", "base", *WORDS, "--name", "four", "--rows", "6", home=tmp_path)
    assert all(ends)
    assert "rows" in said[0] + said[1]
