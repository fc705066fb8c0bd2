import pytest
import torch

from nakochat.models.nako import Nako
from nakochat.models.sizing import config_of_depth, count


@pytest.mark.parametrize(
    ("depth", "width", "heads"),
    [(1, 64, 1), (4, 256, 4), (7, 448, 7), (8, 512, 4), (12, 768, 6), (13, 896, 7)],
)
def test_depth_alone_gives_a_shape_whose_parts_divide(depth, width, heads):
    config = config_of_depth(depth, vocab_size=4096, context=512)
    assert (config.layers, config.width, config.heads) == (depth, width, heads)
    assert config.width >= 64 * depth
    assert (config.vocab_size, config.context) == (4096, 512)


def test_the_parts_are_those_of_the_built_model():
    config = config_of_depth(3, vocab_size=300, context=32)
    counts, groups = count(config), Nako(config).parameter_groups()
    sizes = {name: sum(p.numel() for p in parameters) for name, parameters in groups.items()}
    assert counts.embedding == sizes["embedding"]
    assert counts.value_embeddings == sizes["value_embeddings"]
    assert counts.head == sizes["head"]
    assert counts.scaling == counts.body + counts.head


def test_flops_are_what_torch_counts_in_the_matrices():
    """Forward and backward of one row, against torch's own counter (which knows nothing of causality)."""
    from torch.utils.flop_counter import FlopCounterMode

    config = config_of_depth(2, vocab_size=320, context=64)
    model = Nako(config)
    ids = torch.zeros(1, 64, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        model(ids).sum().backward()
    whole_attention = count(config).flops_per_token + 12 * config.width * config.layers * (64 - 65 / 2)
    assert counter.get_total_flops() / 64 == pytest.approx(whole_attention, rel=0.03)
