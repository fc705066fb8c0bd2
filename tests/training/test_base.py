import dataclasses

import pytest
import torch

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.paths import run_folder
from nakochat.models.checkpoint import Checkpoint, newest_checkpoint, save_checkpoint
from nakochat.models.gpt2 import GPT2, GPT2Config
from nakochat.models.sizing import count
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.base import _with_dropout, settled
from nakochat.training.settings import BaseSettings
from nakochat.training.shape import model_config


def test_tokens_per_parameter_decide_the_steps():
    Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요."] * 3, 300).save(run_folder("run") / "tokenizer")
    asked = BaseSettings(name="run", depth=2, context=32, rows=8, tokens_per_parameter=20)
    found = settled(asked)
    tokens = found.steps * found.rows * found.context
    parameters = count(
        model_config(found, Tokenizer.load(run_folder("run") / "tokenizer").vocab_size)
    ).scaling
    assert tokens / parameters == pytest.approx(20, rel=0.001)
    assert settled(found) == found  # a resume says the same
    assert settled(BaseSettings(steps=7)).steps == 7


def test_what_cannot_be_counted_is_refused():
    for wrong in (0.0, -2.0, float("nan")):
        with pytest.raises(ConfigError, match="tokens-per-parameter"):
            BaseSettings(tokens_per_parameter=wrong)
    with pytest.raises(DataError, match="tokenizer"):
        settled(BaseSettings(name="none", tokens_per_parameter=20))


@pytest.fixture
def small_gpt2():
    """A run that holds a model of another shape than the settings' defaults."""
    folder = run_folder("small")
    model = GPT2(GPT2Config(vocab_size=300, layers=2, width=32, heads=2, context=16))
    model.initialise(0)
    state = {"step": 0, "steps": 0, "dtype": "float32", "compiled": False}
    save_checkpoint(folder / "base" / "checkpoints", model=model, tokenizer_hash="hash", state=state)
    return model.config


def test_what_goes_on_from_a_model_is_recorded_in_its_shape(small_gpt2):
    found = settled(BaseSettings(name="mine", from_="small", dropout=0.1))
    assert (found.model, found.depth, found.width, found.heads, found.context) == ("gpt2", 2, 32, 2, 16)
    assert found.dropout == 0.1
    with pytest.raises(ConfigError, match="--depth 12"):
        settled(BaseSettings(name="mine", from_="small", depth=12))


def test_tokens_per_parameter_count_the_model_that_is_there(small_gpt2):
    found = settled(BaseSettings(name="mine", from_="small", rows=8, tokens_per_parameter=20))
    tokens = found.steps * found.rows * 16
    assert tokens / count(small_gpt2).scaling == pytest.approx(20, rel=0.01)


def test_a_run_of_its_own_goes_on_when_the_one_that_it_began_with_is_gone(small_gpt2):
    (run_folder("mine") / "base").mkdir(parents=True)
    (run_folder("small") / "base" / "checkpoints").rename(run_folder("mine") / "base" / "checkpoints")
    assert settled(BaseSettings(name="mine", from_="small")).depth == 2


def test_the_dropout_of_the_settings_is_the_model_s(small_gpt2):
    checkpoint = newest_checkpoint(run_folder("small") / "base" / "checkpoints")
    model = _with_dropout(checkpoint, 0.25).model(torch.float32, torch.device("cpu"))
    assert model.config == dataclasses.replace(small_gpt2, dropout=0.25)
    assert model.layers[0].dropout == 0.25
    llama = Checkpoint(
        checkpoint.folder,
        {"model": "llama", "config": {"vocab_size": 9, "layers": 1, "width": 8, "heads": 1}},
        {},
    )
    assert _with_dropout(llama, 0.0) is llama
