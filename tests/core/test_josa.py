import pytest

from nakochat.core.josa import Noun, canonical, josa


@pytest.mark.parametrize(
    ("word", "topic", "towards"),
    [
        ("책", "책은", "책으로"),
        ("사과", "사과는", "사과로"),
        ("서울", "서울은", "서울로"),  # after ㄹ it is 로
        ("값", "값은", "값으로"),
        ("외곬", "외곬은", "외곬으로"),  # ㄽ is not ㄹ
        # digits, by how they are read
        ("0", "0은", "0으로"),
        ("1", "1은", "1로"),
        ("2", "2는", "2로"),
        ("3", "3은", "3으로"),
        ("6", "6은", "6으로"),
        ("7", "7은", "7로"),
        ("8", "8은", "8로"),
        ("9", "9는", "9로"),
        ("10", "10은", "10으로"),
        ("100", "100은", "100으로"),
        ("1000", "1000은", "1000으로"),
        ("10000", "10000은", "10000으로"),
        ("200,000", "200,000은", "200,000으로"),
        ("100000000", "100000000은", "100000000으로"),  # 억
        ("1000000000000", "1000000000000는", "1000000000000로"),  # 조
        ("10000000000000000", "10000000000000000은", "10000000000000000으로"),  # 경
        ("3.5", "3.5는", "3.5로"),
        ("3.10", "3.10은", "3.10으로"),
        ("2010", "2010은", "2010으로"),
        ("50%", "50%는", "50%로"),  # 퍼센트
        # Latin letters, by their names or as words
        ("LLM", "LLM은", "LLM으로"),
        ("GPU", "GPU는", "GPU로"),
        ("NVL", "NVL은", "NVL로"),
        ("R", "R은", "R로"),
        ("Google", "Google은", "Google로"),
        ("Python", "Python은", "Python으로"),
        ("chatbot", "chatbot은", "chatbot으로"),
        ("Kakao", "Kakao는", "Kakao로"),
        # what closes a word is passed over
        ("'책'", "'책'은", "'책'으로"),
        ("“서울”", "“서울”은", "“서울”로"),
        ("《사과》", "《사과》는", "《사과》로"),
        # letters of the alphabet by their names: 기역, 리을, 아
        ("ㄱ", "ㄱ은", "ㄱ으로"),
        ("ㄹ", "ㄹ은", "ㄹ로"),
        ("ㅏ", "ㅏ는", "ㅏ로"),
        # what cannot be read
        ("🙂", "🙂는", "🙂로"),
        ("", "는", "로"),
        ("!?", "!?는", "!?로"),
    ],
)
def test_the_form_follows_how_the_word_is_read(word, topic, towards):
    assert josa(word, "은") == josa(word, "는") == topic
    assert josa(word, "으로") == josa(word, "로") == towards


@pytest.mark.parametrize(
    ("particle", "after_consonant", "after_vowel"),
    [
        ("이", "별이", "해가"),
        ("를", "별을", "해를"),
        ("와", "별과", "해와"),
        ("이에요", "별이에요", "해예요"),
        ("예요", "별이에요", "해예요"),
        ("이라고", "별이라고", "해라고"),
        ("이었어요", "별이었어요", "해였어요"),
        ("이었", "별이었", "해였"),
        ("이나", "별이나", "해나"),
        ("랑", "별이랑", "해랑"),
        ("아", "별아", "해야"),
        ("으로도", "별로도", "해로도"),
        ("에서", "별에서", "해에서"),
        ("도", "별도", "해도"),
    ],
)
def test_every_particle_may_be_named_by_either_form(particle, after_consonant, after_vowel):
    assert josa("별", particle) == after_consonant
    assert josa("해", particle) == after_vowel


def test_a_noun_takes_a_particle_as_its_format():
    assert f"{Noun('서울'):으로} {Noun('3'):이} {Noun('꽃')}" == "서울로 3이 꽃"


def test_both_forms_count_as_the_same_particle():
    for one, other in (("은", "는"), ("이", "가"), ("으로", "로"), ("이에요", "예요")):
        assert canonical(one) == canonical(other) == one
    assert canonical("에서") == "에서"
