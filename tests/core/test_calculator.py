import random

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
