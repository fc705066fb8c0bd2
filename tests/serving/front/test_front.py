import json
import unicodedata

import pytest
from tokenizers import Tokenizer as Backend

from nakochat.serving.errors import BadRequest
from nakochat.text.tokenizer import Tokenizer
from tests.serving.in_process import front_at_once

TURN = [{"role": "user", "content": "안녕하세요"}, {"role": "assistant", "content": "반가워요."}]
ASKED = {"role": "user", "content": "37+45는?"}


def prepare(front, turns, **fields):
    messages = [{"role": "system", "content": "짧게"}, *TURN * turns, ASKED]
    return front.prepare_chat(json.dumps({"messages": messages, **fields}).encode())


def test_a_conversation_too_long_is_refused_or_loses_its_oldest_turns_as_it_was_set(engine):
    front = front_at_once(engine.tokenizer)
    short = prepare(front, 1, truncation="auto")
    assert short.dropped == 0
    assert list(short.asks[0].prompt) == list(prepare(front, 1).asks[0].prompt)
    for fields in ({}, {"truncation": "disabled"}, {"truncation": None}):
        with pytest.raises(BadRequest) as refused:
            prepare(front, 200, **fields)
        assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "messages")
    cut = prepare(front, 200, truncation="auto")
    assert cut.dropped % 2 == 0
    assert cut.dropped > 300
    kept = prepare(front, (400 - cut.dropped) // 2)
    assert list(cut.asks[0].prompt) == list(kept.asks[0].prompt)
    front.truncation = "auto"  # what the server was told; a request may still choose
    assert list(prepare(front, 200).asks[0].prompt) == list(cut.asks[0].prompt)
    with pytest.raises(BadRequest):
        prepare(front, 200, truncation="disabled")


def test_stop_strings_have_the_form_of_the_text_that_they_are_sought_in(engine):
    front, stop = front_at_once(engine.tokenizer), unicodedata.normalize("NFD", "끝!")
    assert prepare(front, 0, stop=[stop]).asks[0].stop == ("끝!",)
    text = front.prepare_text(json.dumps({"prompt": "옛날", "stop": stop}).encode())
    assert text.asks[0].stop == ("끝!",)
    bare = Tokenizer(Backend.from_str(engine.tokenizer.backend.to_str()))
    bare.backend.normalizer = None  # as some are published: their models write what they read
    assert prepare(front_at_once(bare), 0, stop=stop).asks[0].stop == (stop,)


def test_a_last_message_that_never_fits_is_refused_all_the_same(engine):
    front = front_at_once(engine.tokenizer)
    messages = [*TURN, {"role": "user", "content": "뷁" * 1000}]
    with pytest.raises(BadRequest) as refused:
        front.prepare_chat(json.dumps({"messages": messages, "truncation": "auto"}).encode())
    assert refused.value.code == "context_length_exceeded"
