import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import DataError
from nakochat.text.tokenizer import CLASSIC_TOKENS, SPECIAL_TOKENS, Tokenizer

TEXTS = [
    "안녕하세요. 무궁화 꽃이 피었어요. 37+45는 82예요.",
    "토끼는 풀을 먹고 소도 풀을 먹어요. Hello, world! it's 2024.",
    "옛날 어느 마을에 별이와 해가 살았어요.\n\n그래서 둘은 친구예요.",
] * 5
SAMPLES = [
    "",
    " ",
    "안녕하세요!  무궁화\n\n\t꽃 ",
    "ㅋㅋㅋ ㅠㅠ ㄱㄴㄷ ㅏㅑ",
    "👨‍👩‍👧‍👦 🇰🇷 👍🏽 é ½ ㎏ …",
    "\x00\x01\x1b[31m\x7f\u200b\ufeff",
    "漢字 かな Ελλ \U0001d4b3",
    "it's I'LL 1,234.56% a_b",
    "가\u11a8",
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXTS, 400)


def test_every_syllable_and_jamo_comes_back(tokenizer):
    text = "".join(map(chr, [*range(0xAC00, 0xD7A4), *range(0x3131, 0x318F)]))
    assert tokenizer.decode(tokenizer.encode(text)) == text
    for syllable in text[::97]:
        assert tokenizer.decode(tokenizer.encode(syllable)) == syllable


