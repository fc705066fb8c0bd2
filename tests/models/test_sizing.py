"""The dial -> held against the built model, torch's own counter of FLOPs, and the presets that it made."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nakochat.commands.presets import load_preset
from nakochat.core.errors import ConfigError
from nakochat.models.nako import Nako, NakoConfig
from nakochat.models.sizing import batch_of, config_of_depth, count, recipe, steps_of

# more than ten sizes: the dial's own from toy to d32, and shapes that it would not choose
SIZES = [
    *(config_of_depth(depth, vocab_size=v, context=t) for depth, v, t in
      ((1, 320, 32), (2, 1000, 64), (4, 3072, 256), (7, 4096, 128), (12, 32768, 2048), (20, 65536, 2048),
       (26, 65536, 2048), (32, 65536, 2048))),
    NakoConfig(vocab_size=3072, layers=5, width=192, heads=6, kv_heads=2, context=64),
    NakoConfig(vocab_size=320, layers=5, width=64, heads=4, context=48, window=10),
    NakoConfig(vocab_size=512, layers=3, width=8, heads=2, context=16, value_embedding_every=0),
]  # fmt: skip


def built(config: NakoConfig) -> Nako:
    """The model without room for its weights."""
    with torch.device("meta"):
        return Nako(config)


@pytest.mark.parametrize(
    ("depth", "width", "heads"),
    [(1, 64, 1), (4, 256, 4), (7, 448, 7), (8, 512, 4), (12, 768, 6), (13, 896, 7)],
)
def test_depth_alone_gives_a_shape_whose_parts_divide(depth, width, heads):
    config = config_of_depth(depth, vocab_size=4096, context=512)
    assert (config.layers, config.width, config.heads) == (depth, width, heads)
    assert config.width >= 64 * depth
    assert (config.vocab_size, config.context) == (4096, 512)


@pytest.mark.parametrize("config", SIZES, ids=lambda c: f"L{c.layers}-d{c.width}")
def test_the_parts_are_those_of_the_built_model(config):
    counts, groups = count(config), built(config).parameter_groups()
    sizes = {name: sum(p.numel() for p in parameters) for name, parameters in groups.items()}
    assert counts.embedding == sizes["embedding"]
    assert counts.value_embeddings == sizes["value_embeddings"]
    assert counts.head == sizes["head"]
    assert counts.body == sizes["matrices"] + sizes["gates"]
    assert counts.total == sum(sizes.values())
    assert counts.scaling == counts.body + counts.head


@pytest.mark.parametrize("config", SIZES, ids=lambda c: f"L{c.layers}-d{c.width}")
def test_flops_are_what_torch_counts(config):
    """Forward and backward of one row without content; torch's counter knows nothing of causality."""
    model = built(config)
    ids = torch.zeros(1, config.context, dtype=torch.int64, device="meta")
    with FlopCounterMode(display=False) as counter:
        model(ids).sum().backward()
    assert counter.get_total_flops() == config.context * count(config).documented_flops_per_token


def test_the_counts_of_the_documents_come_out():
    """nanochat's d20: 561M parameters, 11.2B tokens at 20 for each, 4e19 FLOPs."""
    config = config_of_depth(20, vocab_size=65536)
    counts = count(config)
    assert counts.documented == pytest.approx(561e6, rel=0.001)
    assert 20 * counts.documented * counts.documented_flops_per_token == pytest.approx(4e19, rel=0.03)


@pytest.mark.parametrize(("name", "ratio"), [("d12", 12.0), ("d20", 23.5), ("d26", 22.2), ("d32", 21.5)])
def test_the_presets_are_what_the_dial_says(name, ratio):
    tables = load_preset(name)
    base = tables["base"]
    vocab_size = tables["tokenizer"]["vocab_size"]
    found = recipe(config_of_depth(base["depth"], vocab_size=vocab_size, context=base["context"]), ratio)
    assert (found.steps, found.rows, found.warmup) == (base["steps"], base["rows"], base["warmup"])
    assert base.get("matrix_rate", 0.02) == pytest.approx(found.matrix_rate, rel=0.002)
    assert base["weight_decay"] == pytest.approx(found.weight_decay, rel=0.005)


def test_a_short_run_keeps_its_steps():
    assert batch_of(1e6) == 2**11
    assert 1e8 / batch_of(1e8) >= 500
    batches = [batch_of(10.0**power) for power in range(6, 13)]
    assert batches == sorted(batches)
    assert all(batch & (batch - 1) == 0 for batch in batches)


def test_tokens_for_each_parameter():
    config = config_of_depth(12, vocab_size=32768)
    assert recipe(config, 24).tokens == pytest.approx(2 * recipe(config, 12).tokens, rel=0.01)
    assert steps_of(config, 12, 256) == 2520
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="tokens-per-parameter"):
            recipe(config, wrong)


def test_windows_take_away_what_is_not_looked_at():
    """Layers 0, 1 and 2 of four see at most two positions: 1, 2, 2, 2 of four."""
    near, far = (
        count(NakoConfig(vocab_size=64, layers=4, width=8, heads=1, context=4, window=window))
        for window in (2, None)
    )
    assert far.flops_per_token - near.flops_per_token == 12 * 8 * 3 * (2.5 - 1.75)
