import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.inference.utf8 import WHOLE, utf8_table
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["별이는 봄에 꽃을 심었어요. The quick brown fox."] * 20, 320)


ENDS = (b"", *(first + b"\x80" * rest for first in (b"\x80", b"\x90", b"\xa0") for rest in range(3)))


def decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def continues(data: bytes) -> bool:
    """Whether some end makes UTF-8 of these bytes, as Python decodes it."""
    return any(decodes(data + end) for end in ENDS)


def test_a_token_is_allowed_where_text_could_go_on(tokenizer):
    table = utf8_table(tokenizer)
    beginnings = [b"", b"\xc3", b"\xe1\x80", b"\xe1", b"\xf1", b"\xe0", b"\xed", b"\xf0", b"\xf4"]
    for before in beginnings:
        state = WHOLE
        for byte in before:
            token = tokenizer.token_bytes.index(bytes([byte]))
            assert table.allowed[state, token]
            state = table.after[state, token]
        for token, data in enumerate(tokenizer.token_bytes):
            if token not in tokenizer.special_ids:
                assert table.allowed[state, token] == continues(before + data), (before, data)


def test_special_tokens_stand_between_characters(tokenizer):
    table = utf8_table(tokenizer)
    special = sorted(tokenizer.special_ids)
    assert table.allowed[WHOLE, special].all()
    assert not table.allowed[1:, special].any()


@given(st.text())
def test_every_text_passes_and_ends_whole(text):
    tokenizer = Tokenizer.train(["가나다"], 270)
    table, state = utf8_table(tokenizer), WHOLE
    for token in tokenizer.encode(text):
        assert table.allowed[state, token]
        state = table.after[state, token]
    assert state == WHOLE


def test_random_walks_are_utf8(tokenizer):
    table, random = utf8_table(tokenizer), np.random.default_rng(0)
    for _ in range(50):
        state, data = WHOLE, b""
        for _ in range(60):
            token = int(random.choice(np.flatnonzero(table.allowed[state])))
            data += tokenizer.token_bytes[token]
            state = int(table.after[state, token])
        assert continues(data)
        assert (state == WHOLE) == decodes(data)
