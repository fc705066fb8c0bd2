import json

import pytest

from nakochat.inference.options import Sampling
from nakochat.serving.api.completions import TextChunks, parse_text, text_completion, text_prompt
from nakochat.serving.engines.transcript import Delta, Entry
from nakochat.serving.errors import BadRequest


def parse(**fields):
    return parse_text(fields, Sampling())


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("옛날", ("옛날",)),
        (["옛날", "어느"], ("옛날", "어느")),
        ([5, 6], ((5, 6),)),
        ([5.0, 6], ((5, 6),)),
        ([[5], [6, 7]], ((5,), (6, 7))),
        (["옛날", [5]], ("옛날", (5,))),
        ("", ("",)),
    ],
)
def test_a_prompt_is_a_text_or_ids_or_several(prompt, read):
    assert parse(prompt=prompt).prompts == read


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [[]]}, "prompt"),
        ({"prompt": [True]}, "prompt"),
        ({"prompt": [1.5]}, "prompt"),
        ({"prompt": {"a": 1}}, "prompt"),
        ({"prompt": ["a"] * 17}, "prompt"),
        ({"prompt": "\ud800"}, "prompt"),
        ({"prompt": "a", "echo": True}, "echo"),
        ({"prompt": "a", "suffix": "b"}, "suffix"),
        ({"prompt": "a", "best_of": 2}, "best_of"),
        ({"prompt": "a", "best_of": True}, "best_of"),
        ({"prompt": "a", "echo": 0}, "echo"),
        ({"prompt": "a", "logprobs": 6}, "logprobs"),
        ({"prompt": "a", "logprobs": True}, "logprobs"),
        ({"prompt": "a", "truncation": "auto"}, "truncation"),
    ],
)
def test_a_malformed_request_names_its_field(fields, param):
    with pytest.raises(BadRequest) as refused:
        parse(**fields)
    assert refused.value.param == param


def test_no_ids_of_a_client_are_control_tokens(engine):
    t = engine.tokenizer
    written = "<|im_start|>user <|im_end|>"
    assert not set(text_prompt(written, t)[1:]) & t.special_ids
    assert text_prompt((t.bos, 5), t) == text_prompt((5,), t) == [t.bos, 5]
    for ids in ((5, t.im_end), (t.bos, t.bos), (-1,), (t.vocab_size,), (10**20,)):
        with pytest.raises(BadRequest):
            text_prompt(ids, t)


def test_both_forms_of_an_answer_say_the_same():
    asked = parse(prompt="옛날", logprobs=1, stream=True).asked
    likely = ((b"\xed\x95", -1.0), (b" \xed", -1.5), (b"a", -2.0))
    half, rest = Entry(b"\xed\x95", -1.0, likely), Entry(b"\x9c", -2.0, ())
    deltas = [
        Delta("text", "옛", None, (Entry("옛".encode(), -0.5, ()),)),
        Delta("text", "한", None, (half, rest)),
    ]
    deltas.append(Delta("text", "", "stop"))
    choice = text_completion({}, [deltas], {}, asked)["choices"][0]
    assert (choice["text"], choice["finish_reason"]) == ("옛한", "stop")
    assert choice["logprobs"]["token_logprobs"] == [-0.5, -1.0, -2.0]
    assert choice["logprobs"]["text_offset"] == [0, 1, 1]
    # pieces of characters have names of their own, or one would take the other's place
    assert choice["logprobs"]["tokens"] == ["옛", r"bytes:\xed\x95", r"bytes:\x9c"]
    assert choice["logprobs"]["top_logprobs"][1] == {
        r"bytes:\xed\x95": -1.0,
        r"bytes:\x20\xed": -1.5,
        "a": -2.0,
    }
    # a token that was drawn stands there, too, where it is not among the likeliest
    assert choice["logprobs"]["top_logprobs"][2] == {r"bytes:\x9c": -2.0}
    chunks = TextChunks({}, asked)
    said = chunks.first() + "".join(chunks.delta(0, delta) for delta in deltas) + chunks.last({})
    *events, done, _ = said.split("\n\n")
    assert done == "data: [DONE]"
    choices = [json.loads(event.removeprefix("data: "))["choices"][0] for event in events]
    assert "".join(choice["text"] for choice in choices) == "옛한"
    offsets = [
        number for choice in choices for number in (choice["logprobs"] or {"text_offset": []})["text_offset"]
    ]
    assert offsets == [0, 1, 1]
    assert choices[-1]["finish_reason"] == "stop"


def test_where_a_token_begins_does_not_depend_on_what_a_stop_string_may_still_take_back():
    asked = parse(prompt="옛날", logprobs=0, stream=True, stop="bz").asked
    deltas = [
        Delta("text", "a"),  # of "ab", whose b waits for what comes
        Delta("text", "bc", None, (Entry(b"ab", -1.0, ()), Entry(b"c", -1.0, ()))),
        Delta("text", "가", None, (Entry("가".encode(), -1.0, ()),)),
        Delta("text", "d", "length", (Entry(b"d", -1.0, ()),)),
    ]
    whole = text_completion({}, [deltas], {}, asked)["choices"][0]["logprobs"]["text_offset"]
    chunks = TextChunks({}, asked)
    events = "".join(chunks.delta(0, delta) for delta in deltas).split("\n\n")[:-1]
    logprobs = [json.loads(event.removeprefix("data: "))["choices"][0]["logprobs"] for event in events]
    assert [number for part in logprobs if part for number in part["text_offset"]] == whole == [0, 2, 3, 4]
