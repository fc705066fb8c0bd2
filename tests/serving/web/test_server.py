"""The front over real sockets, with a stand-in for its engine."""

import concurrent.futures
import contextlib
import http.client
import io
import json
import re
import threading

import pytest

from nakochat.core.errors import ConfigError
from nakochat.serving.front.records import AccessLog
from nakochat.serving.web.gate import Policy
from nakochat.serving.web.keys import read_keys
from nakochat.serving.web.limits import Limits
from nakochat.serving.web.server import address_of, is_local, open_socket
from tests.serving.harness import CHAT, HELLO, events, fake_front, served, until, words


@pytest.fixture(scope="module")
def server(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with served(fake_front(engine.tokenizer, folder, models=("tiny/rl", "tiny/sft"))) as server:
        yield server


def whole(server, **fields):
    with server.ask(fields) as response:
        assert response.status == 200, response.read()
        return json.loads(response.read())


def streamed(server, **fields):
    with server.ask({**fields, "stream": True, "stream_options": {"include_usage": True}}) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        return events(response.read().decode())


def test_streamed_and_whole_answers_are_the_same(server):
    for fields in ({"seed": 3}, {"seed": 4, "max_tokens": 7}, {"seed": 5, "n": 3}):
        said, chunks = whole(server, **fields), streamed(server, **fields)
        for choice in said["choices"]:
            assert words(chunks, choice["index"]) == choice["message"]["content"] != ""
        reasons = {
            choice["index"]: choice["finish_reason"]
            for chunk in chunks
            for choice in chunk["choices"]
            if choice["finish_reason"]
        }
        assert reasons == {choice["index"]: choice["finish_reason"] for choice in said["choices"]}
        assert chunks[-1]["usage"] == said["usage"]
        assert len({chunk["id"] for chunk in chunks}) == 1
    assert len({choice["message"]["content"] for choice in said["choices"]}) == 3


def test_the_first_of_several_answers_is_the_one_alone_and_without_a_seed_all_differ(server):
    alone, several = whole(server, seed=9), whole(server, seed=9, n=2)
    assert alone["choices"][0] == several["choices"][0]
    assert len({whole(server)["choices"][0]["message"]["content"] for _ in range(3)}) == 3


def test_log_probabilities_stand_beside_their_tokens_in_both_forms(server):
    said = whole(server, seed=1, logprobs=True, top_logprobs=2, max_tokens=9)
    entries = said["choices"][0]["logprobs"]["content"]
    assert entries
    assert all(len(entry["top_logprobs"]) == 2 for entry in entries)
    chunks = streamed(server, seed=1, logprobs=True, top_logprobs=2, max_tokens=9)
    parts = [choice["logprobs"] for chunk in chunks for choice in chunk["choices"] if choice["logprobs"]]
    assert [entry for part in parts for entry in part["content"]] == entries


def test_a_text_goes_on_from_a_prompt(server):
    with server.ask({"prompt": ["옛날", "어느"], "n": 2, "seed": 1}, path="/v1/completions") as response:
        said = json.loads(response.read())
    assert [choice["index"] for choice in said["choices"]] == [0, 1, 2, 3]
    assert said["object"] == "text_completion"
    fields = {"prompt": "옛날", "seed": 1, "stream": True}
    with server.ask(fields, path="/v1/completions") as response:
        chunks = events(response.read().decode())
    text = "".join(choice["text"] for chunk in chunks for choice in chunk["choices"])
    assert text == said["choices"][0]["text"] != ""


def test_every_stage_is_a_model_and_the_first_is_what_no_name_means(server):
    status, listed = server.get("/v1/models")
    assert (status, [card["id"] for card in listed["data"]]) == (200, ["tiny/rl", "tiny/sft"])
    assert listed["data"][0]["max_model_len"] == 1024
    assert server.get("/v1/models/tiny/sft")[1]["id"] == "tiny/sft"
    assert server.get("/v1/models/gpt")[0] == 404
    said = {name: whole(server, model=name, seed=1) for name in ("tiny/rl", "tiny/sft")}
    assert {name: answer["model"] for name, answer in said.items()} == {name: name for name in said}
    assert said["tiny/rl"]["choices"] == whole(server, seed=1)["choices"] != said["tiny/sft"]["choices"]
    assert {name: answer["system_fingerprint"] for name, answer in said.items()} == {
        "tiny/rl": "nako_tiny/rl",
        "tiny/sft": "nako_tiny/sft",
    }
    chunks = streamed(server, model="tiny/sft", seed=1)
    assert {chunk["system_fingerprint"] for chunk in chunks} == {"nako_tiny/sft"}
    assert server.get("/v1/models/tiny/sft")[1]["created"] == 2  # as the engine says of what it has loaded


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({}, {"Content-Type": "text/plain"}, 415, None),
        ({}, {"Content-Type": "application/x-www-form-urlencoded"}, 415, None),
        ({"pad": "x" * 1_000_001}, {}, 413, None),
        ({"temperature": -1}, {}, 400, None),
        ({"model": "gpt-4"}, {}, 404, "model_not_found"),
        ({"truncation": "some"}, {}, 400, None),
        ({"tools": [{}]}, {}, 400, "unsupported_parameter"),
        ({"logit_bias": {"999999": 1}}, {}, 400, None),
        (
            {"messages": [{"role": "user", "content": "무궁화 꽃이 " * 500}]},
            {},
            400,
            "context_length_exceeded",
        ),
    ],
)
def test_a_bad_request_is_answered_in_the_shape_of_the_api(server, body, headers, status, code):
    with server.ask(body, headers=headers) as response:
        error = json.loads(response.read())["error"]
    assert (response.status, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", CHAT, 405), ("PUT", "/", 405), ("GET", "/docs", 404)]
)
def test_what_is_not_there_is_answered_in_that_shape_too(server, method, path, status):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    message = json.loads(response.read())["error"]["message"]
    assert (response.status, "Allow" in response.headers) == (status, status == 405)
    assert message.startswith(f"{method} {path}: ")
    assert "Not" not in message  # words of ours
    connection.close()


