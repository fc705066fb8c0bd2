import importlib
import sys
from types import ModuleType

import pytest
import torch

from nakochat.data.batches import document_starts
from nakochat.models import flash4
from nakochat.models.attention import attend_flash4, attend_materialised, causal_bias

DOCUMENTS = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 2, -1]])


def documents_of(q, k, told):
    """Each document's places, and its softmax (H, t, t)."""
    starts = told["cu_seqlens_q"]
    assert told["causal"]
    assert starts.dtype == torch.int32
    assert starts.tolist() == told["cu_seqlens_k"].tolist()
    assert int(starts.diff().max()) <= told["max_seqlen_q"] == told["max_seqlen_k"]
    left = told["window_size_left"]
    assert told["window_size_right"] == (None if left is None else 0)
    k = k.repeat_interleave(q.shape[1] // k.shape[1], dim=1)
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        together = torch.zeros(1, last - first, dtype=torch.int64)
        bias = causal_bias(together, torch.float32, None if left is None else left + 1)
        scores = torch.einsum("thc,shc->hts", q[first:last], k[first:last]) * told["softmax_scale"]
        yield slice(first, last), torch.softmax(scores + bias, dim=-1)


def forward(q, k, v, *, return_lse, **told):
    """What the package computes on a GPU."""
    assert return_lse
    wide = v.repeat_interleave(q.shape[1] // v.shape[1], dim=1)
    out = torch.cat(
        [torch.einsum("hts,shc->thc", share, wide[here]) for here, share in documents_of(q, k, told)]
    )
    sums = torch.arange(q.shape[0] * q.shape[1], dtype=torch.float32).view(q.shape[1], q.shape[0])
    return out, sums, None, None, None


def backward(q, k, v, out, gradient, sums, **told):
    """Its gradients, by hand: within an operator nothing records them."""
    assert sums[0, :2].tolist() == [0.0, 1.0]
    assert gradient.is_contiguous()
    assert torch.allclose(out, forward(q, k, v, return_lse=True, **told)[0])
    groups = q.shape[1] // k.shape[1]
    wide_k, wide_v = (x.repeat_interleave(groups, dim=1) for x in (k, v))
    of_q, of_k, of_v = torch.empty_like(q), torch.empty_like(q), torch.empty_like(q)
    for here, share in documents_of(q, k, told):
        of_v[here] = torch.einsum("hts,thc->shc", share, gradient[here])
        of_share = torch.einsum("thc,shc->hts", gradient[here], wide_v[here])
        of_scores = share * (of_share - (of_share * share).sum(-1, keepdim=True)) * told["softmax_scale"]
        of_q[here] = torch.einsum("hts,shc->thc", of_scores, wide_k[here])
        of_k[here] = torch.einsum("hts,thc->shc", of_scores, q[here])
    of_k, of_v = (x.unflatten(1, (-1, groups)).sum(2) for x in (of_k, of_v))
    return of_q, of_k, of_v, None


@pytest.fixture
def package(monkeypatch):
    """A flash_attn.cute that computes on a CPU."""
    interface = ModuleType("flash_attn.cute.interface")
    interface._flash_attn_fwd, interface._flash_attn_bwd = forward, backward
    cute, whole = ModuleType("flash_attn.cute"), ModuleType("flash_attn")
    whole.cute, cute.interface = cute, interface
    for module in (whole, cute, interface):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def tensors(kv_heads):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(2, 7, heads, 8, generator=generator).requires_grad_() for heads in (4, kv_heads, kv_heads)
    ]


@pytest.mark.parametrize("window", [None, 1, 3])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_it_is_attention_within_documents_forwards_and_backwards(package, window, kv_heads):
    ours, plain = tensors(kv_heads), tensors(kv_heads)
    found = attend_flash4(*ours, document_starts(DOCUMENTS), window, 0.3)
    expected = attend_materialised(*plain, causal_bias(DOCUMENTS, torch.float32, window), 0.3)
    assert torch.allclose(found, expected, atol=1e-5)
    for made in (found, expected):
        made.square().sum().backward()
    for a, b in zip(ours, plain, strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-5)


def test_a_compiler_sees_the_shapes_that_come(package):
    q, k, v = (x.detach().flatten(0, 1) for x in tensors(2))
    rest = (document_starts(DOCUMENTS), 7, None, 0.3)
    torch.library.opcheck(flash4.flash4, (q, k, v, *rest))
    out, sums = flash4.flash4(q, k, v, *rest)
    torch.library.opcheck(flash4.flash4_backward, (torch.ones_like(out), q, k, v, out, sums, *rest))


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # dynamo does it
def test_a_compiler_sees_its_gradients(package):
    ours, plain = tensors(2), tensors(2)
    whole = torch.compile(attend_flash4, backend="aot_eager", fullgraph=True)
    for attend, inputs in ((whole, ours), (attend_flash4, plain)):
        attend(*inputs, document_starts(DOCUMENTS), 3, 0.3).square().sum().backward()
    for a, b in zip(ours, plain, strict=True):
        assert torch.allclose(a.grad, b.grad)


def test_a_package_of_the_same_name_is_not_it(package, monkeypatch, tmp_path):
    for name in ("flash_attn", "flash_attn.cute", "flash_attn.cute.interface"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])  # wherever it may be installed
    assert not flash4.is_installed()
    (tmp_path / "flash_attn").mkdir()
    (tmp_path / "flash_attn" / "__init__.py").write_text("raise ImportError('undefined symbol')")
    importlib.invalidate_caches()
    assert not flash4.is_installed()
    (tmp_path / "flash_attn" / "__init__.py").write_text("")
    monkeypatch.delitem(sys.modules, "flash_attn", raising=False)
    (tmp_path / "flash_attn" / "cute").mkdir()
    (tmp_path / "flash_attn" / "cute" / "__init__.py").write_text("")
    assert flash4.is_installed()
