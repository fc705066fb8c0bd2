import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from nakochat.core.errors import DataError
from nakochat.data.village.village import Village
from nakochat.text.phrases import LONGEST, _choose, learn_phrases
from nakochat.text.tokenizer import PHRASE_SPLIT, SPECIAL_TOKENS, SUPERBPE_SPLIT, Tokenizer

TEXTS = [
    "1981년 12월 31일에 3,500원을 냈고 2,345,678원을 벌었습니다. 12345",
    *(Village(0).text(number) for number in range(60)),
]
SIZE = 1000


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train_phrases(TEXTS, TEXTS, SIZE, 0.2)


def learn(text, size, tokens=None):
    listed = tokens or [bytes([byte]) for byte in range(256)]
    known = {token: number for number, token in enumerate(listed)}
    ids = np.array([known[bytes([byte])] for byte in text.encode()], dtype=np.int64)
    merges = learn_phrases(ids, listed, size)
    made = list(listed)
    for left, right in merges:
        if made[left] + made[right] not in made:
            made.append(made[left] + made[right])
    return merges, made[256:]


def test_the_most_frequent_pair_is_merged_first_and_then_what_it_became():
    _, made = learn("ab ab ab xy ", 258)
    assert made == [b"ab", b"ab "]
    merges, _ = learn("ab ab ab xy ", 258)
    assert merges == [(ord("a"), ord("b")), (256, ord(" "))]


def test_pairs_that_touch_are_not_merged_in_one_pass():
    left, right, counts = np.array([1, 2, 5, 7]), np.array([2, 3, 6, 8]), np.array([9, 9, 9, 2])
    assert _choose(left, right, counts, room=9) == [(1, 2), (5, 6)]  # 2 is taken, and 7 8 comes too seldom
    assert _choose(left, right, counts, room=1) == [(1, 2)]
    assert _choose(left, right, np.array([9, 10, 9, 2]), room=9) == [(2, 3), (5, 6)]


def test_nothing_is_learned_from_what_comes_once():
    assert learn("abcdefg", 300)[0] == []
    assert learn("a", 300)[0] == []


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("a1a1a1a1", b"a1"),  # numbers stay by themselves
        ("a\nb\nxa\nb\nx", b"\nb"),  # a line ends a phrase
        ("a. b a. b a. b", b". "),  # so does a sentence
        ("가나가나가나", "가".encode()[:2]),  # half a character joins nothing
        ("aaaaaaaa", b"aa"),  # which two of three would it be
    ],
)
def test_what_never_becomes_one_token(text, never):
    _, made = learn(text * 3, 290)
    assert not any(never in token for token in made)


def test_the_end_of_a_line_belongs_to_its_last_words():
    _, made = learn("ab\ncd\n" * 9, 290)
    assert b"ab\n" in made


def test_no_phrase_is_longer_than_the_longest():
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()-_=+[]{}"
    _, made = learn((letters + "\n") * 5, 400)
    assert max(map(len, made)) <= LONGEST
    assert max(map(len, made)) > LONGEST // 2


def test_what_is_learned_by_the_pass_is_used_by_the_encoder(tokenizer):
    assert tokenizer.vocab_size == SIZE
    phrases = {data for data in tokenizer.token_bytes if b" " in data[1:-1]}
    assert len(phrases) > 50
    used = {tokenizer.token_bytes[i] for text in TEXTS for i in tokenizer.encode(text)}
    assert len(used & phrases) > len(phrases) / 2
    words = Tokenizer.train(TEXTS, SIZE)
    assert sum(map(len, tokenizer.encode_batch(TEXTS))) < 0.98 * sum(map(len, words.encode_batch(TEXTS)))
    assert all(tokenizer.decode(tokenizer.encode(text)) == text for text in TEXTS)


def test_a_number_is_cut_into_threes_from_the_right(tokenizer):
    pieces = [tokenizer.token_bytes[i] for i in tokenizer.encode("98712345")]
    text = b"|".join(pieces).decode()
    for border in (2, 5):  # 98|712|345
        assert sum(map(len, pieces[: _pieces_until(pieces, border)])) == border, text


def _pieces_until(pieces, length):
    total = 0
    for number, piece in enumerate(pieces):
        if total >= length:
            return number
        total += len(piece)
    return len(pieces)


def test_the_size_is_kept_and_special_tokens_come_last(tokenizer):
    assert tokenizer.special_ids == set(range(SIZE - 8, SIZE))
    for name in SPECIAL_TOKENS:
        assert not tokenizer.special_ids & set(tokenizer.encode(f"가{name}나"))


def test_transformers_gives_the_same_ids(tokenizer, tmp_path):
    from transformers import AutoTokenizer  # seconds, which only the worker of this file has to give

    tokenizer.save(tmp_path / "tokenizer")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "tokenizer")
    for text in [*TEXTS[:3], "할 수  있는\n\n일 ½ ①② 1234567.89", "👨‍👩‍👧‍👦 ㅋㅋ\t\x00"]:
        assert theirs.encode(text, add_special_tokens=False) == tokenizer.encode(text)


def test_any_number_of_workers_gives_the_same_bytes(tokenizer):
    program = (
        "from nakochat.data.village.village import Village\n"
        "from nakochat.text.tokenizer import Tokenizer\n"
        f"texts = [{TEXTS[0]!r}, *(Village(0).text(number) for number in range(60))]\n"
        f"print(Tokenizer.train(texts, {SIZE}).hash, Tokenizer.train_phrases(texts, texts, {SIZE}, 0.2).hash)"
    )
    printed = set()
    for workers in ("1", "2", "5"):
        environment = os.environ | {"RAYON_NUM_THREADS": workers, "PYTHONHASHSEED": workers}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        printed.add(done.stdout)
    assert printed == {f"{Tokenizer.train(TEXTS, SIZE).hash} {tokenizer.hash}\n"}


def test_a_share_that_leaves_no_room_for_words_is_refused():
    with pytest.raises(DataError, match=r"200.*--phrases"):
        Tokenizer.train_phrases(TEXTS, TEXTS, 392, 0.5)


def cuts(split, text):
    parts = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in split]
    return pre_tokenizers.Sequence(parts).pre_tokenize_str(text)


@settings(max_examples=1000)
@given(st.text(st.sampled_from("0123456789٣½Ⅷ²a가 \n-,."), max_size=40))
def test_numbers_are_cut_where_llama_cpp_cuts_them(text):
    assert cuts(PHRASE_SPLIT, text) == cuts(SUPERBPE_SPLIT, text)


def test_a_number_of_any_length_is_cut_in_threes_from_the_right():
    for length in [*range(1, 40), 300_001]:  # in one pass: the other pattern would take minutes for the last
        pieces = [piece for piece, _ in cuts(PHRASE_SPLIT, "7" * length)]
        assert pieces == ["7" * (length % 3)] * (length % 3 > 0) + ["777"] * (length // 3)