def test_what_looks_after_a_server_finds_its_figures(server):
    whole(server, seed=1, max_tokens=5)
    assert server.get("/health") == (200, {"status": "ok", "model": "tiny/rl"})
    assert server.get("/ready") == (200, {"status": "ready", "model": "tiny/rl"})
    status, text = server.get("/metrics")
    figures = dict(re.findall(r"^(nako_\w+(?:{[^}]*})?) (\S+)$", text, re.MULTILINE))
    assert status == 200
    assert float(figures['nako_requests_total{route="/v1/chat/completions",status="200"}']) >= 1
    assert float(figures['nako_tokens_total{kind="generated"}']) >= 5
    assert figures['nako_engine_up{engine="0"}'] == "1.0"
    assert float(figures["nako_first_token_seconds_count"]) >= 1
    assert float(figures['nako_request_seconds_count{route="/v1/chat/completions"}']) >= 1
    assert figures["nako_waiting_answers"] == "0.0"
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert "other" in routes or len(routes) < 30


def test_the_page_is_there(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


def test_records_name_who_and_how_much_but_neither_words_nor_keys(engine, tmp_path, monkeypatch):
    key = "secret-key-" * 3
    place = io.StringIO()
    log = AccessLog()
    log._place = place
    front = fake_front(engine.tokenizer, tmp_path)
    with served(front, policy=Policy(keys=read_keys(None, {"NAKO_API_KEY": key})), log=log) as server:
        said = {"messages": [{"role": "user", "content": "비밀이야기"}]}
        with server.ask(said, headers={"Authorization": f"Bearer {key}"}) as response:
            assert response.status == 200
            names = [response.headers["X-Request-Id"]]
        with server.ask(said) as response:
            assert response.status == 401
            names.append(response.headers["X-Request-Id"])
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/x%0a%7b%22forged%22%3a1%7d" + "y" * 500)
        assert connection.getresponse().status == 401
        connection.close()
        until(lambda: place.getvalue().count("\n") == 3)
    lines = [json.loads(line) for line in place.getvalue().splitlines()]
    assert [line["status"] for line in lines] == [200, 401, 401]
    assert [line["id"] for line in lines[:2]] == names
    assert len({line["id"] for line in lines}) == 3
    assert (lines[0]["key"], lines[0]["tokens"], lines[0]["finish"]) == ("env", 20, "stop")
    assert lines[0]["first_token_seconds"] >= 0
    assert all(word not in place.getvalue() for word in ("비밀", key, "\\ube44"))
    assert len(lines[2]["path"]) == 200


def test_a_defect_of_ours_is_answered_and_recorded_as_any_refusal_is(engine, tmp_path, monkeypatch, caplog):
    def broken(body):
        raise KeyError("boom")

    front = fake_front(engine.tokenizer, tmp_path)
    monkeypatch.setattr(front, "prepare_chat", broken)
    page, policy = "http://page.example", Policy(origins=frozenset({"http://page.example"}))
    log = AccessLog(tmp_path / "log")
    with contextlib.closing(log), served(front, policy=policy, log=log) as server:
        with server.ask({}, headers={"Origin": page}) as response:
            error, headers = json.loads(response.read())["error"], response.headers
            assert (response.status, error["type"]) == (500, "server_error")
        assert "boom" not in error["message"]
        assert headers["Access-Control-Allow-Origin"] == page
        assert headers["Content-Security-Policy"]
        until(lambda: (tmp_path / "log").read_text())
        (line,) = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
        assert (line["status"], line["id"]) == (500, headers["X-Request-Id"])
        assert f'nako_requests_total{{route="{CHAT}",status="500"}} 1.0' in server.get("/metrics")[1]
    assert f"{line['id']} failed" in caplog.text  # by which the traceback is found
    assert "boom" in caplog.text


def test_more_than_may_wait_is_told_when_to_come_again(engine, tmp_path):
    limits = Limits(most_waiting=2, per_client=5)
    how = {"slots": 1, "length": 100_000, "context": 200_000, "pause": 0.02}
    front = fake_front(engine.tokenizer, tmp_path, how, limits=limits)
    with served(front) as server:
        first = server.ask({"stream": True, "max_tokens": 100_000})
        first.readline()
        until(lambda: front.door.waiting == 0)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(server.ask, {"stream": True}) for _ in range(2)]
            until(lambda: front.door.waiting == 2)
            with server.ask() as refused:
                error = json.loads(refused.read())["error"]
            assert (refused.status, error["type"]) == (429, "rate_limit_error")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            first.close()
            for response in waiting:  # their turn has come
                assert response.result().readline()
                response.result().close()
        until(lambda: not front.door.inside)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        *(("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("127.0.0.5", "127.0.0.5")),
        *(("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")),
    ],
)
def test_a_place_is_named_as_a_browser_here_reaches_it(host, name):
    with open_socket(host, 0, has_keys=True) as place:
        assert address_of(place) == f"http://{name}:{place.getsockname()[1]}"


