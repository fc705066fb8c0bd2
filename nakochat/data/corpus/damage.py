"""Lines of text files that cannot be read -> an error at the first of them, or their number and where they stand.

    damage = Damage("skip")
    for text in read_documents(paths, damage=damage):
        ...
    damage.lines            # how many were passed over

A line is passed over alone: one that is cut, no JSON, not in the file's encoding, without its text column, longer than
any text, or of other columns than its table.  What cannot be read on behind its damage (an archive that breaks off, a
Parquet file) is an error in any case, and so is a file of which more lines are bad than good: it is something else.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.core.progress import warn

Asked = Literal["stop", "skip"]
NAMED = 3  # lines of a file that are named; its sum is said in any case


class DamagedLine(DataError):
    """One line of a text file cannot be used; what comes behind it can be read."""

    def __init__(self, message: str, path: Path, number: int, why: str) -> None:
        super().__init__(message)
        self.path, self.number, self.why = path, number, why


@dataclass
class Damage:
    """What a corpus is to do with damaged lines, and what it met.  A file that is read again counts once."""

    asked: Asked | None = None
    """None: whoever reads has no choice to offer."""
    _met: Counter[Path] = field(default_factory=Counter, init=False)
    _named: Counter[Path] = field(default_factory=Counter, init=False)
    _summed: set[Path] = field(default_factory=set, init=False)

    @property
    def lines(self) -> int:
        """Lines that were passed over, in all files."""
        return sum(self._met.values())

    def of(self, path: Path) -> "FileDamage":
        """For one reading of one file."""
        return FileDamage(self, path)

    def note(self, error: DamagedLine, met: int) -> None:
        """A file's damaged line number `met` of this reading."""
        self._met[error.path] = max(self._met[error.path], met)
        if self._named[error.path] < min(met, NAMED):
            self._named[error.path] = met
            warn(
                say(
                    f"{error.path}:{error.number}: 건너뜁니다 ({error.why}).",
                    f"{error.path}:{error.number}: passed over ({error.why}).",
                )
            )

    def sum_up(self, path: Path, met: int) -> None:
        """Say how many lines a file lacks, once."""
        if met > NAMED and path not in self._summed:
            self._summed.add(path)
            warn(
                say(
                    f"{path}: 읽을 수 없는 {met:,}줄을 건너뛰었습니다.",
                    f"{path}: {met:,} unreadable lines were passed over.",
                )
            )


@dataclass
class FileDamage:
    """The same for one file while it is read.  `read` is for readers to count its lines, good and bad."""

    of: Damage
    path: Path
    read: int = 0
    met: int = 0
    first: int = 0
    """The number of the first line that was passed over."""

    @property
    def skips(self) -> bool:
        return self.of.asked == "skip"

    def pass_over(self, error: DamagedLine) -> None:
        """Count a line; raise its error where lines are not to be passed over."""
        if not self.skips:
            if self.of.asked is None:
                raise error
            advice = say(
                "이런 줄을 빼고 하려면 --damaged-data skip을 붙이세요.",
                "To go on without such lines, add --damaged-data skip.",
            )
            raise DataError(f"{error} {advice}") from error
        self.met += 1
        self.first = self.first or error.number
        self.of.note(error, self.met)

    def end(self) -> None:
        """The file is read.  DataError where more of it is damaged than not."""
        if 2 * self.met > self.read:
            raise DataError(
                say(
                    f"읽을 수 없는 줄이 읽을 수 있는 줄보다 많습니다: {self.path} ({self.read:,}줄 가운데 "
                    f"{self.met:,}줄). 손상된 것이 아니라 형식이나 인코딩이 다른 파일로 보입니다. 파일 이름의 끝과 "
                    "--encoding을 확인하세요.",
                    f"more lines of {self.path} are unreadable than not ({self.met:,} of {self.read:,}). It looks like "
                    "a file of another kind or encoding, not a damaged one. Check the ending of its name, and "
                    "--encoding.",
                )
            )
        self.of.sum_up(self.path, self.met)
