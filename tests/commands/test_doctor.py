import json

import pytest
import torch

from nakochat.commands import doctor
from nakochat.commands.doctor import main
from nakochat.core.machine import Machine


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(doctor, "matmul_tflops", lambda device, dtype: 1.5)


def looked(tmp_path, **options):
    main(device="cpu", json=tmp_path / "d.json", **options)
    return {row["name"]: row for row in json.loads((tmp_path / "d.json").read_text())["findings"]}


def test_everything_is_looked_at(tmp_path, capsys):
    found = looked(tmp_path, offline=True)
    assert set(found) - {"native"} == {  # where the CPU computes in float32
        *("system", "cpu", "memory", "torch", "device", "dtype", "compiler", "attention", "disk"),
        *("serving", "sandbox", "versions"),
    }
    assert torch.__version__ in found["torch"]["value"]
    said = capsys.readouterr().out
    assert all(row["value"] in said for row in found.values())


def test_whatever_is_lacking_has_its_cost_and_its_mend(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "missing_for_compiling", lambda device: "g++ (apt install g++)")
    monkeypatch.setattr(doctor, "free_memory_bytes", lambda: 10**9)
    monkeypatch.setattr(doctor, "free_disk_bytes", lambda folder: 10**8)
    monkeypatch.setattr(doctor, "reaches", lambda host: False)
    monkeypatch.setattr(doctor.sandbox, "missing", lambda: "Landlock (Linux >= 5.13)")
    monkeypatch.setattr(doctor, "usable_cores", lambda: 64)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    found = looked(tmp_path)
    lacking = {name for name, row in found.items() if row["state"] != "good"}
    assert {"compiler", "memory", "disk", "network", "cpu", "serving", "sandbox"} <= lacking
    assert all(found[name]["cost"] and found[name]["mend"] for name in lacking)
    said = capsys.readouterr().out
    assert "apt install g++" in said
    assert f"살펴볼 것이 {len(lacking)}개" in said


@pytest.mark.parametrize("there", [True, False])
def test_c_functions_are_looked_at_where_they_are_used(tmp_path, monkeypatch, there):
    monkeypatch.setattr(doctor, "native", lambda: object() if there else None)
    monkeypatch.setattr(doctor, "_wants_native", lambda machine: False)
    assert "native" not in looked(tmp_path, offline=True)
    monkeypatch.setattr(doctor, "_wants_native", lambda machine: True)
    found = looked(tmp_path, offline=True)["native"]
    assert (found["state"], bool(found["mend"])) == (("good", False) if there else ("slower", True))


def test_a_proxy_keeps_its_password(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "reaches", lambda host: False)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy:1")
    found = looked(tmp_path)["network"]
    assert found["state"] == "good"
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("there", "generation", "state", "mend"),
    [
        (["fused"], 8, "slower", "pip install 'torch>=2.11'"),
        (["fused", "varlen"], 8, "good", ""),
        (["fused", "varlen"], 9, "slower", "pip install --pre flash-attn-4"),
        (["fused", "varlen", "varlen FA3"], 9, "good", ""),
        (["fused", "varlen", "FA4"], 10, "good", ""),
    ],
)
def test_a_gpu_is_told_which_attention_it_lacks(monkeypatch, there, generation, state, mend):
    monkeypatch.setattr(doctor, "candidates", lambda device, dtype: there)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (generation, 0))
    found = doctor._attention(Machine(torch.device("cuda"), torch.bfloat16))
    assert (found.state, found.mend) == (state, mend)
    assert bool(found.cost) == (state == "slower")