def test_a_place_that_cannot_be_opened_says_what_to_do(tmp_path):
    with open_socket("localhost", 0) as taken, pytest.raises(ConfigError, match="--port"):
        open_socket("127.0.0.1", taken.getsockname()[1])
    for host, port in (("0.0.0.0", 0), ("::", 0), ("my.example", 0), ("127.0.0.1", 70000)):
        with pytest.raises(ConfigError, match=r"--(host|port)"):
            open_socket(host, port)
    with open_socket("0.0.0.0", 0, has_keys=True) as place:
        assert place.getsockname()[1]
    with pytest.raises(ConfigError, match="--host"):
        open_socket("192.0.2.1", 0, has_keys=True)
    with pytest.raises(ConfigError, match="--access-log"):
        AccessLog(tmp_path / "nowhere" / "x.log")
    assert is_local("127.8.8.8")
    assert not is_local("10.0.0.1")


def test_an_answer_that_nobody_reads_on_is_cancelled(engine, tmp_path):
    front = fake_front(engine.tokenizer, tmp_path, {"length": 5000, "pause": 0.01, "context": 9000})
    with served(front) as server:
        streamed = server.ask({"stream": True, "max_tokens": 5000})
        streamed.readline()
        whole = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        body = json.dumps({"messages": HELLO, "max_tokens": 5000})
        whole.request("POST", CHAT, body, {"Content-Type": "application/json"})
        place = front.dispatcher.places[front.dispatcher.devices[0]]
        until(lambda: front.dispatcher.running == 2)
        streamed.close()
        whole.close()
        until(lambda: place.state.get("cancelled") == 2)
        until(lambda: place.state["running"] == 0 and not front.door.inside)


