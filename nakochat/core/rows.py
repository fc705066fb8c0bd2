"""A row of JSON as someone wrote it -> the figures and texts in it.  Nothing is trusted to be what it should be."""

import json
import math
from collections.abc import Mapping

Row = Mapping[str, object]


def read_row(line: bytes) -> Row | None:
    """A line of a .jsonl file; None where it is no object in JSON (torn, or damaged)."""
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or brackets without end
        return None
    return value if isinstance(value, dict) else None


def number(row: Row, key: str) -> float | None:
    """A finite number under the key, or None (a loss may be NaN, a machine may not know its memory)."""
    value = row.get(key)
    if type(value) is float:  # by far the most
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return found if math.isfinite(found) else None


def text(row: Row, key: str) -> str:
    """The value under the key as text; "" when there is none."""
    value = row.get(key)
    return "" if value is None else str(value)


def as_row(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


class Skipped:
    """Rows of a log in their order -> how many batches the training has passed over.

    A training that was killed and goes on from a checkpoint passes over the same batches again, and says so again: each
    has its number, and a session says with how many it begins.  Logs of before have neither: their rows are counted.
    """

    count = 0

    def add(self, row: Row) -> None:
        if row.get("kind") == "session" and (before := number(row, "skipped")) is not None:
            self.count = min(self.count, int(before))
        elif row.get("kind") == "skipped":
            self.count = int(number(row, "number") or self.count + 1)
