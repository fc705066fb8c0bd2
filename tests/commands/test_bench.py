import pytest

from nakochat.commands import bench
from nakochat.core.errors import ConfigError
from nakochat.core.files import read_json


@pytest.fixture
def measured(monkeypatch):
    """Every variant's options; its speed is how many were measured before it."""
    calls = []

    def measure(options):
        calls.append(options)
        return {"tokens_per_second": 1000.0 * len(calls), "peak_memory_gb": 0.5}

    monkeypatch.setattr(bench, "_in_own_process", measure)
    return calls


def test_variants_come_in_turn_and_the_median_counts(measured, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "missing_for_compiling", lambda device: None)
    bench.train(repeats=3, json=tmp_path / "out.json")
    assert [options["compile"] for options in measured] == [True, True, False] * 3
    found = read_json(tmp_path / "out.json")["variants"]
    assert found["nakochat"]["all"] == [2000, 5000, 8000]
    assert found["nakochat"]["tokens_per_second"] == 5000
    assert found["nakochat"]["ratio_to_reference"] == 5000 / 4000


def test_without_a_compiler_the_rest_is_measured(measured, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "missing_for_compiling", lambda device: "g++ (apt install g++)")
    bench.train(repeats=1, json=tmp_path / "out.json")
    assert [options["compile"] for options in measured] == [False]
    (found,) = read_json(tmp_path / "out.json")["variants"].values()
    assert found["ratio_to_reference"] is None
    assert "apt install g++" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["repeats", "steps", "rows", "depth"])
def test_nothing_cannot_be_measured(measured, name):
    with pytest.raises(ConfigError, match=f"--{name}"):
        bench.train(**{name: 0})
    assert not measured


def test_generation_needs_something_to_generate():
    for options in ({"repeats": 0}, {"tokens": 0}, {"streams": (1, 0)}):
        with pytest.raises(ConfigError, match=f"--{next(iter(options))}"):
            bench.infer("run", **options)
