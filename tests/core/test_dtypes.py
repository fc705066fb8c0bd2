import pytest
import torch

from nakochat.core import dtypes
from nakochat.core.machine import open_machine


@pytest.mark.parametrize(
    ("bfloat16", "chosen"),
    [(0.5, torch.bfloat16), (0.79, torch.bfloat16), (0.9, torch.float32), (4.0, torch.float32)],
)
def test_bfloat16_is_for_cpus_that_are_faster_with_it(monkeypatch, bfloat16, chosen):
    monkeypatch.setattr(
        dtypes, "_matmul_seconds", lambda dtypes: {torch.float32: 1.0, torch.bfloat16: bfloat16}
    )
    assert open_machine("cpu", "auto", "no").dtype == chosen
    assert open_machine("cpu", "float32", "no").dtype == torch.float32
    assert open_machine("cpu", "bfloat16", "no").dtype == torch.bfloat16


def test_the_probe_measures_every_dtype():
    seconds = dtypes._matmul_seconds((torch.float32, torch.bfloat16))
    assert all(0 < value < 60 for value in seconds.values())
    assert len(seconds) == 2


def test_an_emulated_dtype_is_not_given_large_products(monkeypatch):
    sides = []

    def product(left, right):
        sides.append(len(left))
        clock[0] += 1.0 if left.dtype == torch.bfloat16 else 0.001

    clock = [0.0]
    monkeypatch.setattr(dtypes.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(dtypes.torch, "mm", product)
    seconds = dtypes._matmul_seconds((torch.float32, torch.bfloat16))
    assert seconds[torch.bfloat16] > seconds[torch.float32]
    assert set(sides) == {256}


def test_only_cpus_and_cuda_gpus_are_asked_for_float64():
    places = {name: dtypes.float64_device(torch.device(name)) for name in ("cpu", "cuda:1", "mps", "xpu")}
    assert {name: str(place) for name, place in places.items()} == {
        "cpu": "cpu",
        "cuda:1": "cuda:1",
        "mps": "cpu",
        "xpu": "cpu",
    }
