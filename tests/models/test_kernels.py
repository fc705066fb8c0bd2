import pytest
import torch

from nakochat.models import kernels
from nakochat.models.kernels import FUSED, VARLEN, Shape, candidates, choose_kernel, switch_on

CPU = torch.device("cpu")
SHAPE = Shape(rows=2, length=32, heads=4, key_heads=2, head_width=16, window=8)


def test_without_a_gpu_there_is_only_torchs_own():
    assert candidates(CPU, torch.bfloat16) == [FUSED]
    assert choose_kernel(CPU, torch.float32, SHAPE) == FUSED
    assert not switch_on(FUSED)
    assert switch_on(VARLEN)


def attend_as(**wrong):
    """A kernel in place of the GPU's: right, or wrong in one thing."""
    from nakochat.models.attention import attend_materialised, causal_bias

    def attend(q, k, v, starts, window, scale):
        if wrong.get("missing"):
            raise RuntimeError("no kernel image is available")
        flat = torch.zeros(q.shape[0] * q.shape[1], dtype=torch.int64)
        flat[starts[1:-1].long()] = 1
        documents = flat.cumsum(0).view(q.shape[:2])
        if wrong.get("documents"):
            documents = torch.zeros_like(documents)
        made = attend_materialised(q, k, v, causal_bias(documents, q.dtype, window), scale)
        return made.detach() + (q * 0) if wrong.get("gradients") else made

    return attend


@pytest.mark.parametrize("wrong", [None, "missing", "documents", "gradients"])
def test_a_kernel_that_is_wrong_may_not_compete(monkeypatch, wrong):
    monkeypatch.setattr(kernels, "candidates", lambda device, dtype: [FUSED, VARLEN])
    monkeypatch.setattr(kernels, "attend_varlen", attend_as(**({wrong: True} if wrong else {})))
    monkeypatch.setattr(kernels, "_seconds", lambda name, *_: 1.0 if name == VARLEN else 2.0)
    assert choose_kernel(CPU, torch.bfloat16, SHAPE) == (FUSED if wrong else VARLEN)


def test_the_fastest_of_the_right_ones_wins(monkeypatch):
    monkeypatch.setattr(kernels, "candidates", lambda device, dtype: [FUSED, VARLEN])
    monkeypatch.setattr(kernels, "attend_varlen", attend_as())
    monkeypatch.setattr(kernels, "_seconds", lambda name, *_: 3.0 if name == VARLEN else 2.0)
    assert choose_kernel(CPU, torch.float32, SHAPE) == FUSED


def test_a_race_is_run():
    assert 0 < kernels._seconds(FUSED, CPU, torch.float32, SHAPE) < 60


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_every_kernel_of_this_gpu_is_right():
    device = torch.device("cuda")
    for name in candidates(device, torch.bfloat16):
        assert kernels._is_right(name, device, torch.bfloat16, SHAPE), name