@pytest.mark.parametrize("text", SAMPLES)
def test_all_text_comes_back_in_nfc(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text)


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_in_nfc(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == unicodedata.normalize("NFC", text)
    assert not tokenizer.special_ids & set(ids)
    assert tokenizer.least_tokens(text) <= len(ids)


def test_the_least_tokens_of_a_text_follow_from_its_bytes_in_nfc(tokenizer):
    longest = max(map(len, tokenizer.token_bytes))
    assert tokenizer.least_tokens("가" * 1000) == -(-3000 // longest)
    assert tokenizer.least_tokens(unicodedata.normalize("NFD", "가" * 1000)) == -(-3000 // longest)
    assert tokenizer.least_tokens("") == 0


HARD = [
    *map(chr, [*range(0x1100, 0x1200), *range(0xA960, 0xA97D), *range(0xD7B0, 0xD7FC)]),  # conjoining jamo
    *map(chr, [*range(0x3131, 0x318F), *range(0x20), *range(0x7F, 0xA1)]),  # jamo, controls
    *"👨👩👧🏽🇰🇷\u200d\ufe0f\u20e3\u200b\ufeff\u0301\u0327가힣뷁\uff11½①㎏ \uff41\r\n\t '09azAZ<|>",
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(HARD), max_size=30).map("".join))
def test_what_unicode_composes_joins_and_hides_comes_back_in_nfc(both, text):
    for each in both:
        assert each.decode(each.encode(text)) == unicodedata.normalize("NFC", text)
        assert each.encode_batch([text]) == [each.encode(text)]


@pytest.fixture(scope="module")
def both(tokenizer):
    return tokenizer, Tokenizer.train_phrases(TEXTS, TEXTS, 400, 0.3)


def test_decomposed_hangul_gives_the_same_ids(tokenizer):
    decomposed = unicodedata.normalize("NFD", TEXTS[0])
    assert decomposed != TEXTS[0]
    assert tokenizer.encode(decomposed) == tokenizer.encode(TEXTS[0])


@pytest.mark.parametrize("text", ["\ud800", "가\udc00나"])
def test_lone_surrogates_are_refused(tokenizer, text):
    with pytest.raises(DataError):
        tokenizer.encode(text)
    with pytest.raises(DataError):
        tokenizer.encode_batch(["가", text])


@pytest.mark.parametrize("name", SPECIAL_TOKENS)
def test_text_never_yields_a_special_token(tokenizer, name):
    for text in (name, f"가{name}나", name * 3, f" {name}\n"):
        for ids in (tokenizer.encode(text), tokenizer.encode_batch([text])[0]):
            assert not tokenizer.special_ids & set(ids)
            assert tokenizer.decode(ids) == text


def test_special_tokens_are_the_last_eight(tokenizer):
    assert tokenizer.special_ids == set(range(tokenizer.vocab_size - 8, tokenizer.vocab_size))
    assert tokenizer.bos == tokenizer.vocab_size - 8
    assert tokenizer.pad == tokenizer.vocab_size - 1
    assert tokenizer.decode(sorted(tokenizer.special_ids)) == ""


def test_a_token_cut_out_of_a_syllable_is_a_replacement_character(tokenizer):
    first_byte = next(i for i, data in enumerate(tokenizer.token_bytes) if data == "뷁".encode()[:1])
    assert tokenizer.decode([first_byte]) == "�"


def test_the_same_texts_give_the_same_tokenizer(tokenizer):
    again = Tokenizer.train(iter(TEXTS), 400)
    assert again.hash == tokenizer.hash
    assert Tokenizer.train(TEXTS, 300).vocab_size == 300
    assert Tokenizer.train(TEXTS[:1], 400).hash != tokenizer.hash


def test_it_comes_back_from_disk_the_same(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer")
    loaded = Tokenizer.load(tmp_path / "tokenizer")
    assert loaded.hash == tokenizer.hash
    for text in [*SAMPLES, *SPECIAL_TOKENS]:
        assert loaded.encode(text) == tokenizer.encode(text)


def test_a_published_models_own_ends_are_kept_with_its_tokenizer(tokenizer, tmp_path):
    assert tokenizer.ends == (tokenizer.im_end, tokenizer.bos)
    backend = Backend.from_str(tokenizer.backend.to_str())
    backend.add_special_tokens(["<|eot_id|>"])
    published = Tokenizer(backend, ends=["<|eot_id|>"])
    published.save(tmp_path / "t")
    again = Tokenizer.load(tmp_path / "t")
    own = backend.token_to_id("<|eot_id|>")
    assert again.ends == (again.im_end, again.bos, own)
    assert own in again.special_ids
    config = tmp_path / "t" / "tokenizer_config.json"
    for wrong in (["<|nowhere|>"], "<|eot_id|>", [3]):
        config.write_text(json.dumps({"ends": wrong}), encoding="utf-8")
        with pytest.raises(DataError, match="ends"):
            Tokenizer.load(tmp_path / "t")
    config.unlink()  # as others may leave a tokenizer.json alone
    assert Tokenizer.load(tmp_path / "t").ends == (again.im_end, again.bos)


def test_transformers_gives_the_same_ids(tokenizer, tmp_path):
    from transformers import AutoTokenizer  # seconds, which only the worker of this file has to give

    tokenizer.save(tmp_path / "tokenizer")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "tokenizer")
    for text in [*TEXTS[:3], *SAMPLES, unicodedata.normalize("NFD", TEXTS[0])]:
        ids = theirs.encode(text, add_special_tokens=False)
        assert ids == tokenizer.encode(text)
        assert theirs.decode(ids) == tokenizer.decode(ids)
    assert theirs.bos_token_id == tokenizer.bos
    assert theirs.eos_token_id == tokenizer.im_end
    assert theirs.pad_token_id == tokenizer.pad


def test_what_is_no_tokenizer_of_ours_is_refused(tokenizer, tmp_path):
    with pytest.raises(DataError, match="tok train"):
        Tokenizer.load(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        Tokenizer.load(tmp_path)
    tokenizer.save(tmp_path / "t")
    path.write_text((tmp_path / "t" / "tokenizer.json").read_text().replace("<|im_end|>", "<|else|>"))
    with pytest.raises(DataError, match="im_end"):
        Tokenizer.load(tmp_path)


def test_a_vocabulary_without_room_for_bytes_is_refused():
    with pytest.raises(DataError, match="265"):
        Tokenizer.train(TEXTS, 264)
    assert Tokenizer.train(TEXTS, 265).vocab_size == 265


def test_classic_special_tokens_come_first_and_take_the_parts_of_ours(tmp_path):
    made = Tokenizer.train(TEXTS, 380, first=CLASSIC_TOKENS)
    assert made.vocab_size == 380
    assert [made.backend.token_to_id(name) for name in CLASSIC_TOKENS] == [0, 1, 2, 3]
    assert (made.pad, made.bos, made.im_end) == (0, 2, 3)
    assert made.special_ids >= {0, 1, 2, 3}
    assert made.backend.token_to_id("<|im_end|>") is None
    ids = made.encode("<eos><bos><unk> 안녕")
    assert not made.special_ids & set(ids)
    assert made.decode([2, *ids, 3, 1]) == "<eos><bos><unk> 안녕"
    made.save(tmp_path / "t")
    assert Tokenizer.load(tmp_path / "t").hash == made.hash
    named = json.loads((tmp_path / "t" / "tokenizer_config.json").read_text())
    assert (named["bos_token"], named["eos_token"], named["pad_token"]) == ("<bos>", "<eos>", "<pad>")


def test_a_piece_of_text_that_looks_like_one_is_no_special_token():
    made = Tokenizer.train(TEXTS, 400)
    made.backend.add_tokens(["<eos>", "<pad>"])
    again = Tokenizer(made.backend)
    assert (again.im_end, again.pad) == (made.im_end, made.pad)
    assert again.special_ids == made.special_ids
