"""What --data takes: a path, and maybe a weight behind a colon."""

from pathlib import Path

import pytest

from nakochat.core.errors import ConfigError
from nakochat.data.weighted import Weighted, parse_weighted


@pytest.mark.parametrize(
    ("text", "path", "weight"),
    [
        ("chats.jsonl", "chats.jsonl", 1.0),
        ("chats.jsonl:2", "chats.jsonl", 2.0),
        ("대화:0.5", "대화", 0.5),
        ("C:\\chats.jsonl", "C:\\chats.jsonl", 1.0),
        ("C:\\chats.jsonl:3", "C:\\chats.jsonl", 3.0),
        ("a:b", "a:b", 1.0),
        (":2", ":2", 1.0),
    ],
)
def test_a_number_behind_the_last_colon_is_the_weight(text: str, path: str, weight: float) -> None:
    assert parse_weighted(text) == Weighted(Path(path), weight)


def test_it_is_written_as_it_is_read() -> None:
    assert parse_weighted(str(Weighted(Path("a.jsonl"), 2.5))) == Weighted(Path("a.jsonl"), 2.5)


@pytest.mark.parametrize("text", ["a:0", "a:-1", "a:nan", "a:inf", "a:1e9"])
def test_a_weight_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError, match=r"chats\.jsonl:2"):
        parse_weighted(text)
