import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.core.errors import DataError
from nakochat.text import characters
from nakochat.text.characters import train_characters
from nakochat.text.tokenizer import SPECIAL_TOKENS, Tokenizer

TEXT = "무궁화 꽃이 피었습니다.\nHello, 12!"


@pytest.fixture(scope="module")
def tokenizer():
    return train_characters([TEXT, "가나다"])


def test_a_character_is_a_token(tokenizer):
    assert len(tokenizer.encode(TEXT)) == len(TEXT) >= tokenizer.least_tokens(TEXT)
    assert tokenizer.least_tokens("🌸" * 9) <= len(tokenizer.encode("🌸" * 9))
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT
    known = sorted(set(TEXT + "가나다"))
    assert tokenizer.encode("".join(known)) == list(range(len(known)))
    assert tokenizer.vocab_size == len(known) + 1 + len(SPECIAL_TOKENS)
    assert tokenizer.encode_batch(["꽃", "이"]) == [tokenizer.encode("꽃"), tokenizer.encode("이")]
    assert tokenizer.token_bytes[tokenizer.encode("꽃")[0]] == "꽃".encode()


def test_a_new_character_is_unknown_and_seen_as_such(tokenizer):
    assert tokenizer.decode(tokenizer.encode("가뷁다")) == "가\ufffd다"
    assert tokenizer.encode("뷁") == tokenizer.encode("👍")


@settings(max_examples=100)
@given(st.text(st.sampled_from(TEXT + "가나다")))
def test_any_text_of_known_characters_comes_back(text):
    tokenizer = train_characters([TEXT, "가나다"])
    assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text)


def test_text_yields_no_special_token(tokenizer):
    for name in SPECIAL_TOKENS:
        assert not tokenizer.special_ids & set(tokenizer.encode(name))
        assert tokenizer.encode("꽃" + name)[0] == tokenizer.encode("꽃")[0]
    assert tokenizer.decode(sorted(tokenizer.special_ids)) == ""


def test_decomposed_text_is_the_same(tokenizer):
    assert tokenizer.encode(unicodedata.normalize("NFD", TEXT)) == tokenizer.encode(TEXT)


def test_it_comes_back_from_disk_the_same(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer")
    loaded = Tokenizer.load(tmp_path / "tokenizer")
    assert loaded.hash == tokenizer.hash
    assert loaded.encode(TEXT) == tokenizer.encode(TEXT)
    assert loaded.token_bytes == tokenizer.token_bytes


def test_no_text_and_too_many_characters_are_refused(monkeypatch):
    with pytest.raises(DataError, match="0개"):
        train_characters([])
    monkeypatch.setattr(characters, "MOST", 3)
    with pytest.raises(DataError, match="4개"):
        train_characters(["가나", "다라"])
