"""An arithmetic expression -> its value as text, exactly as the model sees it between the output tokens.

    calculate("37+45") == "82"      calculate("7/2") == "3.5"

simpleeval walks the parsed expression (no names, no functions, no strings; powers and lengths are bounded), so an
expression that a model writes cannot run code.
"""

import ast
import operator
import re

import simpleeval

from nakochat.core.errors import ToolError
from nakochat.core.messages import say

_LONGEST = 100  # characters of an expression
_LARGEST = 10**30
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "＋": "+", "（": "(", "）": ")", ",": None})
_ALLOWED = re.compile(r"[0-9+\-*/%.() ]+")


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > 100 or abs(base) > _LARGEST:
        raise ToolError(_refused())
    return float(base**exponent) if isinstance(base, float) or exponent < 0 else base**exponent


def _divide(left: float, right: float) -> float:
    """Exact where it comes out even: large integers do not pass through a float."""
    if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
        return left // right
    return left / right


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def calculate(expression: str) -> str:
    """The value of an expression of + - * / // % ** and brackets.  ToolError for anything else, or too large."""
    written = expression.translate(_SIGNS).strip()
    if not written or len(written) > _LONGEST or not _ALLOWED.fullmatch(written):
        raise ToolError(_refused())
    try:
        value = simpleeval.SimpleEval(operators=_OPERATORS, functions={}, names={}).eval(written)
    except (
        simpleeval.InvalidExpression,
        SyntaxError,
        ArithmeticError,
        ValueError,
        TypeError,
        RecursionError,
    ) as error:
        raise ToolError(_refused()) from error
    # asked this way round, inf - inf is refused too
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise ToolError(_refused())
    return str(int(value)) if value == int(value) else f"{value:.10g}"


def _refused() -> str:
    return say("계산할 수 없는 식입니다.", "not an expression that can be calculated.")
