"""A text -> the personal numbers and addresses in it, and the text with them masked.

Found are 주민등록번호 (Korean resident numbers), telephone numbers of Korea, e-mail addresses and payment cards: what
has a form that a program can tell from an ordinary number.  Names, home addresses and bank accounts have none, and
stay.  A rule that is unsure leaves the text alone: years, prices, dates, articles of law and version numbers are the
ordinary case, and a mask in their place would spoil the text.  Numbers of companies look like those of people and are
masked too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["resident_numbers", "phone_numbers", "emails", "cards"]

MASKS: dict[Kind, str] = {
    "resident_numbers": "[주민등록번호]",
    "phone_numbers": "[전화번호]",
    "emails": "[전자우편]",
    "cards": "[카드번호]",
}

# Every pattern begins with a plain character or a set of them, which the regex engine skips to; the look-behind that
# says "no digit before it" therefore stands after the first character and looks back over it.
_ALONE = r"(?<![0-9].)(?<![0-9][.,\-].)"
_ENDS = r"(?![0-9]|[.,\-][0-9])"
_BETWEEN = r"(?: ?[-–.] ?| )"
_RESIDENT = re.compile(rf"[0-9]{_ALONE}[0-9]{{5}}(?: ?[-–] ?)?[1-8][0-9]{{6}}{_ENDS}")
_PHONES = (
    re.compile(rf"0{_ALONE}10{_BETWEEN}[0-9]{{4}}{_BETWEEN}?[0-9]{{4}}{_ENDS}"),
    re.compile(rf"0{_ALONE}(?<![A-Za-z_/=].)10[0-9]{{8}}(?![A-Za-z_]){_ENDS}"),
    re.compile(rf"0{_ALONE}1[16789](?: ?[-–.] ?)[0-9]{{3,4}}(?: ?[-–.] ?)[0-9]{{4}}{_ENDS}"),
    re.compile(
        rf"0{_ALONE}(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8])"
        rf"(?:\) ?[0-9]{{3,4}}[-–. ]|-[0-9]{{3,4}}-|–[0-9]{{3,4}}–|\.[0-9]{{3,4}}\.)[0-9]{{4}}{_ENDS}"
    ),
    re.compile(
        r"[+]82(?:[-–. ]?\(?0?\)?[-–. ]?)(?:10|1[16789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)"
        rf"[-–.) ]{{0,2}}[0-9]{{3,4}}[-–. ]?[0-9]{{4}}{_ENDS}"
    ),
)
_EMAIL = re.compile(
    r"[A-Za-z0-9](?<![A-Za-z0-9._%+\-].)[A-Za-z0-9._%+\-]{0,63}@"
    r"(?:[A-Za-z0-9][A-Za-z0-9\-]{0,62}\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_CARD = re.compile(
    rf"[2-69]{_ALONE}(?<![0-9] .)"
    r"(?:[0-9]{14,15}|[0-9]{3}(?:-[0-9]{4}){3}|[0-9]{3}(?: [0-9]{4}){3}|[0-9]{3}-[0-9]{6}-[0-9]{5})"
    rf"{_ENDS}(?! [0-9])"
)
_DIGITS = re.compile(r"[0-9][0-9 ().–\-]{7}")  # what every number above holds
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_NEWEST_YEAR = 30  # of this century: nobody was born after it


@dataclass(frozen=True)
class Personal:
    """A piece of a text, from `start` to before `end`."""

    kind: Kind
    start: int
    end: int


def find_personal(text: str) -> list[Personal]:
    """What the text holds, in order.  Where two rules claim the same place the longer piece stands."""
    found: list[Personal] = []
    if "@" in text:
        found += _matches("emails", _EMAIL, text)
    if _DIGITS.search(text):
        found += _matches("resident_numbers", _RESIDENT, text, _is_resident)
        found += _matches("cards", _CARD, text, _is_card)
        for pattern in _PHONES:
            found += _matches("phone_numbers", pattern, text)
    found.sort(key=lambda piece: (piece.start, -piece.end))
    apart: list[Personal] = []
    for piece in found:
        if not apart or piece.start >= apart[-1].end:
            apart.append(piece)
    return apart


def mask_personal(text: str, pieces: list[Personal]) -> str:
    """The text with each piece replaced by the word for its kind."""
    parts, at = [], 0
    for piece in pieces:
        parts += [text[at : piece.start], MASKS[piece.kind]]
        at = piece.end
    return "".join([*parts, text[at:]])


def _matches(
    kind: Kind, pattern: re.Pattern[str], text: str, is_one: Callable[[re.Match[str]], bool] | None = None
) -> Iterator[Personal]:
    for match in pattern.finditer(text):
        if is_one is None or is_one(match):
            yield Personal(kind, match.start(), match.end())


def _is_resident(match: re.Match[str]) -> bool:
    """A day of birth that exists.  Written without a hyphen, the word 주민 must stand before it and the check digit be
    right (numbers given since October 2020 have none), or a time in milliseconds would pass for one."""
    digits = re.sub(r"[^0-9]", "", match.group())
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if not (1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]):
        return False
    if digits[6] in "3478" and year > _NEWEST_YEAR:
        return False
    if len(match.group()) > len(digits):
        return True
    total = sum(int(digit) * weight for digit, weight in zip(digits, _RESIDENT_WEIGHTS, strict=False))
    named = "주민" in match.string[max(0, match.start() - 20) : match.start()]
    return named and (11 - total % 11) % 10 == int(digits[12])


def _is_card(match: re.Match[str]) -> bool:
    """A beginning that card networks give out, and a right check digit (Luhn, ISO/IEC 7812-1)."""
    digits = re.sub(r"[^0-9]", "", match.group())
    short = len(digits) == 15
    if short != digits.startswith(("34", "37")):  # American Express, and no other, has 15
        return False
    if digits[0] == "2" and not 2221 <= int(digits[:4]) <= 2720:
        return False
    if len(set(digits)) < 2:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
