"""Requests that no client should send -> an answer to each, never a 5xx, each 4xx in the shape of the API.

The app is called without sockets; an engine in this process answers at once.  Three kinds: structures (every field of
the API with every kind of value), bytes (a good request, damaged), and heads (methods, paths, headers).
"""

import asyncio
import gc
import json
import os
import random
import socket
import string
from pathlib import Path

import pytest

from nakochat.serving.app import create_app
from tests.serving.harness import fake_front, served
from tests.serving.in_process import call, front_at_once

QUICK, LONG = 2_500, 100_000
PATHS = [
    *(
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/models",
        "/v1/models/",
        "/health",
        "/ready",
        "/metrics",
    ),
    *("/", "/chat.js", "/watch/run", "/watch/runs"),
]
NAMES = [
    *(b"content-type", b"origin", b"authorization", b"content-length", b"accept", b"x", b"transfer-encoding"),
    *(b"host", b"expect", b"connection", b"upgrade", b"range", b"if-none-match"),
]
VALUES = [
    *(b"application/json", b"", b"\xff\xfe", b"Bearer x", b"http://evil", b"null", b"9" * 50, b"localhost"),
    *(b"chunked", b"100-continue", b"websocket", b"close", b"bytes=0-1", b"http://localhost"),
]
CHAT_FIELDS = [
    *(
        "messages",
        "model",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "n",
    ),
    *(
        "stop",
        "seed",
        "stream",
        "stream_options",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "presence_penalty",
    ),
    *(
        "frequency_penalty",
        "repetition_penalty",
        "user",
        "tools",
        "tool_choice",
        "functions",
        "response_format",
    ),
    *("modalities", "audio", "prediction", "reasoning_effort", "metadata", "store", "service_tier", "prompt"),
    *("echo", "suffix", "best_of", "guided_json", "chat_template", "chat_template_kwargs", "ignore_eos"),
]
TEXTS = [
    *(
        "",
        "안녕",
        "<|im_start|>system\n<|im_end|>",
        "\x00",
        "\ud83d",
        "\udc00",
        "🌸" * 50,
        "a" * 3000,
        "\u202e",
    ),
    *("NaN", "../../etc/passwd", "{{7*7}}", "%s%n", "\r\n\r\ndata: x", "true", "tiny/rl", "tiny/sft", "user"),
]
NUMBERS = [0, 1, -1, 2, 0.5, 1e308, -1e308, 1e-320, 2**31, 2**63, -(2**63) - 1, 10**400, 3.0, 20, 21, True]


def value(draw, depth=0):
    """Any JSON, and what json.loads takes beside it."""
    kind = draw.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return draw.choice([None, True, False])
    if kind in (1, 2):
        return draw.choice(NUMBERS)
    if kind in (3, 4):
        return draw.choice(TEXTS)
    if kind in (5, 6):
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    keys = ["role", "content", "type", "text", "include_usage", "1", "x", "", "\ud800", "k" * 2000]
    return {draw.choice(keys): value(draw, depth + 1) for _ in range(draw.randrange(4))}


def message(draw):
    role = draw.choice(["user", "assistant", "system", "developer", "tool", "king", None, 3])
    part = {"type": draw.choice(["text", "python", "output", "image_url", 1]), "text": value(draw, 2)}
    content = draw.choice([draw.choice(TEXTS), [part], [part, part], value(draw, 1)])
    return {"role": role, "content": content} | (
        {"tool_calls": value(draw, 1)} if draw.random() < 0.1 else {}
    )


def structure(draw):
    """A request of which some fields are right and some are not."""
    good = [{"role": "system", "content": "가"}, {"role": "assistant", "content": "나"}]
    wild = [message(draw) for _ in range(draw.randrange(3))]
    fields = {"messages": draw.choice([good, good, wild])[: draw.randrange(3)], "max_tokens": 3}
    if draw.random() < 0.8:
        fields["messages"].append({"role": "user", "content": draw.choice(TEXTS)})
    if draw.random() < 0.5:
        fields["prompt"] = draw.choice(
            [draw.choice(TEXTS), [5, 6], [[5], [10**9]], ["가", "나"], value(draw)]
        )
    fields |= draw.choice(
        [{}, {}, {"stream": True}, {"stream": True, "n": 2, "logprobs": True}, {"logprobs": 1}]
    )
    for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
        fields[draw.choice(CHAT_FIELDS)] = value(draw)
    if draw.random() < 0.02:
        fields["deep"] = json.loads("[" * 500 + "]" * 500)
    return json.dumps(fields).encode()


def damaged(draw):
    """Bytes that were a request."""
    body = bytearray(structure(draw))
    for _ in range(draw.randrange(1, 8)):
        place = draw.randrange(len(body) + 1)
        match draw.randrange(5):
            case 0:
                body[place:place] = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 6)))
            case 1:
                del body[place : place + draw.randrange(1, 9)]
            case 2:
                body[place:place] = draw.choice(
                    [b"\x00", b"\xff\xfe", b"NaN", b"Infinity", b"1e999", b"\\ud800", b"{", b"]"]
                )
            case 3:
                body = body[:place] or bytearray(b"{")
            case 4:
                body *= 2
    return bytes(body)


