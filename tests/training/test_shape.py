import pytest

from nakochat.core.errors import ConfigError
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.nako import NakoConfig
from nakochat.models.sizing import count
from nakochat.training.shape import ModelSettings, model_config


@pytest.mark.parametrize(
    ("kind", "config"), [("nako", NakoConfig), ("llama", LlamaConfig), ("gpt2", GPT2Config)]
)
def test_the_dial_turns_every_kind_alike(kind, config):
    found = model_config(ModelSettings(model=kind, depth=12), 32768)
    assert isinstance(found, config)
    assert (found.layers, found.width, found.heads, found.context) == (12, 768, 6, 2048)


def test_what_is_set_is_what_comes():
    gpt2 = ModelSettings(
        model="gpt2", depth=12, width=768, heads=12, mlp_width=3072, positions="sines", dropout=0.1
    )
    found = model_config(gpt2, 32000)
    assert found == GPT2Config(
        vocab_size=32000,
        layers=12,
        width=768,
        heads=12,
        mlp_width=3072,
        context=2048,
        positions="sines",
        dropout=0.1,
        tied=True,
    )
    assert count(found).total == 109_632_000  # what presets/sllm-default.toml says of it
    assert count(model_config(ModelSettings(model="llama", tied=True), 300)).head == 0


def test_plain_leaves_out_what_only_nako_has():
    found = model_config(ModelSettings(plain=True, value_embedding_every=2), 300)
    assert (found.plain, found.value_embedding_every, found.window) == (True, 0, None)
    with pytest.raises(ConfigError, match="plain"):
        NakoConfig(vocab_size=300, layers=2, width=64, heads=1, plain=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "gpt2", "plain": True},
        {"model": "gpt2", "kv_heads": 1},
        {"model": "llama", "dropout": 0.1},
        {"model": "llama", "window": 8},
        {"mlp_width": 64},
        {"tied": True},
    ],
)
def test_what_a_kind_does_not_have_is_refused(wrong):
    with pytest.raises(ConfigError, match="--model"):
        model_config(ModelSettings(**wrong), 300)


def test_values_that_make_no_sense_are_refused():
    for wrong in ({"dropout": 1.0}, {"dropout": -0.1}, {"depth": 0}, {"mlp_width": 0}):
        with pytest.raises(ConfigError):
            ModelSettings(**wrong)
