import unicodedata

import pytest

from nakochat.evals.compression import compression_figures, measure
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["하늘 하늘 하늘 바다 바다"] * 5, 330)


def test_characters_bytes_and_tokens_are_counted(tokenizer):
    texts = ["하늘 바다", "hi"]
    found = measure(tokenizer.backend, texts)
    assert (found.characters, found.bytes) == (7, 15)
    assert found.tokens == sum(len(tokenizer.encode(text)) for text in texts)
    both = found + found
    assert both.figures()["characters_per_token"] == found.figures()["characters_per_token"]
    assert both.tokens == 2 * found.tokens


def test_decomposed_text_counts_as_what_it_says(tokenizer):
    assert measure(tokenizer.backend, [unicodedata.normalize("NFD", "하늘")]) == measure(
        tokenizer.backend, ["하늘"]
    )


def test_tokens_that_cut_a_character_are_those_that_hold_no_whole_one(tokenizer):
    for text in ("하늘", "뷁", "하늘뷁 a뷁", "👨‍👩‍👧 a"):
        pieces = [tokenizer.token_bytes[i] for i in tokenizer.encode(text)]
        cut = sum("\ufffd" in piece.decode("utf-8", errors="replace") for piece in pieces)
        assert measure(tokenizer.backend, [text]).cut == cut
    assert measure(tokenizer.backend, ["뷁"]).cut == 3


def test_figures_of_all_domains_together(tokenizer):
    figures = compression_figures(tokenizer.backend, {"a": ["하늘 바다"], "b": ["바다"]})
    domains = figures["domains"]
    assert figures["tokens"] == domains["a"]["tokens"] + domains["b"]["tokens"]
    assert figures["encode_megabytes_per_second"] > 0
    assert figures["decode_megabytes_per_second"] > 0
