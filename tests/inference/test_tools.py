"""Whatever a tool does, the model reads an answer and the engine goes on."""

import logging

import pytest

from nakochat.core.errors import ToolError
from nakochat.inference.tools import FAILED, Calls, Tool
from nakochat.inference.untrained import untrained_tokenizer

T = untrained_tokenizer()


def called(answer, text="1+1"):
    """What a model reads behind a call of a tool."""
    calls = Calls((Tool(T.python_start, T.python_end, answer),), T)
    forced = [i for token in (T.python_start, *T.encode(text), T.python_end) for i in calls.push(token)]
    assert (forced[0], forced[-1]) == (T.output_start, T.output_end)
    return T.decode(forced)


def test_a_tool_reads_what_stands_in_its_call():
    assert called(lambda text: f"<{text}>") == "<1+1>"


@pytest.mark.parametrize("error", [ToolError("no"), ZeroDivisionError("0.0 to a negative power")])
def test_a_tool_that_fails_is_told_to_the_model_and_what_is_a_defect_to_the_log(error, caplog):
    def answer(text):
        raise error

    with caplog.at_level(logging.ERROR, logger="nakochat"):
        assert called(answer) == FAILED
    assert ("Traceback" in caplog.text) == (not isinstance(error, ToolError))
