import pytest

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.paths import run_folder
from nakochat.models.sizing import count
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.base import settled
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
