import unicodedata

import pytest

from nakochat.inference.request import TooLong
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.serving import turns
from nakochat.serving.turns import join, prompt_tokens, refuse_hopeless, shorten
from nakochat.text.conversation import Part, assistant, system, user


def test_the_oldest_whole_turns_are_dropped_and_the_system_message_stays(engine):
    sampling = Sampling(max_tokens=16)
    turns = [
        message for number in range(12) for message in (user(f"{number}번 안녕"), assistant("안녕하세요."))
    ]
    conversation = (system("무궁화"), *turns, user("37+45"))
    kept = shorten(engine, conversation, sampling)
    assert kept[0] == conversation[0]
    assert kept[1:] == conversation[-(len(kept) - 1) :]
    assert kept[1].role == "user"
    assert prompt_tokens(engine, kept, sampling) <= engine.context - 16
    one_more = (kept[0], *conversation[-(len(kept) + 1) :])
    with pytest.raises(TooLong):
        prompt_tokens(engine, one_more, sampling)


def test_a_place_among_many_turns_is_found_in_few_looks(engine, monkeypatch):
    looks = []
    render = turns.render_prompt
    monkeypatch.setattr(turns, "render_prompt", lambda *asked: looks.append(1) or render(*asked))
    said = [message for number in range(1000) for message in (user(f"{number}번"), assistant("네."))]
    kept = shorten(engine, (*said, user("37+45")), Sampling(max_tokens=16))
    assert len(looks) <= 12
    with pytest.raises(TooLong):
        prompt_tokens(engine, (*said[-len(kept) - 1 :], user("37+45")), Sampling(max_tokens=16))


def test_a_conversation_that_fits_is_left_alone_and_a_message_that_never_fits_is_refused(engine):
    short = (user("안녕"), assistant("안녕하세요."), user("안녕"))
    assert shorten(engine, short, Sampling()) is short
    with pytest.raises(TooLong):
        shorten(engine, (user("안녕"), assistant("네"), user("뷁" * 100)), Sampling())


def test_what_cannot_fit_however_it_is_tokenized_is_refused_before_it_is(engine):
    longest = max(map(len, engine.tokenizer.token_bytes))
    fits = "a" * (engine.context * longest)
    refuse_hopeless(engine, [fits])
    refuse_hopeless(engine, [unicodedata.normalize("NFD", "가" * (len(fits) // 3))])  # a third of its bytes
    for texts in ([fits + "a"], [fits, "a"]):
        with pytest.raises(TooLong, match=str(engine.context + 1)):
            refuse_hopeless(engine, texts)


def test_pieces_join_by_kind_and_a_call_without_its_result_is_left_out():
    pieces = [
        Piece("text", "답"),
        Piece("text", "은"),
        Piece("python", "1+"),
        Piece("python", "1"),
        Piece("output", "2"),
    ]
    whole = (Part("text", "답은"), Part("python", "1+1"), Part("output", "2"))
    assert join(pieces) == whole
    assert join([*pieces, Piece("text", "", "stop")]) == whole
    assert join(pieces[:-1]) == whole[:1]
    assert join(pieces[:-1], cut_call=True) == whole[:2]
