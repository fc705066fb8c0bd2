import dataclasses

import pytest

from nakochat.core.errors import ConfigError
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.nako import NakoConfig
from nakochat.models.sizing import count
from nakochat.training.shape import _OWN, ModelSettings, in_shape_of, model_config, shape_of


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
        {"positions": "sines"},
        {"model": "llama", "positions": "sines"},
        {"model": "gpt2", "rotary_base": 5e5},
        {"model": "llama", "value_embedding_every": 4},
        {"model": "gpt2", "value_embedding_every": 0},
    ],
)
def test_what_a_kind_does_not_have_is_refused(wrong):
    with pytest.raises(ConfigError, match="--model"):
        model_config(ModelSettings(**wrong), 300)


def test_values_that_make_no_sense_are_refused():
    for wrong in ({"dropout": 1.0}, {"dropout": -0.1}, {"depth": 0}, {"mlp_width": 0}):
        with pytest.raises(ConfigError):
            ModelSettings(**wrong)


def test_what_plain_leaves_out_is_not_asked_for_beside_it():
    for wrong in ({"window": 128}, {"value_embedding_every": 4}):
        with pytest.raises(ConfigError, match="--plain"):
            model_config(ModelSettings(plain=True, **wrong), 300)
    assert model_config(ModelSettings(plain=True, value_embedding_every=0), 300).plain


def test_every_setting_of_a_shape_is_known_to_be_of_all_kinds_or_of_some():
    """A new one has to be said where it does not go."""
    everywhere = {"model", "depth", "width", "heads", "context"}
    assert {field.name for field in dataclasses.fields(ModelSettings)} == everywhere | set(_OWN)


CONFIGS = [
    NakoConfig(vocab_size=300, layers=3, width=64, heads=4, kv_heads=2, context=32, window=8),
    LlamaConfig(vocab_size=300, layers=3, width=64, heads=4, mlp_width=96, rotary_base=5e5, tied=True),
    GPT2Config(vocab_size=300, layers=3, width=64, heads=4, positions="sines", dropout=0.1),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_settings_of_a_model_that_is_there_tell_its_shape(config):
    found = in_shape_of(ModelSettings(dropout=getattr(config, "dropout", 0.0)), config)
    made = model_config(found, 300)
    assert type(made) is type(config)
    assert (made.mlp if hasattr(made, "mlp") else None) == (config.mlp if hasattr(config, "mlp") else None)
    names = [name for name in shape_of(config) if name not in ("model", "depth", "kv_heads", "mlp_width")]
    assert [getattr(made, name) for name in names] == [getattr(config, name) for name in names]
    assert (made.layers, made.key_heads) == (config.layers, config.key_heads)
    assert in_shape_of(found, config) == found


def test_another_shape_than_that_of_the_weights_is_refused_by_its_flag():
    nako, llama, gpt2 = CONFIGS
    for config, wrong, flag in (
        (nako, {"depth": 12}, "--depth 12"),
        (nako, {"window": 16}, "--window 16"),
        (llama, {"model": "gpt2"}, "--model gpt2"),
        (llama, {"window": 16}, "--window 16"),
        (gpt2, {"context": 64}, "--context 64"),
        (llama, {"dropout": 0.1}, "--dropout 0.1"),
    ):
        with pytest.raises(ConfigError, match=f"{flag}.*--from"):
            in_shape_of(ModelSettings(**wrong), config)
    assert in_shape_of(ModelSettings(depth=3, width=64), nako).depth == 3
    assert in_shape_of(ModelSettings(dropout=0.3), gpt2).dropout == 0.3
