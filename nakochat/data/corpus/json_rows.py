"""A .jsonl or .json file -> its objects one at a time, each with the number of the line that it begins on.

Strict where leniency would hide a mistake: a key that comes twice (Python's reader keeps the last one without a
word), values that are no objects, nesting without end.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nakochat.core.messages import say
from nakochat.data.corpus.columns import pick_column
from nakochat.data.corpus.damage import DamagedLine, FileDamage
from nakochat.data.corpus.text import (
    MAX_LINE_BYTES,
    characters_of,
    giant_line,
    is_unread,
    unread_line,
    whole_lines,
)

Row = tuple[int, dict[str, Any]]
_BLANK = re.compile(r"[\s\ufeff]*")
_BETWEEN = re.compile(r"[\s\ufeff]*,?[\s\ufeff]*")


def jsonl_rows(path: Path, encoding: str, damage: FileDamage) -> Iterator[Row]:
    """The object of every line that is not blank.  DataError names the line that holds none."""
    for number, line in whole_lines(path, encoding, damage):
        text = line.strip().lstrip("\ufeff")  # files that were put one behind the other keep their marks
        if not text:
            continue
        try:
            row = json.loads(text, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:  # ValueError: also a number too long for Python
            damage.pass_over(broken_row(path, number, _why(error)))
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            damage.pass_over(_no_object(path, number, row))


def json_documents(path: Path, rows: Iterator[Row], column: str | None, damage: FileDamage) -> Iterator[str]:
    """The text column of every object; null is no document.  The first one settles the column."""
    field: str | None = None
    for number, row in rows:
        if field is None:
            field = pick_column(path, column, list(row), [key for key in row if isinstance(row[key], str)])
        text, why = row.get(field), None
        if field not in row:
            why = say(f"'{field}' 열이 없음: ", f"no '{field}' among ") + ", ".join(row)
        elif text is not None and not isinstance(text, str):
            why = say(f"'{field}' 열이 글이 아님: ", f"'{field}' is not text: ") + type(text).__name__
        if why is None:
            yield text or ""
        else:
            damage.pass_over(broken_row(path, number, why))


def json_rows(path: Path, encoding: str, damage: FileDamage) -> Iterator[Row]:
    """The objects of one list, however it is broken into lines, or of objects that just follow each other.

    What is held is one object and a chunk, not the list.  Behind what is no JSON nothing can be read: DataError.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    chunks = characters_of(path, encoding, damage)
    text, more = _grown("", chunks)
    at = _end(_BLANK, text, 0)
    line = 1 + text.count("\n", 0, at)
    listed = text[at : at + 1] == "["
    at += listed
    while True:
        end = _end(_BETWEEN if listed else _BLANK, text, at)
        line += text.count("\n", at, end)
        at = end
        if at == len(text) and more:
            text, more = _grown("", chunks)
            at = 0
        elif at == len(text):
            if listed:
                raise broken_row(path, line, say("목록이 ]로 끝나지 않음", "the list has no end, ]"))
            return
        elif listed and text[at] == "]":
            return
        else:
            try:
                row, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                if not more or isinstance(error, RecursionError):
                    raise broken_row(path, line, _why(error)) from error
                if len(text) - at > MAX_LINE_BYTES:
                    raise giant_line(path, line, len(text) - at) from error
                text, more = _grown(text[at:], chunks)  # maybe just cut off where the chunk ends
                at = 0
                continue
            damage.read += 1
            if not isinstance(row, dict):
                damage.pass_over(_no_object(path, line, row))
            elif damage.skips and is_unread(text[at:end]):
                damage.pass_over(unread_line(path, line, encoding))
            else:
                yield line, row
            line += text.count("\n", at, end)
            at = end


def _grown(text: str, chunks: Iterator[tuple[str, int]]) -> tuple[str, bool]:
    """text and as much again, at least a chunk; and whether there may be more."""
    parts, wanted = [text], len(text)
    for chunk, _ in chunks:
        parts.append(chunk)
        wanted -= len(chunk)
        if chunk and wanted <= 0:
            return "".join(parts), True
    return "".join(parts), False


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(say(f"'{twice}' 열이 두 번 나옴", f"the key '{twice}' comes twice"))
    return row


def _no_object(path: Path, number: int, row: Any) -> DamagedLine:
    return broken_row(path, number, say("객체 {...}가 아님: ", "not an object {...}: ") + type(row).__name__)


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return say("괄호가 너무 깊이 겹침", "nested too deeply")
    return str(error)


def broken_row(path: Path, number: int, why: str) -> DamagedLine:
    """What to raise for a line of JSON that cannot be used."""
    return DamagedLine(
        say(
            f"JSON의 {number}번째 줄을 읽을 수 없습니다: {path} ({why}). 줄마다 글이 든 열을 가진 "
            "온전한 JSON 객체가 하나씩 있어야 합니다. 그 줄을 고치고, 마지막 줄이라면 "
            "내려받기가 끊긴 것이니 다시 내려받으세요.",
            f"cannot read line {number} of {path} ({why}). Every line must hold one whole JSON object with "
            "the text column. Mend that line; if it is the last, the download was cut short: repeat it.",
        ),
        path,
        number,
        why,
    )