def test_what_fails_before_a_streams_first_token_is_a_status_and_not_a_stream(engine, tmp_path):
    how = {"slots": 1, "length": 100_000, "context": 200_000, "pause": 0.02, "unloadable": ["tiny/sft"]}
    limits = Limits(patience=0.3)
    front = fake_front(engine.tokenizer, tmp_path, how, limits=limits, models=("tiny/rl", "tiny/sft"))
    with served(front) as server:
        with server.ask({"stream": True, "model": "tiny/sft"}) as response:
            error = json.loads(response.read())["error"]
        assert (response.status, error["code"], error["message"]) == (
            503,
            "model_unavailable",
            "no such thing",
        )
        assert int(response.headers["Retry-After"]) >= 1
        with server.ask({"stream": True, "max_tokens": 100_000}) as first:
            first.readline()
            for stream in (True, False):
                with server.ask({"stream": stream}) as response:
                    error = json.loads(response.read())["error"]
                assert (response.status, error["code"]) == (503, "overloaded")
                assert int(response.headers["Retry-After"]) >= 1
                assert set(error) == {"message", "type", "param", "code"}
        until(lambda: not front.door.inside)


def test_what_fails_later_says_its_status_in_the_stream(engine, tmp_path):
    how = {"length": 100_000, "context": 200_000, "dies": 5, "pause": 0.02}
    with served(fake_front(engine.tokenizer, tmp_path, how)) as server:
        with server.ask({"stream": True, "max_tokens": 100_000}) as response:
            assert response.status == 200
            *_, last, nothing = response.read().decode().split("\n\n")
        error = json.loads(last.removeprefix("data: "))["error"]
        assert (error["code"], error["status"], error["retry_after"], nothing) == ("engine_lost", 503, 2, "")


def test_who_leaves_before_the_first_token_leaves_nothing_behind(engine, tmp_path):
    how = {"slots": 1, "length": 100_000, "context": 200_000, "pause": 0.02}
    front = fake_front(engine.tokenizer, tmp_path, how)
    with served(front) as server:
        with server.ask({"stream": True, "max_tokens": 100_000}) as first:
            first.readline()
            waiting = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            body = json.dumps({"messages": HELLO, "stream": True})
            waiting.request("POST", CHAT, body, {"Content-Type": "application/json"})
            until(lambda: front.door.waiting == 1)
            waiting.close()
            until(lambda: front.door.waiting == 0)
        until(lambda: not front.door.inside)


def test_requests_that_are_still_tokenized_are_bounded_and_a_hopeless_one_is_not_tokenized(engine, tmp_path):
    front = fake_front(engine.tokenizer, tmp_path, limits=Limits(per_client=2))
    go_on, prepare = threading.Event(), front.prepare_chat

    def slow(body):
        assert go_on.wait(60)
        return prepare(body)

    front.prepare_chat = slow
    with served(front) as server, concurrent.futures.ThreadPoolExecutor(2) as pool:
        reading = [pool.submit(server.ask) for _ in range(2)]
        until(lambda: front.door.inside == {"127.0.0.1": 2})
        with server.ask() as refused:
            assert refused.status == 429
        go_on.set()
        for answer in reading:
            assert answer.result().status == 200
            answer.result().close()
        with server.ask({"messages": "no list"}) as refused:
            assert refused.status == 400
        front.models["tiny/rl"].tokenizer = Untouched(engine.tokenizer)
        for path, field in ((CHAT, "messages"), ("/v1/completions", "prompt")):
            long = "7" * 900_000
            fields = {"messages": [{"role": "user", "content": long}]} if path == CHAT else {"prompt": long}
            with server.ask(fields, path=path) as refused:
                error = json.loads(refused.read())["error"]
            assert (refused.status, error["code"], error["param"]) == (400, "context_length_exceeded", field)
        until(lambda: not front.door.inside)


class Untouched:
    """A tokenizer that may say what follows from bytes alone."""

    def __init__(self, tokenizer):
        self.least_tokens = tokenizer.least_tokens
