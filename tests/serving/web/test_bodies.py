import asyncio
import contextlib

import pytest
from starlette.requests import Request

from nakochat.serving.errors import BadRequest
from nakochat.serving.web import bodies
from nakochat.serving.web.bodies import Bodies

JSON = [(b"content-type", b"application/json; charset=utf-8")]


def asked(*chunks, headers=JSON, leaves=False):
    """A request whose body comes in these chunks; or the client goes away behind them."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    end = {"type": "http.request", "body": b"", "more_body": False}
    messages.append({"type": "http.disconnect"} if leaves else end)

    async def receive():
        return messages.pop(0)

    return Request({"type": "http", "headers": headers}, receive)


def refusal(held, *requests):
    """The status with which the last is refused while the others are held."""

    async def run():
        async with contextlib.AsyncExitStack() as stack:
            for request in requests:
                await stack.enter_async_context(held.of(request))

    with pytest.raises(BadRequest) as refused:
        asyncio.run(run())
    assert held.held == 0
    return refused.value.status


def test_a_body_is_whole_and_counts_until_it_is_no_longer_needed():
    held = Bodies()

    async def run():
        async with held.of(asked(b"{", b"}")) as body:
            assert (body, held.held) == (b"{}", 2)
        assert held.held == 0

    asyncio.run(run())


def test_bodies_are_json_and_bounded_alone_and_together(monkeypatch):
    monkeypatch.setattr(bodies, "MOST_BYTES", 10)
    monkeypatch.setattr(bodies, "MOST_BYTES_TOGETHER", 15)
    assert refusal(Bodies(), asked(b"{}", headers=[])) == 415
    assert refusal(Bodies(), asked(b"x" * 6, b"x" * 5)) == 413
    assert refusal(Bodies(), asked(b"x" * 9), asked(b"x" * 9)) == 503


def test_who_goes_away_before_the_body_is_whole_is_no_defect():
    assert refusal(Bodies(), asked(b"{", leaves=True)) == 408
