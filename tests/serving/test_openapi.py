"""What the server says of itself: schemathesis sends what the document allows and what it does not.

Every answer is held against the document, streams too.  What a schema cannot say (that the user speaks last, that the
tokens are there) is mended in what it allows, so that all of that has to be answered.
"""

import asyncio
import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.checks import positive_data_acceptance

from nakochat.inference.options import Sampling
from nakochat.serving.api.openapi import document
from nakochat.serving.app import create_app
from nakochat.serving.web.gate import Policy
from nakochat.serving.web.keys import read_keys
from tests.serving.in_process import call, front_at_once

QUICK, LONG = 8, 1_000
CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
CHUNKS = {CHAT: "ChatCompletionChunk", TEXT: "TextCompletionChunk"}
MODELS = ("tiny/rl", "tiny/sft")
REQUESTS = {
    CHAT: ("ChatRequest", {"messages": [{"role": "user", "content": "안녕"}], "logprobs": True}),
    TEXT: ("TextRequest", {"prompt": "안녕"}),
}
POSITIVE, NEGATIVE = schemathesis.GenerationMode


@pytest.fixture(scope="module")
def told(engine):
    """The document as a server gives it, with the way to that server."""
    app = create_app(front_at_once(engine.tokenizer), policy=Policy(hosts=frozenset({"testserver"})))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    schema.config.max_stream_events = 100  # 8 answers at once have more than it would wait for
    return schema


def mended(body, tokenizer):
    """A body that its schema allows, with what no schema can ask for."""
    if "messages" in body:
        body["messages"] = [*body["messages"][:3], {"role": "user", "content": "안녕"}]
    elif not isinstance(body["prompt"], str):
        body["prompt"] = [ids if isinstance(ids, str) else ordinary(ids) for ids in body["prompt"]][:8]
    if body.get("logit_bias"):
        body["logit_bias"] = {str(int(token) % 256): bias for token, bias in body["logit_bias"].items()}
    return body


def ordinary(ids):
    """One id or several -> as many that are no control tokens."""
    return [number % 256 for number in ids] if isinstance(ids, list) else ids % 256


def events_are_as_told(told, path, text):
    root = {"components": told.raw_schema["components"]}
    chunk = Draft202012Validator({"$ref": f"#/components/schemas/{CHUNKS[path]}", **root})
    *events, done, _ = text.split("\n\n")
    assert done == "data: [DONE]"
    for event in events:
        chunk.validate(json.loads(event.removeprefix("data: ")))


@pytest.mark.parametrize("count", [QUICK, pytest.param(LONG, marks=pytest.mark.soak)])
@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE])
@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_what_the_document_allows_is_answered_and_nothing_else(told, engine, path, mode, count):
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count == QUICK,
        phases=[Phase.generate],  # to make a failing body smaller takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(case=told[path]["POST"].as_strategy(generation_mode=mode))
    def ask(case):
        if mode == POSITIVE:
            case.body = mended(case.body, engine.tokenizer)
        response = case.call_and_validate(excluded_checks=[positive_data_acceptance])
        if mode == POSITIVE and response.status_code != 200:
            assert response.json()["error"]["code"] == "context_length_exceeded", response.text
        if response.headers["content-type"][0].startswith("text/event-stream"):
            events_are_as_told(told, path, response.text)

    ask()


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE])
def test_what_is_only_told_is_told_as_the_document_says(told, mode):
    for found in told.get_all_operations():
        operation = found.ok()
        if operation.method != "get" or (mode == NEGATIVE and not operation.path_parameters):
            continue

        @settings(max_examples=10, deadline=None, database=None, derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            case.call_and_validate()

        ask()


def edges(field):
    """What a field just allows, and what it just does not; nothing of lists and objects."""
    kinds = field.get("type", [])
    if "enum" not in field and not {"boolean", "integer", "number"} & set(kinds):
        return [], []
    allowed, refused = [None], [{"a": 1}, [[1]]]
    if "enum" in field:
        allowed, refused = [*allowed, *field["enum"]], [*refused, "other", 7, not field["enum"][0]]
    if "boolean" in kinds:
        allowed, refused = [*allowed, True, False], [*refused, 1, "true"]
    if "integer" in kinds or "number" in kinds:
        low, high = field["minimum"], field["maximum"]
        allowed, refused = [*allowed, low, high], [*refused, low - 1, high + 1, str(high), True]
        if "integer" in kinds:
            refused.append(0.5)
    return allowed, refused


@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_every_bound_of_the_document_is_where_the_server_has_it(engine, path):
    front = front_at_once(engine.tokenizer)
    app = create_app(front)
    name, base = REQUESTS[path]
    fields = document(MODELS, Sampling(), has_keys=False)["components"]["schemas"][name]["properties"]
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]

    async def run():
        async with app.router.lifespan_context(app):
            for field, about in fields.items():
                allowed, refused = edges(about)
                cases = [(value, 200) for value in allowed]
                cases += [(value, 404 if field == "model" else 400) for value in refused]
                for value, wanted in cases:
                    body = json.dumps({**base, field: value}).encode()
                    status, _, answer = await call(app, "POST", path, headers, body)
                    assert status == wanted, (field, value, answer.decode())

    asyncio.run(run())


def test_a_server_with_keys_says_so_to_who_has_one(engine):
    keys = read_keys(None, {"NAKO_API_KEY": "k" * 20})
    app = create_app(front_at_once(engine.tokenizer), policy=Policy(keys=keys))
    host = (b"host", b"localhost")
    status, _, body = asyncio.run(call(app, "GET", "/openapi.json", [host], b""))
    assert status == 401
    key = (b"authorization", b"Bearer " + b"k" * 20)
    status, _, body = asyncio.run(call(app, "GET", "/openapi.json", [host, key], b""))
    told = json.loads(body)
    assert (status, told["security"]) == (200, [{"key": []}])
    assert [path for path, of in told["paths"].items() if of.get("get", {}).get("security") == []] == [
        "/health",
        "/ready",
    ]
    assert "401" in told["paths"][CHAT]["post"]["responses"]
    assert told["components"]["schemas"]["ChatRequest"]["properties"]["model"]["enum"] == [*MODELS, None]
