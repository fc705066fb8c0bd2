import asyncio

import pytest
from starlette.responses import PlainTextResponse

from nakochat.serving.web.gate import Gate, Policy
from nakochat.serving.web.keys import read_keys

KEY = "k" * 20
KEYS = read_keys(None, {"NAKO_API_KEY": KEY})


def knock(gate, headers=(), *, path="/v1/models", method="GET", address="127.0.0.1"):
    """Status, headers and client of what the gate lets through or answers."""
    seen = {}
    named = {"Host": "127.0.0.1:8000", **dict(headers)}
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "headers": sent,
        "client": (address, 5),
        "state": seen,
    }

    async def send(message):
        seen.setdefault("status", message.get("status"))
        seen.setdefault("headers", {k.decode(): v.decode() for k, v in message.get("headers", [])})
        seen["body"] = seen.get("body", b"") + message.get("body", b"")

    async def receive():
        return {"type": "http.request"}

    asyncio.run(gate(scope, receive, send))
    return seen


def gate(**policy):
    return Gate(PlainTextResponse("in"), Policy(**policy))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "LOCALHOST:9000", "Origin": "http://localhost:9000"}, 200),
        ({"Host": "localhost:9000", "Origin": "https://localhost:9000"}, 200),
        ({"Host": ""}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "192.168.0.9:8000"}, 403),
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "127.0.0.1:8000:9"}, 403),
        ({"Host": "127.0.0.1@evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "file://127.0.0.1:8000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        (dict.fromkeys(map(str, range(101)), ""), 431),
        ({"A": "x" * 40_000}, 431),
    ],
)
def test_only_this_machine_and_its_own_page_are_let_through(headers, status):
    seen = knock(gate(), headers)
    assert seen["status"] == status
    assert seen["headers"]["x-content-type-options"] == "nosniff"
    if status != 200:
        assert b'"error"' in seen["body"]
    assert "access-control-allow-origin" not in seen["headers"]


def test_a_long_address_is_refused():
    assert knock(gate(), path="/" + "a" * 5000)["status"] == 414


def test_an_open_server_is_reached_by_its_addresses_and_by_names_that_were_allowed():
    opened = gate(keys=KEYS, any_address=True, hosts=frozenset({"chat.example"}))
    shown = {"Authorization": f"Bearer {KEY}"}
    for host in ("203.0.113.9:8000", "[2001:db8::1]:8000", "chat.example", "Chat.Example:443"):
        assert knock(opened, {**shown, "Host": host})["status"] == 200
    assert knock(opened, {**shown, "Host": "rebound.example"})["status"] == 403


def test_without_a_key_only_the_pages_files_and_the_signs_of_life_are_shown():
    closed = gate(keys=KEYS, open_paths=frozenset({"/", "/health"}))
    assert knock(closed, path="/")["status"] == 200
    assert knock(closed, path="/health")["status"] == 200
    for path in ("/v1/models", "/metrics", "/watch/runs", "/new", "//", "/health/"):
        refused = knock(closed, path=path)
        assert (refused["status"], refused["headers"]["www-authenticate"]) == (401, "Bearer")
        assert b'"invalid_api_key"' in refused["body"]
    let_in = knock(closed, {"Authorization": f"Bearer {KEY}"})
    assert (let_in["status"], let_in["client"]) == (200, "env")
    assert knock(gate())["client"] == "127.0.0.1"


def test_wrong_keys_are_told_to_wait_and_keep_nobody_out_who_has_a_right_one():
    # behind a proxy every client has the proxy's address: who guesses there must not shut out the others
    closed = gate(keys=KEYS)
    statuses = [knock(closed, {"Authorization": f"Bearer {i}"})["status"] for i in range(21)]
    assert statuses == [401] * 20 + [429]
    stopped = knock(closed, {"Authorization": "Bearer one-more"})
    assert int(stopped["headers"]["retry-after"]) >= 1
    assert knock(closed, {"Authorization": f"Bearer {KEY}"})["status"] == 200
    assert knock(closed)["status"] == 401  # a page that has no key yet guesses nothing
    assert knock(closed, {"Authorization": "Bearer another"}, address="10.0.0.8")["status"] == 401
    for _ in range(30):
        assert knock(closed, address="10.0.0.9")["status"] == 401


def test_addresses_of_one_ipv6_subscriber_count_as_one():
    ours = {knock(gate(), address=f"2001:db8:1:2::{i}")["client"] for i in range(1, 5)}
    assert ours == {"2001:db8:1:2::/64"}
    assert knock(gate(), address="::ffff:203.0.113.9")["client"] == "203.0.113.9"


def test_other_pages_may_ask_only_where_they_were_allowed():
    allowed = gate(keys=KEYS, origins=frozenset({"https://my.app"}))
    preflight = knock(allowed, {"Origin": "https://my.app"}, method="OPTIONS")
    assert preflight["status"] == 204
    assert preflight["headers"]["access-control-allow-origin"] == "https://my.app"
    assert "authorization" in preflight["headers"]["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight["headers"]
    asked = knock(allowed, {"Origin": "https://my.app", "Authorization": f"Bearer {KEY}"})
    assert (asked["status"], asked["headers"]["access-control-allow-origin"]) == (200, "https://my.app")
    assert "origin" in asked["headers"]["vary"].lower()
    assert knock(allowed, {"Origin": "https://my.app"})["status"] == 401
    assert knock(allowed, {"Origin": "https://other.app"}, method="OPTIONS")["status"] == 403
    anyone = gate(keys=KEYS, origins=frozenset({"*"}))
    asked = knock(anyone, {"Origin": "https://other.app", "Authorization": f"Bearer {KEY}"})
    assert asked["headers"]["access-control-allow-origin"] == "https://other.app"


def test_the_headers_that_a_pages_client_adds_are_let_in_and_it_may_read_when_to_come_again():
    # OpenAI's own client in a browser sends a dozen x-stainless-* headers
    allowed = gate(keys=KEYS, origins=frozenset({"https://my.app"}))
    sent = {"Origin": "https://my.app", "Access-Control-Request-Method": "POST"}

    def let_in(asked):
        preflight = knock(allowed, {**sent, "Access-Control-Request-Headers": asked}, method="OPTIONS")
        assert preflight["status"] == 204
        assert "access-control-request-headers" in preflight["headers"]["vary"].lower()
        return {name.strip() for name in preflight["headers"]["access-control-allow-headers"].split(",")}

    own = {"authorization", "content-type"}
    assert let_in("authorization, x-stainless-lang,X-Stainless-OS") == own | {
        "x-stainless-lang",
        "x-stainless-os",
    }
    for nonsense in ("", ", ,", "two words", "a\xff", "x" * 100, ",".join(map(str, range(100)))):
        assert let_in(nonsense) == own
    refused = knock(allowed, {"Origin": "https://my.app"})
    assert refused["headers"]["access-control-expose-headers"] == "Retry-After, X-Request-Id"
    assert "access-control-expose-headers" not in knock(allowed)["headers"]
