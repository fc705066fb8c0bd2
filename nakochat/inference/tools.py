"""A model's tokens -> what its tools answer.  A tool is called between two tokens, and answers between two others.

    <|python_start|>37+45<|python_end|>  ->  <|output_start|>82<|output_end|>

The engine forces the answer's tokens behind the call; they are computed together, as a prompt is.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from nakochat.core.calculator import calculate
from nakochat.core.errors import ToolError
from nakochat.text.tokenizer import Tokenizer

FAILED = "오류"  # what the model reads when a tool has no answer
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tool:
    """Called with the text between two tokens; where `answer` raises ToolError, the model reads FAILED."""

    opens: int
    closes: int
    answer: Callable[[str], str]


def calculator(tokenizer: Tokenizer) -> Tool:
    """The one tool that every model of ours knows."""
    return Tool(tokenizer.python_start, tokenizer.python_end, calculate)


class Calls:
    """Watches one answer's sampled tokens for calls."""

    def __init__(self, tools: tuple[Tool, ...], tokenizer: Tokenizer) -> None:
        self._tools, self._tokenizer = tools, tokenizer
        self._open: tuple[Tool, list[int]] | None = None

    def push(self, token: int) -> list[int]:
        """The tokens to force behind this one: none, unless it ends a call."""
        for tool in self._tools:
            if token == tool.opens:
                self._open = (tool, [])
                return []
        if self._open is None:
            return []
        tool, inside = self._open
        if token != tool.closes:
            inside.append(token)
            return []
        self._open = None
        t = self._tokenizer
        try:
            result = tool.answer(t.decode(inside))
        except ToolError:
            result = FAILED
        except Exception:  # a defect of this tool is no reason to end every other answer
            logger.exception("a tool broke")
            result = FAILED
        return [t.output_start, *t.encode(result), t.output_end]
