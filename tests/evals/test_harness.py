from types import SimpleNamespace

import pytest
import torch

from nakochat.core.errors import ConfigError
from nakochat.core.machine import Machine
from nakochat.evals.benchmarks import choose
from nakochat.evals.harness import Harness, run_harness
from nakochat.evals.scorer import EngineScorer
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks import spacing
from nakochat.tasks.benchmark import Choice
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def scorer():
    tokenizer = Tokenizer.train(["안녕하세요. user assistant 무궁화 꽃이 피었어요."] * 3, 300)
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=2, width=32, heads=2, context=64))
    model.initialise(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    return EngineScorer(Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu"))))


def request(*args):
    return SimpleNamespace(args=args)


def test_the_harness_chooses_what_we_choose(scorer):
    (benchmark,) = spacing.BENCHMARKS
    items = [
        Choice(tuple((f"무궁화{n} ", f" 꽃이 {word}") for word in ("피었어요", "안녕"))) for n in range(6)
    ]
    items += [Choice((("안녕", "하세요"), ("안녕", " 무궁화"), ("안녕", ".")))]
    ours = [right for right, _ in choose(scorer, items, benchmark)]
    theirs = []
    for item in items:
        found = Harness(scorer).loglikelihood([request(*option) for option in item.options])
        totals = [total for total, _ in found]
        theirs.append(totals.index(max(totals)) == item.gold)
    assert ours == theirs


def test_whole_texts_are_read_once_each(scorer):
    text = "안녕하세요. 무궁화 꽃이 피었어요. " * 12
    assert len(scorer.encode(text)) > scorer.context
    (found,) = Harness(scorer).loglikelihood_rolling([request(text)])
    short = "안녕하세요."
    (part,) = Harness(scorer).loglikelihood_rolling([request(short)])
    ((whole, _),) = Harness(scorer).loglikelihood([request("", short)])
    assert part == pytest.approx(whole, abs=1e-4)
    assert found < part < 0


def test_generation_stops_where_a_task_says(scorer):
    (free,) = Harness(scorer).generate_until([request("무궁화", {"max_gen_toks": 12})])
    assert len(free) > 2
    stop = free[2]
    answers = Harness(scorer).generate_until([request("무궁화", {"max_gen_toks": 12, "until": [stop]})] * 2)
    assert answers == [free.partition(stop)[0]] * 2


def test_a_chat_template_stands_for_ids(scorer):
    harness = Harness(scorer)
    text = harness.apply_chat_template([{"role": "user", "content": "안녕"}])
    tokenizer = scorer.engine.tokenizer
    assert harness._encode(text).count(tokenizer.im_start) == 2
    assert tokenizer.im_start not in harness._encode("안녕")


def test_a_missing_harness_is_named(scorer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lm_eval", None)
    with pytest.raises(ConfigError, match=r"nakochat\[eval\]"):
        run_harness(scorer, ["kobest"], limit=1, chats=False)


def test_the_real_harness_takes_the_model(scorer):
    pytest.importorskip("lm_eval")
    with pytest.raises(ConfigError, match="no_such_task"):
        run_harness(scorer, ["no_such_task"], limit=1, chats=False)
