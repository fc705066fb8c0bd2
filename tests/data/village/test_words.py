"""The lexicon: large enough, groups that fit, and nonce nouns that are new and split without overlap."""

import pytest

from nakochat.data.village import words
from nakochat.data.village.conjugation import conjugate
from nakochat.data.village.scene import Scene, held_out


def test_the_lexicon_has_more_than_1500_lemmas() -> None:
    assert len(words.lemmas()) >= 1_500
    assert len(words.nouns()) >= 1_000


def test_names_end_in_consonants_and_in_vowels() -> None:
    closed = [name for name in words.FIRST_NAMES if (ord(name[-1]) - 0xAC00) % 28]
    assert len(words.FIRST_NAMES) >= 60
    assert len(closed) >= 20
    assert len(words.FIRST_NAMES) - len(closed) >= 20


def test_no_group_names_a_word_twice() -> None:
    for group in (*words.NOUN_GROUPS, words.ADVERBS, words.DEGREES, words.FEELINGS, words.TIMES):
        assert len(set(group)) == len(group), group[:3]


def test_every_final_consonant_ends_many_nouns() -> None:
    finals = [(ord(syllable) - 0xAC00) % 28 for syllable in words.final_syllables()]
    assert len(words.final_syllables()) >= 550
    for final, least in ((0, 140), (1, 40), (4, 50), (8, 40), (16, 30), (17, 20), (19, 8), (21, 50)):
        assert finals.count(final) >= least, final


def test_words_are_written_in_hangul_without_marks() -> None:
    for word in words.lemmas():
        assert all("가" <= letter <= "힣" or letter == " " for letter in word), word


@pytest.mark.parametrize(
    "ending", ["었어요", "고", "으면", "어서", "을", "는", "지만", "기 때문에", "으려고", "으니까"]
)
def test_every_verb_conjugates(ending: str) -> None:
    verbs = [verb for group, _ in words.TRANSITIVE for verb in group]
    verbs += [*words.INTRANSITIVE, *words.MOTION, *words.FEELINGS, *words.COLOURS]
    for verb in verbs:
        assert verb.endswith("다")
        assert conjugate(str(verb), ending)


def test_food_is_eaten_and_furniture_is_not() -> None:
    eaten = {str(noun) for verbs, nouns in words.TRANSITIVE if "먹다" in verbs for noun in nouns}
    assert "사과" in eaten
    assert eaten.isdisjoint(words.FURNITURE)


def test_nonce_nouns_are_new_and_made_of_known_final_syllables() -> None:
    finals = set(words.final_syllables())
    for number in range(300):
        word = words.nonce(Scene("test", number))
        assert 2 <= len(word) <= 3
        assert word not in words.lemmas()
        assert set(word) <= finals


def test_training_and_test_never_share_a_nonce_noun() -> None:
    train = {words.nonce(Scene("test", number)) for number in range(500)}
    test = {words.nonce(Scene("test", number, split="test")) for number in range(500)}
    assert not train & test
    assert all(held_out("nonce", word) for word in test)
