"""The news of a request's answers -> what each of them came to."""

import asyncio
from types import SimpleNamespace

import pytest

from nakochat.serving.engines.wire import WireToken
from nakochat.serving.errors import BadRequest
from nakochat.serving.front.generation import Generation


class Jobs:
    """Stands for the dispatcher: keeps the queue, and knows which engine has which answer."""

    def ask(self, ask, client, news, index, patience):
        self.news = news
        return SimpleNamespace(fingerprint=f"nako_{index}")


def begin(tokenizer, *news):
    """A generation of three answers, and what reads its news, which have come already."""
    jobs = Jobs()
    door = SimpleNamespace(limits=SimpleNamespace(patience=1))
    ticket = SimpleNamespace(client="me", door=door, begun=lambda: None)
    generation = Generation(jobs, ticket, tokenizer, [None] * 3)
    for item in news:
        jobs.news.put_nowait(item)

    async def read():
        async for _ in generation.deltas():
            if jobs.news.empty() and len(news) == 3:
                return  # the client goes

    return generation, read


FIRST = [(1, WireToken(70, None, "가")), (0, WireToken(70, None, "가")), (1, WireToken(71, "stop", "나"))]


def test_each_answer_ends_by_itself_and_the_first_engine_gives_the_fingerprint(engine):
    rest = [(2, WireToken(70, "length", "가")), (0, WireToken(71, "stop", "나"))]
    generation, read = begin(engine.tokenizer, *FIRST, *rest)
    asyncio.run(read())
    assert generation.fingerprint == "nako_1"
    assert [answer.finish for answer in generation.answers] == ["stop", "stop", "length"]
    assert [answer.tokens for answer in generation.answers] == [2, 2, 1]
    assert (generation.finish, generation.tokens) == ("stop", 5)


@pytest.mark.parametrize(
    ("news", "code"),
    [
        ((0, BadRequest("lost", code="engine_lost")), "engine_lost"),
        ((2, WireToken(-1, "error")), "not_a_number"),
    ],
)
def test_what_goes_wrong_ends_those_that_had_not_ended(engine, news, code):
    generation, read = begin(engine.tokenizer, *FIRST, news)
    with pytest.raises(BadRequest):
        asyncio.run(read())
    assert [answer.finish for answer in generation.answers] == [code, "stop", code]
    assert generation.finish == code


def test_who_goes_away_leaves_those_that_had_not_ended(engine):
    generation, read = begin(engine.tokenizer, *FIRST)
    asyncio.run(read())
    assert [answer.finish for answer in generation.answers] == ["gone", "stop", "gone"]
    assert generation.finish == "gone"
