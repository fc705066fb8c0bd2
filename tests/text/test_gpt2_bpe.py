import json

import pytest

from nakochat.core.errors import DataError
from nakochat.text.gpt2_bpe import read_gpt2
from nakochat.text.tokenizer import SPECIAL_TOKENS, Tokenizer, byte_characters

SPACE = byte_characters()[ord(" ")]
MERGES = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), (SPACE, "w"), (f"{SPACE}w", "o")]


@pytest.fixture
def published(tmp_path):
    tokens = [byte_characters()[byte] for byte in range(256)]
    tokens += ["".join(pair) for pair in MERGES] + ["<|endoftext|>"]
    (tmp_path / "encoder.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in MERGES)]
    (tmp_path / "vocab.bpe").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_the_published_merges_are_run(published):
    tokenizer = read_gpt2(published)
    assert tokenizer.encode("hello world") == [259, 261, ord("r"), ord("l"), ord("d")]
    assert tokenizer.decode([259, 261]) == "hello wo"
    assert tokenizer.encode_batch(["hello"]) == [[259]]


def test_the_chat_tokens_come_after_the_published_ones(published):
    tokenizer = read_gpt2(published)
    assert tokenizer.bos == 262  # <|endoftext|>
    assert tokenizer.special_ids == set(range(262, 270))
    assert tokenizer.vocab_size == 270
    for name in ("<|endoftext|>", *SPECIAL_TOKENS):
        assert not tokenizer.special_ids & set(tokenizer.encode(f"a{name}b"))
        assert tokenizer.decode(tokenizer.encode(name)) == name


def test_text_is_not_normalised_and_comes_back_as_it_was(published):
    tokenizer = read_gpt2(published)
    for text in ("가\u1100\u1161", "é é", "👨‍👩‍👧", "\x00\r\n  "):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    with pytest.raises(DataError, match="U\\+D83D"):
        tokenizer.encode("a\ud83d")


def test_it_comes_back_from_disk_the_same(published, tmp_path):
    tokenizer = read_gpt2(published)
    tokenizer.save(tmp_path / "tokenizer")
    loaded = Tokenizer.load(tmp_path / "tokenizer")
    assert (loaded.hash, loaded.bos) == (tokenizer.hash, tokenizer.bos)
    assert loaded.encode("hello wo") == [259, 261]
    config = json.loads((tmp_path / "tokenizer" / "tokenizer_config.json").read_text())
    assert config["bos_token"] == "<|endoftext|>"


def test_files_that_are_missing_or_torn_are_said(published, tmp_path):
    with pytest.raises(DataError, match=r"encoder\.json"):
        read_gpt2(tmp_path / "nowhere")
    for name, broken in (
        ("vocab.bpe", "#version\nq w e\n"),
        ("vocab.bpe", "#v\nqq ww\n"),
        ("encoder.json", "{"),
    ):
        before = (published / name).read_text(encoding="utf-8")
        (published / name).write_text(broken)
        with pytest.raises(DataError, match="GPT-2"):
            read_gpt2(published)
        (published / name).write_text(before, encoding="utf-8")
