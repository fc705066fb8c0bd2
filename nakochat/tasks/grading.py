"""What an assistant said and what was expected -> right or wrong, by rule."""

import re

from nakochat.data.village.scene import Expected

# a comma belongs to it before three digits only ("1,2" are two numbers), a minus where no digit stands before it
_NUMBER = re.compile(r"(?:(?<!\d)-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_OPTION = re.compile(r"(\d+)\s*번")
_UNKNOWN = re.compile(r"모르|모릅|몰라")


def is_right(answer: str, expected: Expected) -> bool:
    """Whether the answer holds all that is expected."""
    return (
        (expected.accept is None or holds_text(answer, expected))
        and (expected.number is None or last_number(answer) == expected.number.replace(",", ""))
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


def last_number(answer: str) -> str | None:
    """The last number of the answer, without thousands separators."""
    found = _NUMBER.findall(answer)
    return found[-1].replace(",", "") if found else None


def chosen_option(answer: str) -> int | None:
    """The number of the option that the answer names: before 번, else the first number."""
    found = _OPTION.search(answer) or re.search(r"(\d+)", answer)
    return int(found.group(1)) if found else None


def says_unknown(answer: str) -> bool:
    """Whether the answer says that it does not know."""
    return _UNKNOWN.search(answer) is not None
