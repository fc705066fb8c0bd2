from fractions import Fraction

import pytest

from nakochat.data.village.scene import Expected
from nakochat.tasks.grading import chosen_option, holds_text, is_right, last_number, says_unknown


@pytest.mark.parametrize(
    ("answer", "accept", "held"),
    [
        ("배예요.", "배", True),
        ("저는 '배'를 좋아해요.", "배", True),
        ("담배예요.", "배", False),
        ("배추예요.", "배", True),  # a particle may follow, so the end is no border
        ("3월이에요.", "3월", True),
        ("13월이에요.", "3월", False),
        ("1.3월", "3월", False),
        ("서울이요", "부산", False),
        ("답은12예요", "12", True),
        ("112예요", "12", False),
        ("120예요", "12", False),
        ("12.5예요", "12", False),
        ("3,012예요", "12", False),
        ("12,000예요", "12", False),
        ("12.", "12", True),
        ("12, 그리고", "12", True),
        ("KOREA", "ORE", False),
        ("", "배", False),
    ],
)
def test_an_accepted_text_begins_a_word(answer, accept, held):
    assert holds_text(answer, Expected(accept=(accept,))) is held


def test_one_accepted_text_is_enough_and_a_rejected_one_is_too_much():
    expected = Expected(accept=("토끼", "집토끼"), reject=("거북이",))
    assert is_right("토끼예요.", expected)
    assert is_right("집토끼예요.", expected)
    assert not is_right("토끼와 거북이예요.", expected)
    assert not is_right("모르겠어요.", expected)


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("모두 12개예요.", "12"),
        ("112개예요", "112"),
        ("7에서 3을 빼면 4예요.", "4"),
        ("1,200원이에요.", "1200"),
        ("12,345,678", "12345678"),
        ("1,2", "2"),
        ("3.5예요.", "3.5"),
        ("3.", "3"),
        ("-3도예요.", "-3"),
        ("7-3", "3"),
        ("3만 5천 원이에요.", "35000"),
        ("1억", "100000000"),
        ("1억 2345만 6789예요", "123456789"),
        ("2천5백만 원", "25000000"),
        ("3만 천 원", "31000"),
        ("3만천원", "31000"),
        ("1.5만", "15000"),
        ("-3만", "-30000"),
        ("3만-5만", "50000"),
        ("1만 20000", "20000"),  # two numbers
        ("1만 5천 20000", "20000"),
        ("피자 8조각", "8"),
        ("3만큼 커요", "3"),
        ("−3도예요.", "-3"),
        (".5예요", "1/2"),
        ("-.5", "-1/2"),
        ("끝.5", "5"),
        ("1/2이에요.", "1/2"),
        ("5/0", "0"),
        ("2026/11/29", "29"),
        ("없어요", None),
        ("", None),
    ],
)
def test_the_last_number_counts(answer, number):
    assert last_number(answer) == (None if number is None else Fraction(number))


@pytest.mark.parametrize(
    ("answer", "right"),
    [("12개예요.", True), ("112개예요.", False), ("12.5개예요.", False), ("열두 개예요.", False)],
)
def test_a_number_is_right_as_a_whole(answer, right):
    assert is_right(answer, Expected(number="12")) is right


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        ("3.50이에요.", "3.5", True),
        ("3만 5천 원", "35000", True),
        ("3만 5천 원", "5", False),
        ("1/2", "0.5", True),
        ("몰라요", "nan", False),
        ("5", "1e999999999", False),
        ("9" * 5000, "9", False),  # more digits than int() reads
        ("9" * 5000 + "/2", "9", False),
    ],
)
def test_numbers_are_compared_by_value(answer, expected, right):
    assert is_right(answer, Expected(number=expected)) is right


def test_an_expected_number_may_have_separators():
    assert is_right("1200원이에요.", Expected(number="1,200"))
    assert is_right("1,200원이에요.", Expected(number="1200"))


@pytest.mark.parametrize(
    ("answer", "option"),
    [
        ("2번이에요.", 2),
        ("정답은 3 번, 토끼예요.", 3),
        ("2", 2),
        ("5개 가운데 4번이에요.", 4),
        ("12번", 12),
        ("토끼예요.", None),
    ],
)
def test_the_option_is_the_number_before_beon(answer, option):
    assert chosen_option(answer) == option
    assert is_right(answer, Expected(option=2)) is (option == 2)


@pytest.mark.parametrize("answer", ["모르겠어요.", "잘 몰라요.", "그건 모릅니다."])
def test_not_knowing_is_said_in_every_form(answer):
    assert says_unknown(answer)
    assert is_right(answer, Expected(unknown=True))
    assert not is_right(answer, Expected(unknown=False))
    assert not says_unknown("내일은 맑아요.")


def test_everything_that_is_asked_for_has_to_hold():
    expected = Expected(accept=("토끼",), option=2)
    assert is_right("2번 토끼예요.", expected)
    assert not is_right("1번 토끼예요.", expected)
    assert not is_right("2번 소예요.", expected)
