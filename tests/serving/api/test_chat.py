import json

import pytest

from nakochat.inference.options import Sampling
from nakochat.serving.api.chat import ChatChunks, chat_completion, parse_chat
from nakochat.serving.engines.transcript import Delta, Entry
from nakochat.serving.errors import BadRequest
from nakochat.text.conversation import Part, assistant, system, user

HELLO = [{"role": "user", "content": "안녕"}]
DEFAULTS = Sampling(max_tokens=11, temperature=0.3, seed=5)


def parse(**fields):
    return parse_chat({"messages": HELLO, **fields}, DEFAULTS)


def test_a_request_becomes_a_conversation_and_how_to_sample():
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
    request = parse(
        messages=messages,
        max_tokens=9,
        max_completion_tokens=7,
        temperature=0,
        top_k=0,
        top_p=0,
        seed=-3,
        stop="끝",
        stream=True,
        stream_options={"include_usage": True},
        logprobs=True,
        top_logprobs=2,
        n=3,
        user="나",
        logit_bias={"3": -5},
    )
    answer = assistant(Part("python", "1+1"), Part("output", "2"), "2예요.")
    assert request.conversation == (system("짧게"), user("1+1?"), answer, user("안녕"))
    asked = request.asked
    assert asked.sampling == Sampling(max_tokens=7, temperature=0, top_k=None, top_p=0.0, seed=-3)
    assert (asked.stops, asked.n, asked.logprobs) == (("끝",), 3, 2)
    assert (asked.stream, asked.include_usage, asked.logit_bias) == (True, True, {3: -5.0})


def test_what_is_left_out_or_neutral_asks_for_nothing_and_the_seed_is_another_each_time():
    neutral = {"n": 1.0, "stop": None, "temperature": None, "presence_penalty": 0.0, "tools": []}
    asked = parse(**neutral, response_format={"type": "text"}, metadata={"a": 1}).asked
    assert (asked.sampling.max_tokens, asked.sampling.temperature) == (11, 0.3)
    assert (asked.stops, asked.logprobs, asked.stream, asked.n) == ((), None, False, 1)
    assert len({parse().asked.sampling.seed for _ in range(5)}) == 5


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
        ({"messages": [{"role": "tool", "content": "1", "tool_call_id": "a"}]}, "messages"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "네"}]}, "messages"),
        ({"messages": HELLO * 5000}, "messages"),
        ({"model": 3}, "model"),
        ({"temperature": "0"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": 10**400}, "temperature"),
        ({"top_p": 1e999}, "top_p"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": 1e400}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"seed": 2**63}, "seed"),
        ({"stream": 1}, "stream"),
        ({"stream_options": [1]}, "stream_options"),
        ({"n": 9}, "n"),
        ({"n": 0}, "n"),
        ({"n": 10**30}, "n"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": {"a": 1}}, "stop"),
        ({"stop": {}}, "stop"),
        ({"stop": 0}, "stop"),
        ({"stop": False}, "stop"),
        ({"stop": ["x" * 1000]}, "stop"),
        ({"stop": "\udc00"}, "stop"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"logprobs": 1}, "logprobs"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias"),
        ({"logit_bias": {"\ud800": "x"}}, "logit_bias"),
        ({"logit_bias": {"7": "x"}}, "logit_bias"),
        ({"logit_bias": [1]}, "logit_bias"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format"),
        ({"functions": [{}]}, "functions"),
        ({"modalities": ["audio"]}, "modalities"),
    ],
)
def test_a_malformed_request_names_its_field(fields, param):
    with pytest.raises(BadRequest) as refused:
        parse(**fields)
    assert refused.value.param is not None
    assert refused.value.param.startswith(param)
    assert refused.value.status == 400


def test_events_come_in_the_order_and_shape_that_clients_read():
    asked = parse(stream=True, stream_options={"include_usage": True}, n=2).asked
    chunks = ChatChunks({"id": "1", "created": 2, "model": "tiny"}, asked)
    deltas = [
        (0, Delta("python", "1+1")),
        (0, Delta("output", "2")),
        (1, Delta("text", "둘")),
        (0, Delta("text", "이", "length", (Entry("이".encode(), -1.5, ((b"\xea", -2.0),)),))),
        (1, Delta("text", "", "stop")),
    ]
    said = chunks.first() + "".join(chunks.delta(*delta) for delta in deltas) + chunks.last({"total": 5})
    assert "둘" in said  # Hangul as it is
    *events, done, nothing = said.split("\n\n")
    assert (done, nothing) == ("data: [DONE]", "")
    read = [json.loads(event.removeprefix("data: ")) for event in events]
    assert all(chunk["object"] == "chat.completion.chunk" and chunk["id"] == "1" for chunk in read)
    *talking, used = read
    choices = [chunk["choices"][0] for chunk in talking]
    assert [(choice["index"], choice["delta"]) for choice in choices] == [
        (0, {"role": "assistant", "content": ""}),
        (1, {"role": "assistant", "content": ""}),
        (0, {"content": "", "nako": {"kind": "python", "text": "1+1"}}),
        (0, {"content": "", "nako": {"kind": "output", "text": "2"}}),
        (1, {"content": "둘"}),
        (0, {"content": "이"}),
        (0, {}),
        (1, {}),
    ]
    assert [choice["finish_reason"] for choice in choices] == [None] * 6 + ["length", "stop"]
    entry = choices[5]["logprobs"]["content"][0]
    assert (entry["token"], entry["bytes"], entry["logprob"]) == ("이", list("이".encode()), -1.5)
    assert entry["top_logprobs"] == [{"token": "\ufffd", "logprob": -2.0, "bytes": [0xEA]}]
    assert all(chunk["usage"] is None for chunk in talking)
    assert (used["choices"], used["usage"]) == ([], {"total": 5})


def test_a_whole_answer_shows_the_calculator_beside_its_words():
    deltas = [Delta("python", "1+"), Delta("python", "1"), Delta("output", "2"), Delta("text", "둘", "stop")]
    whole = chat_completion({"id": "1"}, [deltas, [Delta("text", "", "length")]], {}, logprobs=False)
    first, second = whole["choices"]
    assert first["message"]["content"] == "둘"
    assert first["message"]["nako"]["parts"] == [
        {"type": "python", "text": "1+1"},
        {"type": "output", "text": "2"},
        {"type": "text", "text": "둘"},
    ]
    assert (first["finish_reason"], second["finish_reason"]) == ("stop", "length")
    assert "nako" not in second["message"]
    cut = chat_completion({}, [[Delta("python", "1+", "length")]], {}, logprobs=False)["choices"][0]
    assert cut["message"]["nako"]["parts"] == [{"type": "python", "text": "1+"}]  # as a stream shows it
