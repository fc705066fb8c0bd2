import asyncio

import pytest

from nakochat.serving.web.failures import Failures


def sent_by(app):
    """What goes out of an app that is wrapped."""
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Failures(app)({"type": "http", "headers": [], "state": {}}, None, send))
    return sent


def test_what_fails_before_it_answers_is_answered(caplog):
    async def app(scope, receive, send):
        raise KeyError("boom")

    start, _ = sent_by(app)
    assert start["status"] == 500
    assert "boom" in caplog.text


def test_what_fails_in_the_middle_of_its_answer_is_broken_off():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("boom")

    # for the server to close the connection: a second answer would stand in the first
    with pytest.raises(KeyError):
        sent_by(app)
