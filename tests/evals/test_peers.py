import base64
import json

import pytest
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import ConfigError, DataError
from nakochat.evals.peers import RANK_FILES, SPLITS, read_peer
from nakochat.text.tokenizer import Tokenizer

MERGED = ["ab", " t", " the", "abab", "the", "가".encode()[:2], "가"]
TOKENS = [bytes([b]) for b in range(256)]
TOKENS += [b"th", b" th", *(word if isinstance(word, bytes) else word.encode() for word in MERGED)]


def write_ranks(path, tokens=TOKENS):
    lines = [f"{base64.b64encode(token).decode()} {rank}" for rank, token in enumerate(tokens)]
    path.write_text("\n".join(lines) + "\n")


def by_rank(text, ranks):
    """The definition, without regard for words: merge the lowest rank until nothing merges."""
    parts = [bytes([byte]) for byte in text.encode()]
    while True:
        found = [(ranks.get(parts[i] + parts[i + 1], 10**9), i) for i in range(len(parts) - 1)]
        if not found or min(found)[0] == 10**9:
            return [ranks[part] for part in parts]
        place = min(found)[1]
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


@pytest.mark.parametrize("name", ["cl100k", "o200k"])
@pytest.mark.parametrize("which", [0, 1])
def test_ranks_are_run_as_they_are_defined(tmp_path, name, which):
    write_ranks(tmp_path / RANK_FILES[name][which])
    backend = read_peer(name, tmp_path)
    assert backend.get_vocab_size() == len(TOKENS)
    ranks = {token: rank for rank, token in enumerate(TOKENS)}
    for word in ("abab", "ababab", " the", "the", "가", "각", "theab"):
        assert backend.encode(word).ids == by_rank(word, ranks)
    text = " the abab가\n\n  12345!?"
    assert backend.decode(backend.encode(text).ids) == text


def test_words_are_split_as_published():
    import regex

    def split(name, text):
        return [found.group() for found in regex.finditer(SPLITS[name], text)]

    assert split("cl100k", "I'LL 12345 HTTPServer가!") == ["I", "'LL", " ", "123", "45", " HTTPServer가", "!"]
    assert split("o200k", "I'LL 12345 HTTPServer가!") == ["I'LL", " ", "123", "45", " HTTPServer가", "!"]
    assert split("o200k", "camelCase") == ["camel", "Case"]


def test_a_tokenizer_file_is_read_as_it_is(tmp_path):
    made = Tokenizer.train(["하늘 바다"] * 3, 280)
    (tmp_path / "kobart_tokenizer.json").write_text(made.backend.to_str(), encoding="utf-8")
    peer = read_peer("kobart", tmp_path)
    assert isinstance(peer, Backend)
    assert peer.encode("하늘").ids == made.encode("하늘")


def test_files_that_are_not_there_or_not_whole_are_said(tmp_path):
    with pytest.raises(ConfigError, match="gpt5"):
        read_peer("gpt5", tmp_path)
    for name in ("gpt2", "cl100k", "o200k", "kobart"):
        with pytest.raises(DataError):
            read_peer(name, tmp_path)
    path = tmp_path / RANK_FILES["cl100k"][0]
    for broken in ("<html>not found</html>", "YQ== x", "%%% 1"):
        path.write_text(broken)
        with pytest.raises(DataError, match="cl100k"):
            read_peer("cl100k", tmp_path)
    write_ranks(path, TOKENS[1:])  # a byte is missing
    with pytest.raises(DataError, match="cl100k"):
        read_peer("cl100k", tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({}))
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        read_peer("kobart", tmp_path)
