"""What an assistant said and what was expected -> right or wrong, by rule."""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from nakochat.core.calculator import calculate
from nakochat.core.errors import ToolError
from nakochat.data.village.scene import Expected

# a comma belongs to it before three digits only ("1,2" are two numbers)
_DIGITS = r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.)])\.\d+)"
# 8조각 are eight pieces, and 3만큼 is as much as three
_UNIT = r"(?:[십백천]?(?:만(?!큼)|억|조(?!각))|[십백천])"
_COUNTED = rf"{_DIGITS}{_UNIT}(?: ?(?:{_DIGITS}{_UNIT}|{_UNIT}(?:(?![가-힣])|(?=원))))*(?: ?{_DIGITS})?"
_FRACTION = r"(?<![\d/])\d+/[1-9]\d*(?!/?\d)"
# a minus belongs to it where no number stands before it
_NUMBER = re.compile(rf"((?<![\d십백천만억조])[-−])?(?:({_COUNTED})|({_FRACTION})|({_DIGITS}))")
_MOST_DIGITS = 100  # of a number that an item expects
_OPTION = re.compile(r"(\d+)\s*번")
_UNKNOWN = re.compile(r"모르|모릅|몰라")


def is_right(answer: str, expected: Expected) -> bool:
    """Whether the answer holds all that is expected."""
    return (
        (expected.accept is None or holds_text(answer, expected))
        and (expected.number is None or says_number(answer, expected.number))
        and (expected.option is None or chosen_option(answer) == expected.option)
        and (expected.unknown is None or says_unknown(answer) == expected.unknown)
    )


def holds_text(answer: str, expected: Expected) -> bool:
    """Whether one of the accepted texts begins a word of the answer, and none of the rejected does."""
    return any(_begins_word(answer, text) for text in expected.accept or ()) and not any(
        _begins_word(answer, text) for text in expected.reject
    )


def _begins_word(answer: str, text: str) -> bool:
    """Korean particles follow without a space, so only the front of a word is a border (배 is not in 담배)."""
    front = r"(?<!\d)(?<!\d[.,])" if text[:1].isdigit() else r"(?<![가-힣A-Za-z])"
    back = r"(?![.,]?\d)" if text[-1:].isdigit() else ""
    return re.search(front + re.escape(text) + back, answer) is not None


def says_number(answer: str, expected: str) -> bool:
    """Whether the answer's last number is this one, however it is written: 3만 5천, 35,000 and 35000.0 are the same."""
    said = last_number(answer)
    return said is not None and said == number_of(expected)


def last_number(answer: str) -> Fraction | None:
    """The value of the answer's last number: in digits, with units (3만 5천), or as a fraction (1/2)."""
    found = list(_NUMBER.finditer(answer))
    if not found:
        return None
    minus, counted, fraction, digits = found[-1].groups()
    value = _counted(counted) if counted else _quotient(*fraction.split("/")) if fraction else _plain(digits)
    return -value if minus else value


def _counted(written: str) -> Fraction:
    try:
        return Fraction(Decimal(calculate(written)))
    except ToolError:  # 1만 20000 are two numbers
        last = last_number(written.rpartition(" ")[2]) if " " in written else None
        return _plain(re.findall(_DIGITS, written)[-1]) if last is None else last


def _quotient(above: str, below: str) -> Fraction:
    return _plain(above) / _plain(below)


def _plain(digits: str) -> Fraction:
    return Fraction(Decimal(digits.replace(",", "")))


def number_of(text: str) -> Fraction | None:
    """The value of a text that is a number in digits and nothing else; None for any other."""
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    # a file may say NaN, which is no answer, and 1e999999999, whose digits no memory holds
    return Fraction(value) if value.is_finite() and abs(value.adjusted()) < _MOST_DIGITS else None


def chosen_option(answer: str) -> int | None:
    """The number of the option that the answer names: before 번, else the first number."""
    found = _OPTION.search(answer) or re.search(r"(\d+)", answer)
    return int(found.group(1)) if found else None


def says_unknown(answer: str) -> bool:
    """Whether the answer says that it does not know."""
    return _UNKNOWN.search(answer) is not None
