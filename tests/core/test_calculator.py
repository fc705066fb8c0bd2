import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.core.calculator import calculate
from nakochat.core.errors import ToolError


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("37+45", "82"),
        ("7/2", "3.5"),
        ("6/2", "3"),
        ("-3--5", "2"),
        ("12×4÷3", "16"),
        ("（2＋3）*4", "20"),
        ("1,000*3", "3000"),
        ("10−4", "6"),
        ("7//2", "3"),
        ("7%4", "3"),
        ("2**10", "1024"),
        ("0.1+0.2", "0.3"),
        ("1/3", "0.3333333333"),
        ("99999999999999*9999999", "999999899999990000001"),
        ("10**25/5", "2000000000000000000000000"),  # not through a float
        (" 1 + 1 ", "2"),
    ],
)
def test_values_are_exact(expression, value):
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "   ",
        "1/0",
        "1%0",
        "2(3)",
        "007",
        "1+",
        "(1",
        "()",
        "*1",
        "abs(1)",
        "__import__('os')",
        "'a'*3",
        "1 if 1 else 2",
        "1<2",
        "x",
        "1\n2",
        "(-8)**.5",  # complex
        "9**9**9",
        "9" * 101,
        "10**31",
        "9**99*9**99",
        "10.**100*10.**100*10.**100*10.**100",  # infinite
        "10.**100*10.**100*10.**100*10.**100*0",  # no number
        "(10**-100*10**-100*10**-100*10**-26)**-.5",  # of a base too small for a float
        "(" * 50 + "1" + ")" * 49,
    ],
)
def test_anything_else_is_refused(expression):
    with pytest.raises(ToolError):
        calculate(expression)


def test_whatever_a_model_writes_gives_a_number_or_a_tool_error():
    rng = random.Random(0)
    pieces = [
        *"0123456789",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "(",
        ")",
        ".",
        " ",
        "10.**99",
        "(-9)",
        "99999",
    ]
    values = 0
    for _ in range(2000):
        try:
            value = calculate("".join(rng.choices(pieces, k=rng.randint(1, 30))))
        except ToolError:
            continue
        assert abs(float(value)) <= 1e30
        values += 1
    assert values > 50  # the loop did calculate


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from("+-*"))
def test_integers_are_those_of_python(left, right, sign):
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    assert calculate(f"({left}){sign}({right})") == str(expected)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3만", "30000"),
        ("3만 5천", "35000"),
        ("1억 2345만 6789", "123456789"),
        ("3억5천만*2", "700000000"),
        ("1.5억/3", "50000000"),
        ("만+천+백+십", ToolError),
        ("1만+천", "11000"),
        ("천2백", "1200"),
        ("5천만 3억", ToolError),
        ("3십2천", ToolError),
        ("2백만", "2000000"),
        ("1조/1억", "10000"),
        ("3 4", ToolError),
        ("1백 20", "120"),
        ("15천", "15000"),
        ("12345만 6789", "123456789"),
        ("1억 9999만 9999", "199999999"),
        ("1만 0.5", "10000.5"),
        # what stands behind a unit is less than the unit
        ("5십 60", ToolError),
        ("5십 10", ToolError),
        ("2천 3000", ToolError),
        ("2천 30백", ToolError),
        ("1만 20000", ToolError),
        ("1만 15천", ToolError),
        ("1억 23456만", ToolError),
        ("1만 5천 3000", ToolError),
        ("3십 0.001천", ToolError),
        ("0백 500", ToolError),
    ],
)
def test_korean_units_stand_behind_numbers(expression, value):
    if value is ToolError:
        with pytest.raises(ToolError):
            calculate(expression)
    else:
        assert calculate(expression) == value


def an_expression(rng, depth=0):
    """A random expression and its value by fractions; None where there is none."""
    if depth > 3 or rng.random() < 0.3:
        whole = rng.randint(0, 10 ** rng.randint(1, 9))
        text = str(whole) if rng.random() < 0.7 else f"{whole}.{rng.randint(0, 99):02}"
        return text, Fraction(text)
    (left, a), (right, b) = an_expression(rng, depth + 1), an_expression(rng, depth + 1)
    sign = rng.choice(["+", "-", "*", "/", "//", "%"])
    if a is None or b is None or (sign in ("/", "//", "%") and not b):
        return f"({left}){sign}({right})", None
    values = {"+": a + b, "-": a - b, "*": a * b}
    value = values[sign] if sign in values else {"/": a / b, "//": Fraction(a // b), "%": a % b}[sign]
    return f"({left}){sign}({right})", value


def equal_to_fractions(count):
    rng, compared = random.Random(1), 0
    while compared < count:
        text, value = an_expression(rng)
        if len(text) > 100 or value is None or abs(value) > 10**30:
            continue
        found = calculate(text)
        if value.denominator == 1:
            assert found == str(value.numerator), text
        else:
            assert abs(Fraction(found) - value) <= abs(value) * Fraction(51, 10**11), text
        compared += 1


def survives(count):
    """Whatever it is given, a number or a refusal."""
    rng, values = random.Random(2), 0
    pieces = [
        *"0123456789.+-*/%() ",
        "//",
        "**",
        "만",
        "억",
        "조",
        "천",
        "백",
        "×",
        "÷",
        "99999",
        "10**9",
        "(-9)",
    ]
    for number in range(count):
        if number % 4:
            text = "".join(rng.choices(pieces, k=rng.randint(1, 30)))
        else:
            text = "".join(
                chr(rng.choice([rng.randrange(32, 127), rng.randrange(1, 0xD800)])) for _ in range(12)
            )
        try:
            value = calculate(text)
        except ToolError:
            continue
        assert abs(float(value)) <= 1e30
        values += 1
    assert values > count // 50


def test_values_are_those_of_fractions():
    equal_to_fractions(1000)


def test_no_expression_breaks_it():
    survives(4000)


@pytest.mark.soak
def test_ten_thousand_values_are_those_of_fractions():
    equal_to_fractions(10_000)


@pytest.mark.soak
def test_a_hundred_thousand_expressions_do_not_break_it():
    survives(100_000)
