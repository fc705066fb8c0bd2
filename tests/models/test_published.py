import pytest
import torch

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model, config_from, kind_of
from nakochat.models.sizing import count
from nakochat.training.optimizer import ADAM_RATES

LLAMA = LlamaConfig(vocab_size=100, layers=2, width=32, heads=4, kv_heads=2, mlp_width=48, context=16)
SHAPES = {
    "llama": LLAMA,
    "qwen3": LlamaConfig(
        vocab_size=70,
        layers=2,
        width=24,
        heads=4,
        kv_heads=1,
        head_size=8,
        context=16,
        qk_norm=True,
        tied=True,
    ),
    "gpt2": GPT2Config(vocab_size=100, layers=2, width=32, heads=4, context=16),
    "sines": GPT2Config(
        vocab_size=64, layers=2, width=24, heads=2, context=16, positions="sines", tied=False
    ),
}


def model(name):
    built = build_model(SHAPES[name])
    built.initialise(0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # outputs that begin at zero, or hardly above it, would hide what attention does
        for parameter in built.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return built.eval()


def ids_for(name, rows, length=16):
    generator = torch.Generator().manual_seed(2)
    return torch.randint(0, SHAPES[name].vocab_size, (rows, length), generator=generator)


@pytest.mark.parametrize("name", SHAPES)
def test_no_position_sees_what_comes_after_it(name):
    built, ids = model(name), ids_for(name, 2)
    before = built(ids)
    assert before.shape == (2, 16, SHAPES[name].padded_vocab)
    ids[:, 10:] = (ids[:, 10:] + 1) % SHAPES[name].vocab_size
    after = built(ids)
    assert torch.equal(before[:, :10], after[:, :10])
    assert not torch.allclose(before[:, 10:], after[:, 10:], atol=1e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_packed_documents_are_read_as_if_alone(name):
    built, ids = model(name), ids_for(name, 1)
    documents = torch.tensor([[0] * 6 + [1] * 7 + [2] * 3])
    packed = built(ids, documents=documents)
    assert torch.allclose(packed[:, 6:13], built(ids[:, 6:13]), atol=1e-4)
    assert torch.allclose(packed[:, 13:], built(ids[:, 13:]), atol=1e-4)
    assert not torch.allclose(packed[:, 6:], built(ids)[:, 6:], atol=1e-2)


@pytest.mark.parametrize("name", SHAPES)
def test_what_training_computes_is_what_is_computed_without_gradients(name):
    """Other formulas and kernels serve the two."""
    built, ids = model(name), ids_for(name, 2)
    documents = torch.tensor([[0] * 6 + [1] * 10, [0] * 16])
    learnt = built(ids, documents=documents)
    assert learnt.requires_grad
    with torch.no_grad():
        assert torch.allclose(built(ids, documents=documents), learnt, atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_rows_of_different_length_share_a_cache(name):
    built, ids = model(name), ids_for(name, 2)
    lengths = torch.tensor([5, 9])
    cache = built.new_cache(2, 16)
    built(ids[:, :9], cache)
    cache.advance(lengths)
    following = built(ids[:, 11:13], cache)
    for row, length in enumerate(lengths.tolist()):
        alone = built(torch.cat([ids[row, :length], ids[row, 11:13]])[None])[0, -2:]
        assert torch.allclose(following[row], alone, atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_every_parameter_is_in_one_group(name):
    built = model(name)
    groups = built.parameter_groups()
    grouped = [id(parameter) for group in groups.values() for parameter in group]
    assert sorted(grouped) == sorted(id(parameter) for parameter in built.parameters())
    assert all(parameter.dim() == 2 for parameter in groups["matrices"])
    assert all(len(parameter) == SHAPES[name].padded_vocab for parameter in groups["head"])
    assert groups.keys() - {"matrices"} <= ADAM_RATES.keys()


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_seed_gives_the_same_weights_and_a_loss_that_is_a_guess(name):
    first, second, other = (build_model(SHAPES[name]) for _ in range(3))
    for built, seed in ((first, 3), (second, 3), (other, 4)):
        built.initialise(seed)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.embedding.weight, other.embedding.weight)
    ids = ids_for(name, 4)
    logits = first.eval()(ids)[:, :-1].flatten(0, 1)
    loss = torch.nn.functional.cross_entropy(logits, ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(torch.tensor(float(SHAPES[name].padded_vocab)).log().item(), abs=0.3)


@pytest.mark.parametrize("name", SHAPES)
def test_recomputing_gives_the_same_gradients(name):
    found = []
    for recompute in (False, True):
        built = model(name).train()
        built.recompute = recompute
        built(ids_for(name, 2)).square().mean().backward()
        found.append([parameter.grad for parameter in built.parameters()])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*found, strict=True))


def test_dropout_acts_in_training_only():
    config = GPT2Config(vocab_size=100, layers=2, width=32, heads=4, context=16, dropout=0.5)
    built, ids = build_model(config), ids_for("gpt2", 1)
    built.initialise(0)
    assert not torch.equal(built.train()(ids), built(ids))
    assert torch.equal(built.eval()(ids), built(ids))


@pytest.mark.parametrize("name", SHAPES)
def test_a_checkpoint_names_the_kind_and_its_json_brings_the_shape_back(name):
    import dataclasses
    import json

    built = model(name)
    values = json.loads(json.dumps(dataclasses.asdict(built.config)))
    assert config_from(kind_of(built.config), values) == SHAPES[name]


def test_an_unknown_kind_is_refused():
    with pytest.raises(CheckpointError, match="mamba"):
        config_from("mamba", {})


def test_flops_are_six_for_every_weight_that_is_multiplied_and_attention_on_top():
    for config in SHAPES.values():
        built = build_model(config)
        groups = built.parameter_groups()
        multiplied = sum(p.numel() for p in groups["matrices"]) + built.head.weight.numel()
        assert count(config).total == sum(p.numel() for p in built.parameters())
        attention = count(config).flops_per_token - 6 * multiplied
        inner = config.heads * config.head_width
        assert attention == pytest.approx(12 * inner * config.layers * (config.context + 1) / 2, abs=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 0},
        {"kv_heads": 3},
        {"kv_heads": 0},
        {"head_size": 7},
        {"layers": 0},
        {"context": 2**30},
        {"mlp_width": 0},
        {"vocab_size": -1},
    ],
)
def test_sizes_that_cannot_be_are_refused(wrong):
    with pytest.raises(ConfigError):
        LlamaConfig(**{"vocab_size": 64, "layers": 2, "width": 32, "heads": 4, **wrong})


@pytest.mark.parametrize("wrong", [{"heads": 5}, {"positions": "none"}, {"dropout": 1.0}, {"context": 0}])
def test_a_gpt2_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigError):
        GPT2Config(**{"vocab_size": 64, "layers": 2, "width": 32, "heads": 4, **wrong})
