import random

import pytest
import torch

from nakochat.core.errors import ConfigError, RequestError
from nakochat.core.machine import Machine
from nakochat.inference.detokeniser import Detokeniser
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.inference.slots import Slots, bytes_of_slot
from nakochat.inference.talk import message_of, reply
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.conversation import Part, user
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 37+45는 82예요. 무궁화 꽃이 피었어요."] * 4, 320)


@pytest.fixture(scope="module")
def model(tokenizer):
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=2, width=32, heads=2, context=64))
    model.initialise(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
        model.head.weight.mul_(20)
    return model


@pytest.fixture(scope="module")
def engine(model, tokenizer):
    return Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu")))


def test_a_seed_gives_the_same_answer_alone_and_in_a_batch(engine, tokenizer):
    prompts = [[tokenizer.bos, *tokenizer.encode(text)] for text in ("안녕", "무궁화 꽃이", "37")]
    sampling = Sampling(max_tokens=20, temperature=1.0)
    together = engine.generate(prompts, sampling, seeds=[5, 6, 7])
    for prompt, seed, result in zip(prompts, (5, 6, 7), together, strict=True):
        assert engine.generate([prompt], sampling, seeds=[seed])[0].ids == result.ids
    assert engine.generate(prompts[:1], sampling, seeds=[8])[0].ids != together[0].ids


def test_no_answer_holds_half_a_character(engine, tokenizer):
    """A model that knows nothing, at a high temperature, on every byte."""
    prompts = [[tokenizer.bos, *tokenizer.encode("안녕")]] * 64
    for result in engine.generate(
        prompts, Sampling(max_tokens=40, temperature=3.0, top_k=None), seeds=range(64)
    ):
        assert "\ufffd" not in message_of(result.ids, tokenizer).text


def test_generation_ends_at_max_tokens_and_at_the_context(engine, tokenizer):
    def lengths(prompts, most):
        """How many tokens each prompt gets, and why its last was the last, where no token may end it."""
        tokens = list(engine.stream(prompts, Sampling(max_tokens=most, temperature=1.0), stops=False))
        last = {token.key: token.finish for token in tokens if token.finish}
        return [sum(token.key == row for token in tokens) for row in range(len(prompts))], last

    prompt = [tokenizer.bos] * 60
    assert lengths([prompt], 50) == ([engine.context - 60], {0: "length"})
    assert lengths([prompt[:4]], 3) == ([3], {0: "length"})
    assert lengths([prompt, prompt[:4]], 7) == ([4, 7], {0: "length", 1: "length"})
    with pytest.raises(RequestError):
        engine.generate([[tokenizer.bos] * 64], Sampling())


def test_the_calculator_answers_between_tokens(engine, tokenizer, monkeypatch):
    t = tokenizer
    script = [
        t.python_start,
        *t.encode("37+45"),
        t.python_end,
        t.im_end,
    ]
    answer = [t.output_start, *t.encode("82"), t.output_end]
    steps = iter(script)
    monkeypatch.setattr("nakochat.inference.engine.choose", lambda logits, *rest: torch.tensor([next(steps)]))
    result = engine.generate([[t.bos]], Sampling(max_tokens=30))[0]
    call = script[: script.index(t.python_end) + 1]
    assert result.ids == [*call, *answer, t.im_end]
    assert result.sampled == [True] * len(call) + [False] * len(answer) + [True]
    assert message_of(result.ids, t).parts == (Part("python", "37+45"), Part("output", "82"))


def test_streamed_pieces_are_whole_characters(engine, tokenizer, monkeypatch):
    text = "꽃이 쨍그랑 🙂"  # mostly bytes that no merge has joined
    ids = tokenizer.encode(text)
    assert len(ids) > len(text)
    steps = iter([*ids, tokenizer.im_end])
    monkeypatch.setattr("nakochat.inference.engine.choose", lambda logits, *rest: torch.tensor([next(steps)]))
    pieces = list(reply(engine, (user("안녕"),), Sampling(max_tokens=len(ids) + 1)))
    assert len([piece for piece in pieces if piece.text]) > 4
    assert "".join(piece.text for piece in pieces) == text
    assert not any("�" in piece.text for piece in pieces)


def test_a_syllable_cut_anywhere_comes_out_whole():
    text = "가힣🙂👨‍👩‍👧 한a"
    data = text.encode()
    for seed in range(50):
        cuts = sorted(random.Random(seed).sample(range(1, len(data)), 8))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        detokeniser = Detokeniser(pieces)
        streamed = [detokeniser.push(token) for token in range(len(pieces))]
        assert "".join(streamed) == text
        assert "�" not in "".join(streamed)


def test_senseless_settings_are_refused():
    for bad in ({"temperature": -1}, {"top_p": -0.1}, {"max_tokens": 0}, {"top_k": 0}, {"seed": 2**63}):
        with pytest.raises(ConfigError):
            Sampling(**bad)


def test_a_broken_request_leaves_nothing_to_the_next_in_its_slot(engine, model, tokenizer):
    """Neither as a beginning to take over nor behind what hides it."""
    model = inference_copy(model)
    broken = tokenizer.encode("7")[0]
    model.embedding.weight[broken] = float("nan")
    one = Engine(model, tokenizer, engine.machine, slots=1)
    whole = [tokenizer.bos, *tokenizer.encode("무궁화 꽃이 피었어요")]
    sampling = Sampling(max_tokens=6, temperature=0)
    (first,) = one.generate([[*whole, broken, *whole]], sampling)
    assert first.finish == "error"
    assert first.ids == []  # what stands for an error is no token
    (second,) = one.generate([whole], sampling)
    (fresh,) = Engine(model, tokenizer, engine.machine, slots=1).generate([whole], sampling)
    assert second.finish != "error"
    assert second == fresh


def test_two_engines_never_plan_the_same_memory_twice(engine, tokenizer, monkeypatch):
    one = bytes_of_slot(engine.model, engine.context)
    free = [8 * one]

    class Counted(Slots):
        def __init__(self, model, *, slots, length):
            free[0] -= slots * one
            super().__init__(model, slots=slots, length=length)

    monkeypatch.setattr("nakochat.inference.engine._room", lambda device: 0.5 * free[0])
    monkeypatch.setattr("nakochat.inference.engine.Slots", Counted)
    engines = [Engine(engine.model, tokenizer, engine.machine) for _ in range(3)]
    assert free == [8 * one]  # whoever wants the model alone pays nothing
    for made in engines:
        made.reserve()
    assert [made.counters().slots_free for made in engines] == [4, 2, 1]
    engines[0].generate([[tokenizer.bos]], Sampling(max_tokens=2))
    assert free == [one]
