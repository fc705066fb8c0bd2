import torch

from nakochat.core.machine import Machine
from nakochat.data.village.scene import Exercise, Expected
from nakochat.evals import answers as module
from nakochat.evals.answers import answer_all
from nakochat.evals.particles import particle_choices
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.conversation import assistant, render_prompt, user
from nakochat.text.tokenizer import Tokenizer

CPU = torch.device("cpu")


def engine() -> Engine:
    tokenizer = Tokenizer.train(["안녕하세요. user assistant 무궁화 꽃이 피었어요."] * 3, 300)
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=2, width=32, heads=2, context=64))
    model.initialise(1)
    with torch.no_grad():
        model.head.weight.mul_(500)
    return Engine(inference_copy(model), tokenizer, Machine(CPU))


def exercise(text: str) -> Exercise:
    return Exercise((user(text), assistant("")), Expected())


def test_answers_come_in_the_order_of_the_exercises_whatever_the_batches(monkeypatch):
    made = engine()
    texts = ["안녕하세요. 무궁화", "꽃", "안녕", "가" * 60, "무궁화 꽃이"]
    exercises = [exercise(text) for text in texts]
    found = answer_all(made, exercises, max_tokens=5)
    assert [answer.exercise for answer in found] == exercises
    assert len({answer.message.text for answer in found}) > 1
    monkeypatch.setattr(module, "ROWS", 2)
    assert answer_all(made, exercises, max_tokens=5) == found
    for one, answer in zip(exercises, found, strict=True):
        assert answer_all(made, [one], max_tokens=5) == [answer]


def test_an_exercise_that_does_not_fit_is_unanswered():
    made = engine()
    long = exercise("가" * 60)
    assert len(render_prompt(made.tokenizer, long.messages[:-1])) >= made.context - 8
    (answer,) = answer_all(made, [long], max_tokens=5)
    assert (answer.message.text, answer.finished) == ("", False)


def test_particles_are_chosen_by_likelihood_of_the_whole_sentence(monkeypatch):
    made = engine()
    pairs = {}

    def favour(model, sequences, device):
        found = []
        for index, ids in enumerate(sequences):
            assert ids[0] == made.tokenizer.bos
            pairs.setdefault(index // 2, []).append(made.tokenizer.decode(ids))
            found.append(torch.full((len(ids) - 1,), -1.0 if index % 2 == 0 else -2.0))
        return found

    monkeypatch.setattr("nakochat.evals.particles.log_likelihoods", favour)
    right = particle_choices(made.model, made.tokenizer, count=20, seed=1, device=CPU)
    assert len(right) == 20
    for one, other in pairs.values():
        assert one != other
    assert sum(right) >= 18  # a longer right form may cost more under this toy
