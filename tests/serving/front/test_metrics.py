"""What a request ended with -> what is counted: each of its answers by itself."""

from types import SimpleNamespace

from nakochat.serving.front.generation import Answer
from nakochat.serving.front.metrics import Metrics


def answer(first, last, tokens, finish):
    return Answer(None, SimpleNamespace(tokens=tokens), first, last, finish)


def test_every_answer_of_a_request_is_counted_and_timed_by_itself():
    metrics = Metrics(None, None)
    answers = [answer(1.0, 3.0, 5, "stop"), answer(1.0, 2.0, 3, "stop"), answer(None, None, 0, "gone")]
    generation = SimpleNamespace(answers=answers, asked_at=0.5, first_at=1.0, tokens=8)
    metrics.ended(generation, 7)
    read = metrics.registry.get_sample_value
    assert read("nako_answers_total", {"finish": "stop"}) == 2
    assert read("nako_answers_total", {"finish": "gone"}) == 1
    assert (read("nako_seconds_per_token_count"), read("nako_seconds_per_token_sum")) == (2, 0.5 + 0.5)
    assert (read("nako_first_token_seconds_count"), read("nako_first_token_seconds_sum")) == (1, 0.5)
    assert read("nako_tokens_total", {"kind": "generated"}) == 8
