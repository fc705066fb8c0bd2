import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nakochat.models import prepacked
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import Linear, NakoConfig
from nakochat.models.native import native
from nakochat.models.native_linear import NativeLinear
from nakochat.models.prepacked import PrepackedLinear, can_prepack, is_alike, prepack

pytestmark = pytest.mark.skipif(
    not can_prepack(torch.device("cpu")), reason="torch has no prepacked weights on this machine"
)
SHAPE = {"vocab_size": 320, "layers": 2, "width": 64, "heads": 4, "context": 32}
CONFIGS = {
    "nako": NakoConfig(**SHAPE),
    "llama": LlamaConfig(tied=True, **SHAPE),
    "llama, untied": LlamaConfig(tied=False, **SHAPE),
    "gpt2": GPT2Config(**SHAPE),
}


@pytest.fixture(autouse=True)
def without_a_compiler(request, monkeypatch):
    if "natively" not in request.fixturenames:
        monkeypatch.setattr(prepacked, "runs_natively", lambda weight, dtype: False)


@pytest.fixture
def natively():
    if native() is None:
        pytest.skip("needs a C compiler, and Linux")


def linear(outputs, inputs):
    made = nn.Linear(inputs, outputs)
    with torch.no_grad():
        made.weight.normal_(generator=torch.Generator().manual_seed(0))
    return made.requires_grad_(False)


def rows(count, width):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(1))


def model_of(config):
    model = build_model(config)
    model.initialise(1)
    return model.eval().requires_grad_(False)


def test_a_product_is_that_of_the_plain_weights():
    whole = linear(96, 48)
    x = rows(10, 48).view(2, 5, 48)
    for bias in (whole.bias, None):
        plain = F.linear(x, whole.weight, bias)
        torch.testing.assert_close(PrepackedLinear(whole.weight, bias)(x), plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("outputs", "inputs"), [(3, 12), (96, 48), (320, 333), (64, 4096), (1000, 192)])
def test_a_row_is_the_same_to_the_bit_in_any_company(outputs, inputs):
    packed = PrepackedLinear(linear(outputs, inputs).weight)
    if not is_alike(packed, inputs):
        pytest.skip("not of this torch on this CPU: the engine fills rows up to fours instead")
    x = rows(130, inputs)
    alone = torch.cat([packed(row[None]) for row in x])
    for first, count in [(0, 2), (3, 3), (7, 4), (20, 17), (1, 64), (60, 65), (0, 130)]:
        assert torch.equal(packed(x[first : first + count]), alone[first : first + count]), count


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_model_answers_as_before(kind):
    model = model_of(CONFIGS[kind])
    ids = torch.arange(24)[None]
    with torch.inference_mode():
        before = model(ids)
        assert prepack(model) is model  # made while gradients are off, too
        torch.testing.assert_close(model(ids), before, rtol=1e-4, atol=1e-4)
    left = [part.weight.shape for part in model.modules() if isinstance(part, nn.Linear)]
    assert not any(is_alike(PrepackedLinear(torch.randn(shape)), shape[1]) for shape in left)


@pytest.mark.parametrize("kind", CONFIGS)
def test_with_a_compiler_its_products_are_taken(kind, natively):
    model = model_of(CONFIGS[kind])
    ids = torch.arange(24)[None]
    with torch.inference_mode():
        before = model(ids)
        torch.testing.assert_close(prepack(model)(ids), before, rtol=1e-4, atol=1e-4)
    kinds = {
        type(part) for part in model.modules() if isinstance(getattr(part, "weight", None), torch.Tensor)
    }
    assert NativeLinear in kinds
    assert not {nn.Linear, Linear} & kinds


def test_what_is_not_alike_stays(monkeypatch):
    monkeypatch.setattr(prepacked, "is_alike", lambda packed, inputs: packed.weight.shape != (64, 64))
    model = prepack(model_of(CONFIGS["llama, untied"]))
    left = [part.weight.shape for part in model.modules() if isinstance(part, nn.Linear)]
    assert set(left) == {(64, 64)}


def test_a_row_that_differs_in_company_is_seen():
    class Plain(PrepackedLinear):
        def forward(self, x):
            return x.sum(dim=1, keepdim=True) + self.more * (len(x) > 5)

    linear_of_rows = Plain(linear(96, 48).weight)
    linear_of_rows.more = 0.0
    assert is_alike(linear_of_rows, 48)
    linear_of_rows.more = 1e-3
    assert not is_alike(linear_of_rows, 48)
