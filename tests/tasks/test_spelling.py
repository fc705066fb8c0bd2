"""Questions of letters: nothing that evaluation asks stands in training, and a list of guesses earns nothing."""

import re

import pytest

from nakochat.tasks import jamo, spelling
from nakochat.tasks.spelling import holds


def about(item):
    """(kind, the word or syllable that is asked about)"""
    return item.group, re.search("'([^']+)'", item.prompt[0].text)[1]


def test_answers_by_hand():
    found = {
        item.prompt[0].text: item.answer.text for item in [*spelling.read(None), *spelling.read_train(None)]
    }
    by_hand = (
        (("'소고'의 초성은 뭐예요?", "'소고'의 초성을 알려 주세요."), "'소고'는 초성이 'ㅅㄱ'이에요."),
        (("'가위'를 뒤집어 써 주세요.", "'가위'를 거꾸로 쓰면 뭐예요?"), "'가위'를 거꾸로 쓰면 '위가'예요."),
        (
            ("'동백'은 무슨 글자로 끝나요?", "'동백'의 마지막 글자는 뭐예요?"),
            "'동백'은 끝 글자가 '백'이에요.",
        ),
        (("'한'에 들어 있는 자모를 써 주세요.", "'한'을 자모로 풀어 쓰면요?"), "'한'은 'ㅎ ㅏ ㄴ'이에요."),
    )
    for asks, answer in by_hand:
        assert [found[ask] for ask in asks if ask in found] == [answer]


def test_what_is_asked_about_is_never_learned():
    measured, learned = (set(map(about, items)) for items in (spelling.read(None), spelling.read_train(None)))
    assert len({kind for kind, _ in measured}) == len({kind for kind, _ in learned}) == 4
    assert not {subject for _, subject in measured} & {subject for _, subject in learned}
    assert len({subject for _, subject in measured if len(subject) == 1}) > 50


def test_the_letters_that_jamo_asks_are_not_learned_here():
    learned = {subject for _, subject in map(about, spelling.read_train(None)) if len(subject) == 1}
    asked = {item.options[0][0][1] for item in jamo.read(None) if item.options[0][0].startswith("'")}
    asked |= {
        item.options[item.gold][1].strip()
        for item in jamo.read(None)
        if item.options[0][0].startswith("자모")
    }
    assert len(asked) > 80
    assert not asked & learned


def test_every_item_is_asked_once_and_its_own_answer_is_right():
    for items in (spelling.read(None), spelling.read_train(None)):
        assert len({about(item) for item in items}) == len(items) > 700
        for item in items:
            assert item.is_right(item.answer.text)
            assert not item.is_right("모르겠어요.")


def test_what_reads_the_same_backwards_is_not_asked_backwards():
    items = [*spelling.read(None), *spelling.read_train(None)]
    assert any(about(item)[1] == "기러기" for item in items)
    for item in items:
        kind, subject = about(item)
        assert not (kind == "backwards" and subject == subject[::-1])


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("'고양이'는 끝 글자가 '이'예요.", True),
        ("이", True),
        ("이.", True),
        ("'이'예요. '이'로 끝나요.", True),
        ("'고' '양' '이'", False),  # who lists everything has answered nothing
        ("'이', '고'", False),
        ("'고양이'예요.", False),
        ("'고양이'는 '고'로 끝나요.", False),
        ("이예요, 아니면 양", False),
        ("", False),
    ],
)
def test_a_list_of_guesses_is_no_answer(answer, right):
    assert holds(answer, subject="고양이", expected="이") is right
