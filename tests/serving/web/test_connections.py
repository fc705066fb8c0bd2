"""Clients that trickle, flood or do not read -> closed, while others are served."""

import http.client
import json
import resource
import socket
import threading
import time

import pytest

from nakochat.serving.web.connections import TimedProtocol
from tests.serving.harness import CHAT, HELLO, fake_front, served, until

BODY = json.dumps({"messages": HELLO, "max_tokens": 3}).encode()
HEAD = (
    f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode()


class Hasty(TimedProtocol):
    receipt, reading, most_connections = 0.6, 0.6, 60


@pytest.fixture(scope="module")
def server(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("connections")
    with served(fake_front(engine.tokenizer, folder), protocol=Hasty) as server:
        yield server


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def answered(place):
    """Status and JSON of one response."""
    with http.client.HTTPResponse(place) as response:
        response.begin()
        return response.status, json.loads(response.read())


@pytest.mark.parametrize("sent", [b"", b"P", b"POST / HT", HEAD[:60], HEAD, HEAD + BODY[:5]])
def test_a_request_that_does_not_come_is_refused_and_closed(server, sent):
    with connect(server) as place:
        place.sendall(sent)
        status, body = answered(place)
    assert (status, body["error"]["code"]) == (408, "request_timeout")


def test_a_request_byte_by_byte_has_the_same_deadline(server):
    with connect(server) as place:
        began = time.monotonic()
        try:
            for byte in HEAD * 2:
                place.sendall(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass
        else:
            pytest.fail("never closed")
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "sent",
    [
        *(b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01" * 20),
        *(b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        *(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"G" * 50_000),
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_shape_of_the_api(server, sent):
    with connect(server) as place:
        place.sendall(sent)
        status, body = answered(place)
    assert 400 <= status < 500
    assert set(body["error"]) == {"message", "type", "param", "code"}


def test_requests_one_after_the_other_and_at_once_go_through_one_connection(server):
    with connect(server) as place:
        place.sendall((HEAD + BODY) * 2)
        data = b""
        while data.count(b'"usage"') < 2:
            data += place.recv(65536)
        time.sleep(0.8)  # longer than a request may take: between two requests it does not count
        place.sendall(HEAD[:30])
        time.sleep(0.1)
        place.sendall(HEAD[30:] + BODY)
        while data.count(b'"usage"') < 3:
            data += place.recv(65536)
        assert data.count(b"HTTP/1.1 200") == 3


@pytest.mark.parametrize("sent", [HEAD[:30], HEAD + BODY[:5]])
def test_a_request_that_came_with_another_has_a_deadline_too(server, sent):
    with connect(server) as place:
        place.sendall(HEAD + BODY + sent)
        data = b""
        while piece := place.recv(65536):
            data += piece
    first, _, rest = data.partition(b"HTTP/1.1 408")
    assert first.startswith(b"HTTP/1.1 200")
    assert b"request_timeout" in rest


def test_an_answer_to_who_offers_another_protocol_may_take_its_time(engine, tmp_path):
    """As `curl --http2` does."""
    offer = HEAD.replace(b"\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n", 1)
    front = fake_front(engine.tokenizer, tmp_path, {"pause": 0.4})
    with served(front, protocol=Hasty) as server, connect(server) as place:
        place.sendall(offer + BODY)
        assert answered(place)[0] == 200


def test_a_client_that_does_not_read_is_closed(engine, tmp_path):
    how = {"length": 20_000, "context": 50_000, "pause": 0}
    front = fake_front(engine.tokenizer, tmp_path, how)
    with served(front, protocol=Hasty) as server, socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        place.settimeout(30)
        place.connect(("127.0.0.1", server.port))
        body = json.dumps({"messages": HELLO, "max_tokens": 20_000, "stream": True}).encode()
        place.sendall(HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode()) + body)
        until(lambda: front.door.inside)
        until(lambda: not front.door.inside and not server.server.server_state.connections)


def test_more_connections_than_there_is_room_for_are_refused(server):
    places = [connect(server) for _ in range(Hasty.most_connections)]
    with connect(server) as one_more:
        status, body = answered(one_more)
    assert (status, body["error"]["code"]) == (503, "overloaded")
    for place in places:
        place.close()
    until(lambda: not server.server.server_state.connections)
    assert server.get("/health")[0] == 200


def trickle(port, count, stop):
    """Hold so many connections open, a byte to each from time to time; opened again when they are closed."""
    places = []
    while not stop.is_set():
        places += [socket.create_connection(("127.0.0.1", port)) for _ in range(count - len(places))]
        alive = []
        for place in places:
            try:
                place.send(b"P")
                alive.append(place)
            except OSError:
                place.close()
        places = alive
        stop.wait(0.2)
    for place in places:
        place.close()


def test_five_hundred_connections_that_trickle_hurt_nobody(engine, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard < 4096 else 4096, hard))

    class Patient(TimedProtocol):
        receipt = 2.0

    stop = threading.Event()
    try:
        with served(fake_front(engine.tokenizer, tmp_path), protocol=Patient) as server:
            attack = threading.Thread(target=trickle, args=(server.port, 500, stop))
            attack.start()
            until(lambda: len(server.server.server_state.connections) >= 500)
            closed = set(server.server.server_state.connections)
            for seed in range(20):
                with server.ask({"seed": seed}) as response:
                    assert response.status == 200
            until(lambda: not closed & server.server.server_state.connections)  # every one of them
            stop.set()
            attack.join()
    finally:
        stop.set()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
