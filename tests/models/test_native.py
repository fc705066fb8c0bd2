"""The C functions of a CPU against torch's."""

import copy
import platform
import shutil

import pytest
import torch
import torch.nn.functional as F

from nakochat.core.compiler import c_compiler
from nakochat.models import native as native_module
from nakochat.models.alike import rms_norm
from nakochat.models.native import native, native_for
from nakochat.models.native_linear import NativeLinear
from nakochat.models.quantised import levels_of, narrowed, rounded


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """Built in a home of this module's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAKO_HOME", str(tmp_path_factory.mktemp("home")))
        native.cache_clear()
        found = native()
    if found is None:
        if c_compiler() and platform.system() == "Linux":
            pytest.fail("a compiler is there, but the functions are not")
        pytest.skip("needs a C compiler, and Linux")
    return found


@pytest.fixture(params=[1, 2, 3])
def threads(request, monkeypatch):
    """Also where there is little to do for them."""
    monkeypatch.setattr(native_module, "LEAST_WORK", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_what_was_built_is_kept_and_a_compiler_that_fails_is_said(tmp_path, monkeypatch, capsys, functions):
    built = native.__wrapped__
    monkeypatch.setenv("NAKO_HOME", str(tmp_path))
    assert built() is not None
    (kept,) = (tmp_path / "native").iterdir()
    before = kept.stat().st_mtime_ns
    assert built() is not None
    assert kept.stat().st_mtime_ns == before
    damaged = tmp_path / "third" / "native" / kept.name
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"of another system")
    monkeypatch.setenv("NAKO_HOME", str(tmp_path / "third"))
    assert built() is not None  # built anew
    assert damaged.stat().st_size > 10_000
    monkeypatch.setenv("NAKO_HOME", str(tmp_path / "other"))
    failing = tmp_path / "cc"
    for script in ("#!/bin/sh\necho 'error: 아니요' >&2\nexit 1\n", "#!/bin/sh\n", "no script"):
        failing.write_text(script, encoding="utf-8")
        failing.chmod(0o755)
        monkeypatch.setenv("CC", str(failing))
        assert built() is None
        said = capsys.readouterr().err
        assert "C 함수" in said
        assert ("아니요" in said) == ("아니요" in script)
    monkeypatch.setenv("CC", f"{shutil.which('gcc') or 'cc'} -g0")
    assert built() is not None
    monkeypatch.setenv("CC", "no-such-compiler")
    assert built() is None


def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch, functions):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAKO_HOME", str(tmp_path / "file" / "home"))
    assert native.__wrapped__() is not None


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def widened(quant, weight):
    """What the matrix is once it has so few bits."""
    if quant == "float32":
        return weight
    if quant == "bf16":
        return weight.bfloat16().float()
    if quant == "int8":
        levels, scales = rounded(weight)
        return levels * scales.float()[:, None]
    levels, scales, middles = levels_of(weight)
    groups = levels.unflatten(1, (-1, 32)) - 8
    return (groups * scales.float()[..., None] + middles.float()[..., None]).flatten(1)


@pytest.mark.parametrize("quant", ["float32", "bf16", "int8", "int4"])
@pytest.mark.parametrize(("outputs", "inputs"), [(32, 32), (64, 96), (224, 576)])
def test_a_product_is_torchs_and_a_row_the_same_in_any_company(functions, threads, quant, outputs, inputs):
    weight, bias = noise(outputs, inputs), noise(outputs, seed=1)
    x = noise(2, 15, inputs, seed=2)
    plain = quant == "float32"
    linear = NativeLinear(quant, weight, bias) if plain else narrowed(weight, bias, quant, torch.float32)
    assert isinstance(linear, NativeLinear)
    found = linear(x)
    whole = F.linear(x.double(), widened(quant, weight).double(), bias.double())
    assert found.shape == whole.shape
    torch.testing.assert_close(found.double(), whole, rtol=1e-5, atol=1e-4)
    rows = x.flatten(0, 1)
    for first, end in ((0, 1), (3, 5), (4, 9), (7, 30)):
        assert torch.equal(linear(rows[first:end]), found.flatten(0, 1)[first:end])


@pytest.mark.parametrize("window", [None, 7])
@pytest.mark.parametrize(("heads", "key_heads", "width"), [(4, 4, 8), (6, 2, 40), (3, 1, 64)])
def test_attention_is_torchs_and_a_token_sees_its_own_slot_alone(
    functions, threads, window, heads, key_heads, width
):
    keys, values = noise(5, key_heads, 50, width), noise(5, key_heads, 50, width, seed=1)
    keys[4] = float("nan")  # of somebody else
    slots, places = torch.tensor([3, 0, 2]), torch.tensor([0, 49, 21])
    q, k, v = (
        noise(3, number, width, seed=seed) for number, seed in ((heads, 2), (key_heads, 3), (key_heads, 4))
    )
    kept = keys.clone(), values.clone()
    for held, new in zip(kept, (k, v), strict=True):
        held[slots, :, places] = new
    where = {"scale": 0.3, "window": window}
    found = functions.attend(q, k, v, keys, values, slots, places, longest=50, **where)
    torch.testing.assert_close((keys, values), kept, rtol=0, atol=0, equal_nan=True)
    for row, (slot, place) in enumerate(zip(slots, places, strict=True)):
        first = 0 if window is None else max(0, int(place) - window + 1)
        seen = (held[slot, :, first : place + 1][None] for held in kept)
        expected = F.scaled_dot_product_attention(q[row][None, :, None], *seen, scale=0.3, enable_gqa=True)
        torch.testing.assert_close(found[row], expected[0, :, 0])
        alone = (tensor[row : row + 1] for tensor in (q, k, v))
        own = functions.attend(
            *alone, keys, values, slots[row : row + 1], places[row : row + 1], longest=50, **where
        )
        assert torch.equal(own[0], found[row])


@pytest.mark.parametrize("size", [8, 200])
def test_what_lies_between_products_is_torchs_and_a_row_the_same_in_any_company(functions, threads, size):
    x, other = 4 * noise(21, size), noise(21, size, seed=1)
    weight = noise(size, seed=2)
    heads, cos, sin = (
        noise(2, 3, 5, size, seed=3),
        noise(1, 3, 1, size // 2),
        noise(1, 3, 1, size // 2, seed=1),
    )
    ways = (
        (lambda at: functions.norm(x[at], None, 1e-5), F.rms_norm(x, (size,), eps=1e-5)),
        (lambda at: functions.norm(x[at], weight, 1e-5), F.rms_norm(x, (size,), weight, 1e-5)),
        (lambda at: functions.swiglu(x[at], other[at]), F.silu(x) * other),
        (lambda at: functions.rotate(heads[at], cos, sin), turned(heads, cos, sin)),
    )
    for ours, expected in ways:
        found = ours(slice(None))
        torch.testing.assert_close(found, expected, rtol=2e-6, atol=2e-6)
        for row in range(len(found)):
            assert torch.equal(ours(slice(row, row + 1))[0], found[row])


def test_only_plain_tensors_that_nothing_is_learnt_from_get_there(functions):
    x = noise(2, 8)
    assert native_for(x) is None  # gradients are on
    with torch.no_grad():
        assert native_for(x) is functions
        for other in (x.double(), x.bfloat16(), x[:, :7], x.to("meta")):
            assert native_for(other) is None
        whole = torch.compile(rms_norm, backend="eager", fullgraph=True)
        torch.testing.assert_close(whole(x), F.rms_norm(x, (8,)))


def test_rows_of_another_kind_are_refused_and_a_conversion_changes_nothing(functions):
    for kind in ("float32", "bf16"):
        weight = noise(32, 32).to(torch.bfloat16 if kind == "bf16" else torch.float32)
        layer = NativeLinear(kind, weight, None)
        with pytest.raises(TypeError, match="rows"):
            layer(noise(1, 32).double())
        with pytest.raises(TypeError, match="rows of 64 on"):
            layer(noise(1, 64))
        assert torch.equal(copy.deepcopy(layer).double()(noise(1, 32)), layer(noise(1, 32)))


def turned(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos + second * sin, second * cos - first * sin), dim=-1)


def test_the_exponential_is_right_at_its_ends_and_a_nan_stays(functions):
    x = torch.tensor([-1e3, -200.0, -87.5, -1e-3, 0.0, 50.0, 88.5, float("nan")])
    found, one = functions.swiglu(x, torch.ones(8)), F.silu(x)
    torch.testing.assert_close(found, one, rtol=2e-6, atol=1e-35, equal_nan=True)
    fine = torch.linspace(-80, 80, 8000)
    torch.testing.assert_close(
        functions.swiglu(fine, torch.ones(8000)).double(), F.silu(fine.double()), rtol=5e-7, atol=1e-37
    )
