"""Whatever tokens come, and wherever a stop string cuts, the bytes of the entries are the bytes of the words."""

import random

from nakochat.inference.detokeniser import Detokeniser
from nakochat.serving.engines.transcript import Transcript
from nakochat.serving.engines.wire import WireToken


def say(tokenizer, ids, finish="length", cut=None):
    """Tokens as an engine gives them; cut: characters of the last part's words before a stop string."""
    text, shown = Detokeniser(tokenizer.token_bytes), ""
    for place, token in enumerate(ids):
        last = place == len(ids) - 1
        new = text.push(token)
        if cut is not None:
            new = new[: max(0, cut - len(shown))]
        shown += new
        yield WireToken(token, finish if last else None, new, "text", -1.0, ((token, -1.0),))


def test_entries_join_the_text_that_they_stand_for(engine):
    tokenizer = engine.tokenizer
    for text in ("안녕하세요 무궁화", "뷁 🌸 37+45", "a"):
        ids = tokenizer.encode(text)
        transcript = Transcript(tokenizer)
        deltas = [transcript.push(token) for token in say(tokenizer, ids)]
        assert "".join(delta.text for delta in deltas) == text
        entries = [entry for delta in deltas for entry in delta.entries]
        assert [entry.data for entry in entries] == [tokenizer.token_bytes[i] for i in ids]
        for delta in deltas:  # each with its own text
            assert b"".join(entry.data for entry in delta.entries).decode() == delta.text
        assert deltas[-1].finish == "length"
        assert transcript.tokens == len(ids)


def test_what_a_stop_string_took_back_has_no_entry(engine):
    tokenizer, draw = engine.tokenizer, random.Random(1)
    text = "안녕하세요. 37+45는 82예요. 뷁🌸"
    ids = tokenizer.encode(text)
    for _ in range(200):
        cut = draw.randrange(len(text) + 1)
        transcript = Transcript(tokenizer)
        deltas = [transcript.push(token) for token in say(tokenizer, ids, "stop", cut)]
        entries = b"".join(entry.data for delta in deltas for entry in delta.entries)
        assert entries.decode() == "".join(delta.text for delta in deltas) == text[:cut]


def test_a_calculators_call_has_no_entries_and_what_follows_it_has(engine):
    t = engine.tokenizer
    call = [t.python_start, *t.encode("1+1"), t.python_end, t.output_start, *t.encode("2"), t.output_end]
    answer = t.encode("둘")
    transcript = Transcript(t)
    deltas = [transcript.push(WireToken(i, None, "", "python", -1.0)) for i in call]
    deltas += [transcript.push(token) for token in say(t, answer)]
    deltas += [transcript.push(WireToken(t.im_end, "stop", "", "text", -0.1))]
    assert [entry.data for delta in deltas for entry in delta.entries] == [t.token_bytes[i] for i in answer]
    assert deltas[-1].finish == "stop"