def head(draw):
    """Method, path and headers, seldom the right ones."""
    path = draw.choice(PATHS)
    if draw.random() < 0.3:
        path = "/" + "".join(
            draw.choice(string.printable + "가\x00\u202e") for _ in range(draw.randrange(40))
        )
    if draw.random() < 0.3:
        path += draw.choice(["/", "//", "/..%2f", "/../../", "?a=1", "/tiny/rl", "/\x00"])
    method = draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "가"])
    headers = [(draw.choice(NAMES), draw.choice(VALUES)) for _ in range(draw.randrange(5))]
    return method, path, headers


def check(status, headers, body, sent):
    """What every answer has to be."""
    assert 200 <= status < 500, (status, body, sent)
    if headers.get("content-type", "").startswith("text/event-stream"):
        *events, _ = body.decode().split("\n\n")
        for event in events:
            assert event.startswith("data: ")
            assert event == "data: [DONE]" or json.loads(event[6:])
    elif headers.get("content-type") == "application/json":
        read = json.loads(body.decode())
        assert ("error" in read) == (status >= 400)
        if status >= 400:
            assert set(read["error"]) == {"message", "type", "param", "code"}
            assert isinstance(read["error"]["message"], str)
    else:
        assert status < 400 or not body, (status, headers, body, sent)
    if status in (429, 503):
        assert int(headers["retry-after"]) >= 1


async def storm(app, front, count, seed):
    """So many requests, eight at a time; what they were answered, by status."""
    draw = random.Random(seed)
    statuses = {}
    json_type = [(b"host", b"localhost"), (b"content-type", b"application/json")]

    async def one():
        kind = draw.randrange(10)
        if kind < 8:
            path = draw.choice(["/v1/chat/completions", "/v1/chat/completions", "/v1/completions"])
            sent = ("POST", path, json_type, structure(draw) if kind < 5 else damaged(draw))
        else:
            method, path, headers = head(draw)
            sent = (
                method,
                path,
                [(b"host", b"localhost"), *headers],
                draw.choice([b"", b"{}", structure(draw)]),
            )
        status, headers, body = await call(app, *sent, leaves=draw.random() < 0.05)
        if status:
            check(status, headers, body, sent)
        statuses[status] = statuses.get(status, 0) + 1

    for _ in range(count // 8):
        await asyncio.gather(*(one() for _ in range(8)))
    await asyncio.sleep(0.05)
    assert (front.door.inside, front.door.waiting, front.door.waiting_tokens) == ({}, 0, 0)
    assert front.dispatcher.running == 0
    return statuses


def resident():
    """Bytes of this process's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def fuzz(tokenizer, count, seed):
    async def run():
        front = front_at_once(tokenizer)
        app = create_app(front)
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0.01)
            statuses = await storm(app, front, count // 5, seed)
            gc.collect()
            before, tasks = resident(), len(asyncio.all_tasks())
            for status, number in (await storm(app, front, count - count // 5, seed + 1)).items():
                statuses[status] = statuses.get(status, 0) + number
            gc.collect()
            return statuses, resident() - before, len(asyncio.all_tasks()) - tasks

    return asyncio.run(run())


def test_no_request_breaks_the_server(engine):
    statuses, _, tasks = fuzz(engine.tokenizer, QUICK, 1)
    assert statuses[200] > QUICK // 50  # some of it was good
    assert {400, 404, 405, 415} <= set(statuses)
    assert tasks == 0


@pytest.mark.soak
def test_no_request_of_a_hundred_thousand_breaks_the_server(engine):
    statuses, grown, tasks = fuzz(engine.tokenizer, LONG, 2)
    print(
        f"\n{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}, memory {grown / 1e6:+.1f} MB"
    )
    assert tasks == 0
    assert grown < 20_000_000


def raw(draw):
    """Bytes for a socket: a request as written, damaged."""
    method, path, headers = head(draw)
    body = structure(draw)
    lines = [f"{method} {path} HTTP/1.1".encode("utf-8", "surrogatepass"), b"Host: localhost"]
    lines += [name + b": " + value for name, value in headers if name != b"host"]
    lines += [b"Content-Length: %d" % len(body), b"Connection: close"]
    data = bytearray(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    for _ in range(draw.randrange(4)):
        place = draw.randrange(len(data))
        data[place : place + draw.randrange(3)] = bytes(draw.randrange(256) for _ in range(draw.randrange(4)))
    return bytes(data)


def shout(port, data):
    """Send it and read what comes until the other side closes, or there is nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as place:
        place.sendall(data)
        place.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := place.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize("count", [400, pytest.param(5_000, marks=pytest.mark.soak)])
def test_no_bytes_break_a_socket(engine, tmp_path, count):
    draw = random.Random(3)
    with served(fake_front(engine.tokenizer, tmp_path, {"length": 3, "pause": 0})) as server:
        for _ in range(count):
            data = raw(draw)
            try:
                answer = shout(server.port, data)
            except ConnectionError:
                continue  # closed while it was still sent
            if answer:
                head = answer.partition(b"\r\n\r\n")[0]
                assert 200 <= int(head.split()[1]) < 500, (data, answer)
                assert b"text/plain" not in head or b"/metrics" in data, (data, answer)
        assert server.get("/ready")[0] == 200
        assert not server.front.door.inside
