import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.data.held_out import hash_of_texts
from nakochat.data.village.scene import Exercise, Expected
from nakochat.evals import suite
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks.task import Label, Task
from nakochat.text.conversation import assistant, user
from nakochat.text.tokenizer import Tokenizer

EXERCISES = [Exercise((user(text), assistant("")), Expected()) for text in ("안녕", "토끼", "무궁화")]
LABEL = Label("과제", "task")


@pytest.fixture
def engine():
    tokenizer = Tokenizer.train(["안녕하세요. user assistant 무궁화 꽃이 피었어요."] * 3, 300)
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=128))
    model.initialise(0)
    return Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu")))


@pytest.fixture
def scores(engine, monkeypatch):
    """Of two tasks on the same exercises, one of which no answer passes."""
    monkeypatch.setattr(suite, "JOSA_PAIRS", 6)
    monkeypatch.setattr(suite, "CONVERSATIONS", (("안녕!", "잘 있어?", "그럼 또 봐!"),))
    asked = []
    answer_all = suite.answer_all
    monkeypatch.setattr(
        suite, "answer_all", lambda *words, **options: asked.append(words[1]) or answer_all(*words, **options)
    )
    tasks = [
        Task("all", LABEL, lambda: EXERCISES, grade=lambda answer, expected: True, max_tokens=4),
        Task("none", LABEL, lambda: list(EXERCISES), grade=lambda answer, expected: False, better="lower"),
    ]
    found = suite.score(engine, ["무궁화 꽃이 피었어요."] * 2, tasks=tasks, shown=False)
    return found, asked


def test_every_task_has_its_share_with_an_interval(scores):
    found, asked = scores
    right, wrong = found["scores"]["all"], found["scores"]["none"]
    assert (right["value"], right["items"], right["unit"]) == (1.0, 3, "accuracy")
    assert (wrong["value"], wrong["better"]) == (0.0, "lower")
    assert 0 < right["interval"][0] < right["interval"][1] == 1
    assert len(asked) == 1  # the same exercises are answered once
    assert found["scores"]["josa"]["items"] == 6
    assert found["scores"]["bits_per_byte"]["value"] > 0
    which = hash_of_texts(["무궁화 꽃이 피었어요."] * 2)
    assert found["scores"]["bits_per_byte"]["sha256"] == which
    assert found["scores"]["bits_per_character"]["sha256"] == which
    assert found["scores"]["broken_utf8"]["items"] == 3
    assert len(found["samples"]) == 4


def test_a_limit_is_one_of_every_task(engine, monkeypatch):
    monkeypatch.setattr(suite, "CONVERSATIONS", ())
    task = Task("all", LABEL, lambda: EXERCISES, grade=lambda answer, expected: True, max_tokens=4)
    found = suite.score(engine, ["무궁화 꽃이 피었어요."], tasks=[task], items=2, shown=False)["scores"]
    assert found["all"]["items"] == found["josa"]["items"] == 2


def test_a_conversation_holds_every_turn_and_both_sides(scores):
    (talk,) = scores[0]["conversations"]
    assert [turn["role"] for turn in talk] == ["user", "assistant"] * 3
    assert [turn["text"] for turn in talk[::2]] == ["안녕!", "잘 있어?", "그럼 또 봐!"]
    assert len(scores[0]["breaches"]) == 1


def test_a_conversation_that_outgrows_the_context_loses_its_oldest_turns(engine, monkeypatch):
    seen = []
    generate = engine.generate
    monkeypatch.setattr(engine, "generate", lambda p, *rest: seen.append(len(p[0])) or generate(p, *rest))
    suite.converse(engine, ["무궁화 꽃이 피었어요."] * 12)
    assert len(seen) == 12
    assert max(seen) <= engine.context - 64
