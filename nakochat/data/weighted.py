"""A source as a command line names it, "chats.jsonl:2" -> the path and how often it is to be read."""

import math
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say


@dataclass(frozen=True)
class Weighted:
    """A file, folder or named set, and how often each of its documents comes: 2 is twice, 0.5 is half of them."""

    path: Path
    weight: float = 1.0

    def __str__(self) -> str:
        return f"{self.path}:{self.weight:g}"


def parse_weighted(text: str) -> Weighted:
    """PATH or PATH:WEIGHT.  A colon without a number behind it belongs to the path (C:\\chats.jsonl).

    ConfigError where the weight is not above 0.
    """
    path, colon, number = text.rpartition(":")
    try:
        weight = float(number) if colon and path else None
    except ValueError:
        weight = None
    if weight is None:
        return Weighted(Path(text))
    if not 0 < weight <= 1000 or math.isnan(weight):
        raise ConfigError(
            say(
                f"경로 뒤의 가중치는 0보다 크고 1000 이하여야 합니다: {text}. 예: chats.jsonl:2 (두 번씩).",
                f"the weight behind a path must be above 0 and at most 1000: {text}. For example: chats.jsonl:2 "
                "(twice).",
            )
        )
    return Weighted(Path(path), weight)
