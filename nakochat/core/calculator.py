"""An arithmetic expression -> its value as text, exactly as the model sees it between the output tokens.

    calculate("37+45") == "82"      calculate("7/2") == "3.5"      calculate("3만 5천*2") == "70000"

Numbers are fractions from beginning to end, so nothing is rounded before the last digit is written: whole values with
all their digits, others to ten.  The grammar is Python's for + - * / // % ** and brackets, and Korean units stand
behind numbers (3억 5천만).  There are no names and no functions: an expression that a model writes cannot run code, and
bounds on its length, depth and numbers keep it from taking time.
"""

import math
import re
from decimal import Context, Decimal
from fractions import Fraction

from nakochat.core.errors import ToolError
from nakochat.core.messages import say

_LONGEST = 100  # characters of an expression
_DEEPEST = 40  # brackets, signs and powers within each other
_LARGEST = 10**30  # of a result
_WIDEST = 1100  # bits of a numerator or denominator on the way
_POWER = 100
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "＋": "+", "（": "(", "）": ")", ",": None})
_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"만": 10**4, "억": 10**8, "조": 10**12}
_TOKEN = re.compile(r" *(\d+\.?\d*|\.\d+|\*\*|//|[-+*/%()]|[십백천만억조])", re.ASCII)
_NUMBER = re.compile(r"[\d.]", re.ASCII)


def calculate(expression: str) -> str:
    """The value of an expression.  ToolError for anything that is none, or too large."""
    written = expression.translate(_SIGNS).strip(" ")
    if not written or len(written) > _LONGEST:
        raise _refused()
    tokens = _tokens(written)
    reader = _Reader(tokens)
    value = reader.sum(0)
    if reader.place < len(tokens) or abs(value) > _LARGEST:
        raise _refused()
    return str(value.numerator) if value.denominator == 1 else _rounded(value)


def _tokens(written: str) -> list[str]:
    tokens, place = [], 0
    while place < len(written):
        found = _TOKEN.match(written, place)
        if found is None:
            raise _refused()
        tokens.append(found[1])
        place = found.end()
    return tokens


def _rounded(value: Fraction) -> str:
    """Ten digits, as %g writes them."""
    ten = Context(prec=10).divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{float(ten):.10g}"


class _Reader:
    """Reads tokens from the left, by precedence: sum < product < sign < power < number."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place = tokens, 0

    def next_of(self, *signs: str) -> str | None:
        """Take the next token if it is one of these."""
        if self.place < len(self.tokens) and self.tokens[self.place] in signs:
            self.place += 1
            return self.tokens[self.place - 1]
        return None

    def sum(self, depth: int) -> Fraction:
        value = self.product(depth)
        while sign := self.next_of("+", "-"):
            other = self.product(depth)
            value = _bounded(value + other if sign == "+" else value - other)
        return value

    def product(self, depth: int) -> Fraction:
        value = self.signed(depth)
        while sign := self.next_of("*", "/", "//", "%"):
            other = self.signed(depth)
            if sign == "*":
                value = _bounded(value * other)
                continue
            if not other:
                raise _refused()
            divided = {"/": value / other, "//": Fraction(value // other), "%": value % other}
            value = _bounded(divided[sign])
        return value

    def signed(self, depth: int) -> Fraction:
        if depth > _DEEPEST:
            raise _refused()
        if sign := self.next_of("-", "+"):
            value = self.signed(depth + 1)
            return -value if sign == "-" else value
        return self.power(depth)

    def power(self, depth: int) -> Fraction:
        base = self.atom(depth)
        return _power(base, self.signed(depth + 1)) if self.next_of("**") else base

    def atom(self, depth: int) -> Fraction:
        if self.next_of("("):
            value = self.sum(depth + 1)
            if not self.next_of(")"):
                raise _refused()
            return value
        return self.number()

    def number(self) -> Fraction:
        """Digits, and Korean units, behind each of which stands less than it: 12, 0.5, 3만, 3억 5천만."""
        total, before = Fraction(0), math.inf
        begin = self.place
        while True:
            section = self.section()
            unit = self.next_of(*_BIG)
            if unit and (_BIG[unit] >= before or not section):
                raise _refused()
            part = section * _BIG.get(unit or "", 1)
            if part >= before:
                raise _refused()  # 1만 20000
            total += part
            if not unit:
                break
            before = _BIG[unit]
        if self.place == begin:
            raise _refused()
        return _bounded(total)

    def section(self) -> Fraction:
        """What stands before 만, 억 or 조, or behind all of them: 2345, 5천, 1천 2백 34.  0 where nothing does."""
        total, before = Fraction(0), math.inf
        while True:
            digits = self.digits()
            unit = self.next_of(*_SMALL)
            if unit and _SMALL[unit] >= before:
                raise _refused()
            part = Fraction(1 if unit else 0) if digits is None else digits
            part *= _SMALL.get(unit or "", 1)
            if part >= before:
                raise _refused()  # 5십 60
            total += part
            if not unit:
                return total
            before = _SMALL[unit]

    def digits(self) -> Fraction | None:
        if self.place == len(self.tokens) or not _NUMBER.match(self.tokens[self.place]):
            return None
        written = self.tokens[self.place]
        self.place += 1
        if len(written) > 1 and written[0] == "0" and written.isdigit() and written.strip("0"):
            raise _refused()  # 007 is no number in Python either
        return Fraction(written)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > _POWER or (not base and exponent < 0):
        raise _refused()
    if exponent.denominator == 1:
        wide = max(base.numerator.bit_length(), base.denominator.bit_length())
        if wide * abs(exponent.numerator) > 2 * _WIDEST:
            raise _refused()
        return _bounded(Fraction(base**exponent.numerator))
    if base < 0:
        raise _refused()  # not a real number
    try:
        return _bounded(Fraction(float(base) ** float(exponent)))  # the only value that is not exact
    except ArithmeticError as error:  # too large for a float, or so small that its inverse is
        raise _refused() from error


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _WIDEST:
        raise _refused()
    return value


def _refused() -> ToolError:
    return ToolError(say("계산할 수 없는 식입니다.", "not an expression that can be calculated."))
