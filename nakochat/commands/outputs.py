"""The file that a command will write -> whether it can stand there, asked before the work begins."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say


def require_place(path: Path, flag: str) -> None:
    """ConfigError where no file of this path can be: a folder is there, or a file where a folder should be."""
    there = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not there.is_dir():
        wrong = path if path.is_dir() else there
        kind = ("폴더", "a folder") if wrong.is_dir() else ("폴더가 아닌 파일", "a file, not a folder")
        raise ConfigError(
            say(
                f"{flag}에 파일을 쓸 수 없습니다: {path} ({josa(str(wrong), '은')} {kind[0]}입니다). "
                "폴더 안의 파일 이름을 주세요.",
                f"{flag} cannot be written: {path} ({wrong} is {kind[1]}). Name a file in a folder.",
            )
        )


def _look(hint: object, path: Path | None) -> None:
    if path is not None:
        require_place(path, "--json")


# the type of `json`: the figures that a command says, for another program
OutFile = Annotated[Path, Parameter(validator=_look)]
