import pytest
import torch

from nakochat.core.errors import ConfigError
from nakochat.models.nako import Nako, NakoConfig
from nakochat.models.sizing import config_of_depth, count

SHAPES = [
    NakoConfig(vocab_size=100, layers=2, width=32, heads=2, context=16),
    NakoConfig(vocab_size=300, layers=3, width=48, heads=4, kv_heads=2, context=32, value_embedding_every=0),
    NakoConfig(vocab_size=64, layers=4, width=64, heads=4, kv_heads=1, context=8),
    config_of_depth(1, vocab_size=1000, context=64),
    config_of_depth(2, vocab_size=513, context=64),
]


def model(config: NakoConfig = SHAPES[0]) -> Nako:
    built = Nako(config)
    built.initialise(0)
    with torch.no_grad():  # zero-initialised outputs would hide what attention does
        for layer in built.layers:
            layer.out.weight.normal_(0, 0.1)
            layer.down.weight.normal_(0, 0.1)
        built.head.weight.normal_(0, 0.3)
    return built.eval()


@pytest.mark.parametrize("config", SHAPES)
def test_counts_are_those_of_the_built_model(config):
    built = Nako(config)
    assert count(config).total == sum(p.numel() for p in built.parameters())
    grouped = sum(p.numel() for group in built.parameter_groups().values() for p in group)
    assert grouped == count(config).total


def test_no_position_sees_what_comes_after_it():
    built, ids = model(), torch.randint(0, 100, (2, 16))
    before = built(ids)
    ids[:, 10:] = torch.randint(0, 100, (2, 6))
    after = built(ids)
    assert torch.equal(before[:, :10], after[:, :10])
    assert not torch.equal(before[:, 10:], after[:, 10:])


def test_packed_documents_do_not_see_each_other():
    built, ids = model(), torch.randint(0, 100, (1, 16))
    documents = torch.tensor([[0] * 6 + [1] * 10])
    packed = built(ids, documents=documents)
    assert torch.allclose(packed[:, 6:], built(ids[:, 6:]), atol=1e-5)
    assert not torch.allclose(built(ids)[:, 6:], packed[:, 6:], atol=1e-3)


@pytest.mark.parametrize("config", SHAPES[:3])
def test_cached_generation_equals_one_whole_forward(config):
    built = model(config)
    length = config.context
    ids = torch.randint(0, config.vocab_size, (3, length))
    whole = built(ids)
    cache = built.new_cache(3, length)
    first = built(ids[:, : length // 2], cache)
    cache.advance(torch.full((3,), length // 2))
    rest = []
    for position in range(length // 2, length):
        rest.append(built(ids[:, position : position + 1], cache))
        cache.advance(torch.ones(3, dtype=torch.int64))
    assert torch.allclose(torch.cat([first, *rest], dim=1), whole, atol=1e-4)


def test_rows_of_different_length_share_a_cache():
    built, ids = model(), torch.randint(0, 100, (2, 12))
    lengths = torch.tensor([5, 9])
    cache = built.new_cache(2, 16)
    built(ids[:, :9], cache)
    cache.advance(lengths)
    following = built(ids[:, 11:], cache)
    for row, length in enumerate(lengths.tolist()):
        alone = built(torch.cat([ids[row, :length], ids[row, 11:]])[None])[0, -1]
        assert torch.allclose(following[row, 0], alone, atol=1e-4)


def test_a_shape_that_does_not_divide_is_refused():
    with pytest.raises(ConfigError):
        NakoConfig(vocab_size=10, layers=1, width=30, heads=4)


@pytest.mark.parametrize("name", ["vocab_size", "layers", "width", "heads", "kv_heads", "context"])
def test_a_size_of_nothing_is_refused(name):
    with pytest.raises(ConfigError):
        NakoConfig(**{"vocab_size": 64, "layers": 2, "width": 32, "heads": 2, "context": 16, name: 0})


def test_a_window_hides_what_is_far_in_three_of_four_layers():
    config = NakoConfig(vocab_size=64, layers=5, width=32, heads=2, context=16, window=4)
    assert [config.window_of(layer) for layer in range(5)] == [None, 4, 4, 4, None]
    assert config.positions_seen(4) == 8.5
    assert config.positions_seen(1) == (1 + 2 + 3 + 13 * 4) / 16
    near = Nako(NakoConfig(vocab_size=64, layers=1, width=32, heads=2, context=16, window=4))
    assert near.config.window_of(0) is None  # the last layer looks everywhere


def test_with_a_window_generation_is_what_training_saw():
    model = Nako(NakoConfig(vocab_size=64, layers=4, width=32, heads=2, context=16, window=3))
    model.initialise(0)
    with torch.no_grad():
        for layer in model.blocks():
            layer.out.weight.normal_(0, 0.2, generator=torch.Generator().manual_seed(1))
        model.head.weight.normal_(0, 0.2, generator=torch.Generator().manual_seed(2))
    ids = torch.randint(0, 64, (1, 12), generator=torch.Generator().manual_seed(3))
    whole = model(ids)
    cache = model.new_cache(1, 16)
    steps = []
    for at in range(12):
        steps.append(model(ids[:, at : at + 1], cache))
        cache.advance(torch.tensor([1]))
    assert torch.allclose(torch.cat(steps, dim=1), whole, atol=1e-4)
    unlimited = Nako(NakoConfig(vocab_size=64, layers=4, width=32, heads=2, context=16))
    unlimited.load_state_dict(model.state_dict())
    assert torch.allclose(unlimited(ids)[:, :3], whole[:, :3], atol=1e-5)
    assert not torch.allclose(unlimited(ids), whole, atol=1e-2)


def test_recomputing_changes_memory_and_nothing_else():
    model = Nako(NakoConfig(vocab_size=64, layers=3, width=32, heads=2, context=16))
    model.initialise(0)
    ids = torch.randint(0, 64, (2, 16), generator=torch.Generator().manual_seed(3))
    kept, gradients = [], []
    for recompute in (False, True):
        model.recompute = recompute
        model.zero_grad()
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda x, s=sizes: s.append(x.numel()) or x, lambda x: x
        ):
            loss = model(ids).float().square().sum()
        loss.backward()
        kept.append(sum(sizes))
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    assert kept[1] < 0.7 * kept[0]
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
