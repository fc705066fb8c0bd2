import io
import logging

import pytest

from nakochat.core.redaction import Redacting, redact
from nakochat.core.run import command_line

KEY = "my-own-server-key"


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("NAKO_API_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", "x")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY}.", "key ***."),
        ("token hf_abcdefghijklmnopqrst end", "token *** end"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("x marks the spot; hf_short and sk-short stay", "x marks the spot; hf_short and sk-short stay"),
    ],
)
def test_secrets_are_crossed_out_and_nothing_else(text, shown):
    assert redact(text) == shown


def test_a_log_and_its_tracebacks_hold_no_secret():
    place = io.StringIO()
    handler = logging.StreamHandler(place)
    handler.addFilter(Redacting())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        raise ValueError(KEY)
    except ValueError:
        logger.exception("with %s", KEY)
    assert KEY not in place.getvalue()
    assert "ValueError: ***" in place.getvalue()


def test_the_command_in_a_record_holds_no_secret():
    assert command_line(["nako", "x", "--name", KEY, "--token", "abc"]) == "nako x --name *** --token ***"
