import http.client
import json
import threading
import time

import pytest
from starlette.testclient import TestClient

from nakochat.core.errors import ConfigError
from nakochat.inference.talk import Piece
from nakochat.serving.app import create_app
from nakochat.serving.server import LocalServer, open_socket

CHAT = "/v1/chat/completions"
HELLO = {"messages": [{"role": "user", "content": "안녕"}]}


@pytest.fixture
def client(engine):
    app = create_app(engine, name="tiny/rl")
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def chunks(response):
    events = response.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


def test_streamed_and_whole_answers_are_the_same(client):
    request = {**HELLO, "seed": 3, "temperature": 1.5, "max_tokens": 20, "top_k": 0}
    whole = client.post(CHAT, json=request).json()
    streamed = chunks(
        client.post(CHAT, json={**request, "stream": True, "stream_options": {"include_usage": True}})
    )
    assert streamed[0]["choices"][0]["delta"]["role"] == "assistant"
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in streamed[:-1])
    assert said == whole["choices"][0]["message"]["content"] != ""
    assert streamed[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert streamed[-1]["usage"] == whole["usage"]
    counts = whole["usage"]
    assert 0 < counts["completion_tokens"] <= 20
    assert counts["total_tokens"] == counts["prompt_tokens"] + counts["completion_tokens"]


def test_without_a_seed_answers_differ(client):
    request = {**HELLO, "temperature": 5, "max_tokens": 20, "top_k": 0}
    said = {client.post(CHAT, json=request).json()["choices"][0]["message"]["content"] for _ in range(3)}
    assert len(said) > 1


def test_a_calculator_call_stands_beside_the_words(client, calculates):
    whole = client.post(CHAT, json=HELLO).json()["choices"][0]
    call = [{"type": "python", "text": "37+45"}, {"type": "output", "text": "82"}]
    assert whole["message"]["content"] == calculates
    assert whole["message"]["nako"]["parts"] == [*call, {"type": "text", "text": calculates}]
    assert whole["finish_reason"] == "stop"
    deltas = [
        chunk["choices"][0]["delta"] for chunk in chunks(client.post(CHAT, json={**HELLO, "stream": True}))
    ]
    shown = [delta["nako"] for delta in deltas if "nako" in delta]
    assert "".join(part["text"] for part in shown if part["kind"] == "python") == "37+45"
    assert "".join(part["text"] for part in shown if part["kind"] == "output") == "82"
    assert "".join(delta.get("content", "") for delta in deltas) == calculates


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": "{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": "{}"}, 415),
        ({"content": "{", "headers": {"Content-Type": "application/json; charset=utf-8"}}, 400),
        ({"json": {"messages": [], "pad": "x" * 1_000_001}}, 413),
        ({"json": {**HELLO, "temperature": -1}}, 400),
        ({"json": {**HELLO, "model": "gpt-4"}}, 404),
    ],
)
def test_a_bad_request_is_answered_in_the_shape_of_the_api(client, sent, status):
    response = client.post(CHAT, **sent)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_a_conversation_beyond_the_context_says_so(client):
    for stream in (False, True):
        messages = [{"role": "user", "content": "무궁화 꽃이 " * 100}]
        response = client.post(CHAT, json={"messages": messages, "stream": stream})
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "context_length_exceeded"


def test_a_mistake_inside_stays_inside(client, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("secret")
        yield

    monkeypatch.setattr("nakochat.serving.worker.reply", broken)
    whole = client.post(CHAT, json=HELLO)
    assert whole.status_code == 500
    assert whole.json()["error"]["type"] == "server_error"
    streamed = client.post(CHAT, json={**HELLO, "stream": True})
    assert '"server_error"' in streamed.text
    assert "[DONE]" not in streamed.text
    assert "secret" not in whole.text + streamed.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:9000", "Origin": "http://localhost:9000"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_this_machine_and_its_own_page_are_let_through(client, headers, status):
    assert client.get("/v1/models", headers=headers).status_code == status


def test_what_is_served_is_named(client, engine):
    assert client.get("/health").json() == {"status": "ok", "model": "tiny/rl"}
    card = client.get("/v1/models").json()["data"][0]
    assert (card["id"], card["max_model_len"]) == ("tiny/rl", engine.context)
    assert client.get("/docs").status_code == 404
    assert client.get("/").status_code == 200


def test_a_place_that_cannot_be_opened_says_what_to_do():
    with open_socket("localhost", 0) as taken, pytest.raises(ConfigError, match="--port"):
        open_socket("127.0.0.1", taken.getsockname()[1])
    for host, port in (("0.0.0.0", 8000), ("127.0.0.1", 70000)):
        with pytest.raises(ConfigError):
            open_socket(host, port)


class Endless:
    """Stands for the model: answers with the last message's text until it is stopped."""

    def __init__(self):
        self.running, self.most, self.ended, self.began = 0, 0, [], []

    def __call__(self, engine, conversation, sampling):
        text = conversation[-1].text
        self.began.append(text)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for number in range(2000):
                time.sleep(0.005)
                yield Piece("text", text, tokens=number)
        finally:
            self.running -= 1
            self.ended.append((text, number))


@pytest.fixture
def endless(engine, monkeypatch):
    model = Endless()
    monkeypatch.setattr("nakochat.serving.worker.reply", model)
    server = LocalServer(create_app(engine, name="tiny"))
    with open_socket("127.0.0.1", 0) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        model.port = place.getsockname()[1]
        model.server, model.thread = server, thread
        yield model
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


def ask(port, text, *, stream):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    request = json.dumps({"messages": [{"role": "user", "content": text}], "stream": stream})
    connection.request("POST", CHAT, request, {"Content-Type": "application/json"})
    return connection


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_one_answer_at_a_time_and_none_for_a_client_that_left(endless):
    first = ask(endless.port, "하나", stream=True)
    response = first.getresponse()
    assert response.readline().startswith(b"data: ")
    second = ask(endless.port, "둘", stream=False)
    third = ask(endless.port, "셋", stream=True)
    started = third.getresponse()
    started.close()
    third.close()
    # the event loop is free while the model works
    health = http.client.HTTPConnection("127.0.0.1", endless.port, timeout=10)
    health.request("GET", "/health")
    assert health.getresponse().status == 200
    health.close()
    response.close()
    first.close()
    until(lambda: "둘" in endless.began)
    second.close()
    until(lambda: len(endless.ended) == 2 and not endless.running)
    assert endless.most == 1
    assert [text for text, _ in endless.ended] == ["하나", "둘"]
    assert all(number < 1999 for _, number in endless.ended)
    assert "셋" not in endless.began


def test_a_server_that_ends_stops_its_answers(endless, caplog):
    streamed, whole = ask(endless.port, "하나", stream=True), ask(endless.port, "둘", stream=False)
    response = streamed.getresponse()
    assert response.readline().startswith(b"data: ")
    until(lambda: len(endless.server._worker._jobs) == 2)
    endless.server.should_exit = True
    assert b"[DONE]" not in response.read()  # the client knows that it has not all
    assert whole.getresponse().status == 503
    endless.thread.join(10)
    assert not caplog.records
    assert endless.ended[0][1] < 1999
    for connection in (streamed, whole):
        connection.close()
