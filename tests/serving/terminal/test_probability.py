import json
import math

import pytest

from nakochat.inference.request import Request
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Likely, continue_likely, continue_text
from nakochat.serving.terminal import probability
from nakochat.serving.terminal.probability import STYLES, show_probabilities, style_of

SAMPLING = Sampling(max_tokens=24, temperature=1.2, seed=3)


def test_a_character_of_several_tokens_has_the_product_of_theirs(engine, script):
    ids = engine.tokenizer.encode("뷁")
    assert len(ids) > 1
    script([*ids, engine.tokenizer.im_end])
    [piece] = continue_likely(engine, "안녕", SAMPLING)
    script([*ids, engine.tokenizer.im_end])
    prompt = [engine.tokenizer.bos, *engine.tokenizer.encode("안녕")]
    engine.submit(Request(prompt=prompt, sampling=SAMPLING, logprobs=0))
    logs = []
    while engine.busy:
        logs += [token.logprob for token in engine.step() if token.id in ids]
    assert len(logs) == len(ids)
    assert (piece.text, piece.probability) == ("뷁", pytest.approx(math.exp(sum(logs))))


def test_the_pieces_are_the_text_and_their_product_is_its_probability(engine):
    pieces = list(continue_likely(engine, "안녕", SAMPLING))
    assert "".join(piece.text for piece in pieces) == "".join(
        piece.text for piece in continue_text(engine, "안녕", SAMPLING)
    )
    ids = [engine.tokenizer.bos, *engine.tokenizer.encode("안녕")]
    engine.submit(Request(prompt=ids, sampling=SAMPLING, logprobs=0))
    tokens = []
    while engine.busy:
        tokens += engine.step()
    last = max(place for place, token in enumerate(tokens) if token.text)
    counted = [token for token in tokens[: last + 1] if token.id not in engine.tokenizer.special_ids]
    expected = math.exp(math.fsum(token.logprob for token in counted))
    assert math.prod(piece.probability for piece in pieces) == pytest.approx(expected)
    assert not engine.busy


def test_an_engine_is_free_again_when_the_reader_leaves(engine):
    pieces = continue_likely(engine, "안녕", SAMPLING)
    next(pieces)
    pieces.close()
    assert not engine.busy


def test_every_probability_has_its_style():
    assert [style_of(value) for value in (1.0, 0.8, 0.79, 0.3, 0.0)] == [
        "green",
        "green",
        "cyan",
        "yellow",
        STYLES[-1][1],
    ]
    assert style_of(None) == "dim"


def test_through_a_pipe_there_are_figures_line_by_line(capsys):
    show_probabilities("앞", [Likely("가\n", 0.5), Likely("\x1b[2J나", None)])
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(share, json.loads(text)) for share, text in lines] == [("0.5000", "가\n"), ("", "나")]


def test_in_a_terminal_there_are_colours_and_what_they_mean(monkeypatch, capsys):
    monkeypatch.setattr(probability.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    show_probabilities("앞", [Likely("가", 0.9), Likely("나", 0.1)])
    out = capsys.readouterr().out
    assert "\x1b[32m가\x1b[0m" in out
    assert "31m나" in out
    assert "80–100 %" in out
    monkeypatch.setenv("NO_COLOR", "1")
    show_probabilities("앞", [Likely("가", 0.9)])
    assert "\x1b" not in capsys.readouterr().out
