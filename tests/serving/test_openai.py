import json

import pytest

from nakochat.inference.talk import Piece
from nakochat.serving.openai import BadRequest, Chunks, parse_request
from nakochat.text.conversation import Part, assistant, system, user

HELLO = [{"role": "user", "content": "안녕"}]


def body(**fields):
    return json.dumps({"messages": HELLO, **fields}).encode()


def test_a_request_becomes_a_conversation_and_options():
    call = [
        {"type": "python", "text": "1+1"},
        {"type": "output", "text": "2"},
        {"type": "text", "text": "2예요."},
    ]
    messages = [
        {"role": "developer", "content": "짧게"},
        {"role": "user", "content": [{"type": "text", "text": "1+1?"}]},
        {"role": "assistant", "content": call},
        *HELLO,
    ]
    fields = {
        "max_tokens": 9,
        "max_completion_tokens": 7,
        "temperature": 0,
        "top_k": 0,
        "seed": -3,
        "user": "나",
    }
    request = parse_request(body(messages=messages, stream=True, model="tiny", **fields), "tiny")
    answer = assistant(Part("python", "1+1"), Part("output", "2"), "2예요.")
    assert request.conversation == (system("짧게"), user("1+1?"), answer, user("안녕"))
    assert request.options == {"max_tokens": 7, "temperature": 0, "top_k": None, "seed": -3}
    assert (request.stream, request.include_usage) == (True, False)


def test_what_is_left_out_or_neutral_asks_for_nothing():
    request = parse_request(body(n=1, stop=None, temperature=None, presence_penalty=0.0, tools=[]), "tiny")
    assert request.options == {}
    assert not request.stream


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "안녕"}, "messages"),
        ({"messages": ["안녕"]}, "messages"),
        ({"messages": [{"role": "king", "content": "안녕"}]}, "messages"),
        ({"messages": [{"role": ["user"], "content": "안녕"}]}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages"),
        ({"messages": [{"role": "user", "content": None}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "python", "text": "1"}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": "\ud83d"}]}, "messages"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "네"}]}, "messages"),
        ({"model": "gpt"}, "model"),
        ({"temperature": "0"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"seed": 2**63}, "seed"),
        ({"stream": 1}, "stream"),
        ({"stream_options": [1]}, "stream_options"),
        ({"n": 2}, "n"),
        ({"stop": "."}, "stop"),
        ({"tools": [{}]}, "tools"),
    ],
)
def test_a_malformed_request_names_its_field(fields, param):
    with pytest.raises(BadRequest) as refused:
        parse_request(body(**fields), "tiny")
    assert refused.value.param == param


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"temperature": NaN}', b'"\xff"', b"[" * 100_000, b'{"n": ' + b"1" * 5000 + b"}"],
)
def test_a_body_that_is_no_json_object_is_refused(data):
    with pytest.raises(BadRequest, match="JSON"):
        parse_request(data, "tiny")


def test_events_come_in_the_order_and_shape_that_clients_read():
    chunks = Chunks({"id": "1", "created": 2, "model": "tiny"}, include_usage=True)
    pieces = [
        Piece("python", "1+1"),
        Piece("output", "2"),
        Piece("text", "둘"),
        Piece("text", "이", "length"),
    ]
    said = chunks.first() + "".join(map(chunks.piece, pieces)) + chunks.last({"total_tokens": 5})
    assert "둘" in said  # Hangul as it is
    *events, done, nothing = said.split("\n\n")
    assert (done, nothing) == ("data: [DONE]", "")
    read = [json.loads(event.removeprefix("data: ")) for event in events]
    assert all(chunk["object"] == "chat.completion.chunk" and chunk["id"] == "1" for chunk in read)
    *talking, used = read
    assert [chunk["choices"][0]["delta"] for chunk in talking] == [
        {"role": "assistant", "content": ""},
        {"content": "", "nako": {"kind": "python", "text": "1+1"}},
        {"content": "", "nako": {"kind": "output", "text": "2"}},
        {"content": "둘"},
        {"content": "이"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in talking] == [None] * 5 + ["length"]
    assert (used["choices"], used["usage"]) == ([], {"total_tokens": 5})
