"""A tiny random engine, and one whose next tokens a test writes down."""

from collections.abc import Callable, Sequence

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    texts = ["안녕하세요. 37+45는 82예요. 무궁화 꽃이 피었어요. user assistant system"] * 4
    return Tokenizer.train(texts, 330)


@pytest.fixture(scope="session")
def model(tokenizer: Tokenizer) -> Nako:
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=32, heads=2, context=128))
    model.initialise(1)
    return model


@pytest.fixture(scope="session")
def engine(model: Nako, tokenizer: Tokenizer) -> Engine:
    return Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu")))


@pytest.fixture
def script(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[int]], None]:
    """script(ids): every answer consists of these tokens."""

    def write(ids: Sequence[int]) -> None:
        steps = iter(())

        def choose(logits, *rest):  # type: ignore[no-untyped-def]
            nonlocal steps
            token = next(steps, None)
            if token is None:
                steps = iter(ids)
                token = next(steps)
            return torch.tensor([token])

        monkeypatch.setattr("nakochat.inference.engine.choose", choose)

    return write


@pytest.fixture
def calculates(engine: Engine, script: Callable[[Sequence[int]], None]) -> str:
    """Every answer asks the calculator for 37+45, and says what is returned here."""
    t = engine.tokenizer
    script([t.python_start, *t.encode("37+45"), t.python_end, *t.encode("82예요."), t.im_end])
    return "82예요."
