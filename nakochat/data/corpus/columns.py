"""The columns of a file and the one the user named, if any -> the column that holds the text."""

from collections.abc import Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.messages import say

# In this order: a file that has both "text" and "sentence" or "review" keeps whole documents under the first.
TEXT_NAMES = (
    *("text", "content", "contents", "document", "body", "article", "passage", "sentence", "review"),
    *("본문", "내용", "텍스트", "문서", "글"),
)


def pick_column(path: Path, column: str | None, names: Sequence[str], textual: Sequence[str]) -> str:
    """The named column, else one with a name that texts go by, else the only one of `textual`.

    DataError, with the list of columns, where the named one is missing or none is plainly the text.
    """
    listed = ", ".join(names) or "-"
    if column is not None:
        if column in names:
            return column
        raise DataError(
            say(
                f"'{column}' 열이 없습니다: {path}. 이 파일의 열: {listed}. --column으로 이 가운데 하나를 "
                f"고르세요.",
                f"no column '{column}' in {path}. Its columns: {listed}. Name one of them with --column.",
            )
        )
    known = {name.strip().casefold(): name for name in reversed(names)}
    for wanted in TEXT_NAMES:
        if wanted in known:
            return known[wanted]
    if len(textual) == 1:
        return textual[0]
    raise DataError(
        say(
            f"어느 열이 글인지 알 수 없습니다: {path}. 이 파일의 열: {listed}. --column으로 글이 든 열을 "
            f"고르세요.",
            f"cannot tell which column of {path} holds the text. Its columns: {listed}. Name it with "
            f"--column.",
        )
    )
