from dataclasses import asdict
from types import SimpleNamespace

import pytest

from nakochat.commands import bench
from nakochat.core.errors import ConfigError, NakoError
from nakochat.core.files import read_json
from nakochat.models.kernels import FUSED
from tests.journeys.commands import Commands


@pytest.fixture
def measured(monkeypatch):
    """Every variant's options; its speed is how many were measured before it."""
    calls = []

    def measure(options, processes=1):
        calls.append(options)
        return {
            "tokens_per_second": 1000.0 * len(calls),
            "peak_memory_gb": 0.5,
            "share_of_matmul_ceiling": 0.4,
            "share_of_datasheet": None,
            "matmul_tflops": 0.5,
            "seconds": {"data": 0.0, "forward": 1.0, "backward": 2.0, "communication": 0.0, "optimizer": 1.0},
        }

    monkeypatch.setattr(bench, "_in_own_process", measure)
    return calls


def test_variants_come_in_turn_and_the_median_counts(measured, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "missing_for_compiling", lambda device: None)
    bench.train(bench.TrainBenchSettings(repeats=3, device="cpu", json=tmp_path / "out.json"))
    assert [options["compile"] for options in measured] == [True, True, False] * 3
    found = read_json(tmp_path / "out.json")["variants"]
    assert found["nakochat"]["all"] == [2000, 5000, 8000]
    assert found["nakochat"]["tokens_per_second"] == 5000
    assert found["nakochat"]["ratio_to_reference"] == 5000 / 4000


def test_without_a_compiler_the_rest_is_measured(measured, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "missing_for_compiling", lambda device: "g++ (apt install g++)")
    bench.train(bench.TrainBenchSettings(repeats=1, device="cpu", json=tmp_path / "out.json"))
    assert [options["compile"] for options in measured] == [False]
    (found,) = read_json(tmp_path / "out.json")["variants"].values()
    assert found["ratio_to_reference"] is None
    assert "apt install g++" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["repeats", "steps", "rows", "depth"])
def test_nothing_cannot_be_measured(measured, name):
    with pytest.raises(ConfigError, match=f"--{name}"):
        bench.train(bench.TrainBenchSettings(**{name: 0}))
    assert not measured


def test_where_the_time_goes_is_said(measured, monkeypatch, capsys):
    monkeypatch.setattr(bench, "missing_for_compiling", lambda device: None)
    bench.train(bench.TrainBenchSettings(repeats=1, device="cpu"))
    said = capsys.readouterr().out
    assert "뒤로 50%" in said
    assert "40.0%" in said
    assert "통신" not in said


@pytest.fixture
def in_a_fork(tmp_path, monkeypatch, fork_server):
    """A worker is a fork that has torch already."""
    commands = Commands(fork_server, tmp_path)
    monkeypatch.setattr(bench, "subprocess", SimpleNamespace(run=commands.python))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_worker_measures_real_steps(processes, in_a_fork):
    measures_real_steps(processes)


@pytest.mark.soak
@pytest.mark.parametrize("processes", [1, 2])
def test_a_worker_that_is_really_started_measures_real_steps(processes):
    measures_real_steps(processes)


def measures_real_steps(processes):
    found = bench._in_own_process(
        {
            **asdict(
                bench.TrainBench(depth=2, width=32, heads=2, context=32, vocab_size=128, rows=4, steps=2)
            ),
            **{"dtype": "float32", "compile": False, "fused": False, "allocator": False},
        },
        processes,
    )
    assert found["tokens_per_second"] > 0
    assert found["share_of_matmul_ceiling"] == found["model_tflops"] / found["matmul_tflops"]
    assert all(found["seconds"][name] > 0 for name in ("data", "forward", "backward", "optimizer"))
    assert found["machine"]["processes"] == processes
    assert found["attention"] == FUSED  # in float32


def test_a_worker_that_fails_is_said(in_a_fork):
    with pytest.raises(NakoError, match="--fp8"):
        bench._in_own_process(
            {**asdict(bench.TrainBench(fp8=True)), **bench.VARIANTS["nakochat without a compiler"]}
        )
