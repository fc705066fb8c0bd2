"""A .csv or .tsv file -> the cells of its text column, one at a time.

With a header or without, and for .tsv with quotes that quote or that are just text: the first lines tell.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from nakochat.core.messages import say
from nakochat.data.corpus.columns import TEXT_NAMES, pick_column
from nakochat.data.corpus.damage import DamagedLine, FileDamage
from nakochat.data.corpus.text import MAX_LINE_BYTES, is_unread, lines_of, unread_line

Line = tuple[int, str]
_PEEKED_ROWS = 50
_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 1 << 20
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d*)?([eE][-+]?\d+)?")


def table_documents(
    path: Path, delimiter: str, column: str | None, encoding: str, damage: FileDamage
) -> Iterator[str]:
    """The text column of every row.  A column of a file without header is named by its number, from 1.

    DataError for a row with other columns than the first, which names the line; for quotes that never close.  Where
    damaged lines are passed over, reading goes on at the line behind.
    """
    rows = _numbered_rows(path, delimiter, encoding, damage)
    peeked = _peek(rows)
    if not peeked:
        return
    first, *others = (cells for _, cells in peeked)
    header = _has_header(first, others, column)
    names = [cell.strip() for cell in first] if header else [str(n) for n in range(1, len(first) + 1)]
    place = names.index(
        pick_column(path, column, names, _textual(names, others if header else [first, *others]))
    )
    for _, cells in islice(chain(peeked, rows), int(header), None):
        yield cells[place]


def named_rows(
    path: Path, delimiter: str, encoding: str, damage: FileDamage
) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its last line, cells by the header's names) of every row below the header."""
    rows = _numbered_rows(path, delimiter, encoding, damage)
    _, header = next(rows, (0, []))
    names = [name.strip() for name in header]
    for number, cells in rows:
        yield number, dict(zip(names, cells, strict=True))


def _numbered_rows(
    path: Path, delimiter: str, encoding: str, damage: FileDamage
) -> Iterator[tuple[int, list[str]]]:
    lines = lines_of(path, encoding, damage)
    sample = _take_sample(lines)
    texts = [line for _, line in sample]
    if delimiter == "," and texts and "," not in texts[0] and "\t" in texts[0]:
        delimiter = "\t"  # tabs under the name .csv are common
    quoted = delimiter == "," or _quotes_quote(texts, delimiter)
    split = _quoted_rows if quoted else _plain_rows
    return _whole(path, encoding, split(path, chain(sample, lines), delimiter, damage), damage)


def _peek(rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The first rows, as many as are needed to tell the columns apart, and no more than a few characters of them."""
    peeked: list[tuple[int, list[str]]] = []
    size = 0
    while len(peeked) < _PEEKED_ROWS and size < _SAMPLE_CHARACTERS:
        row = next(rows, None)
        if row is None:
            break
        peeked.append(row)
        size += sum(map(len, row[1]))
    return peeked


def _take_sample(lines: Iterator[Line]) -> list[Line]:
    sample: list[Line] = []
    size = 0
    for line in lines:
        sample.append(line)
        size += len(line[1])
        if len(sample) >= _SAMPLE_LINES or size >= _SAMPLE_CHARACTERS:
            break
    return sample


def _plain_rows(
    path: Path, lines: Iterable[Line], delimiter: str, damage: FileDamage
) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) of every line that is not blank."""
    for number, line in lines:
        if not line.isspace():
            yield number, line.removesuffix("\n").split(delimiter)


def _quoted_rows(
    path: Path, lines: Iterable[Line], delimiter: str, damage: FileDamage
) -> Iterator[tuple[int, list[str]]]:
    """(number of the row's last line, cells) of every row that is not blank."""
    # The csv module keeps this limit for the whole process, at 128 KiB: shorter than many a document.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
    row = _Row(path, lines, damage.skips)
    reader = csv.reader(row, delimiter=delimiter, strict=True)  # not strict, a lost quote swallows the file
    while True:
        row.begin()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            damage.pass_over(_unpaired(path, row, error))
            row.take_back()
        except DamagedLine as error:
            damage.pass_over(error)
            row.take_back()
        else:
            if cells is None:
                return
            if cells:
                yield row.number, cells


class _Row:
    """Lines for the csv module, which joins as many as its quotes ask for into one row: up to MAX_LINE_BYTES.

    keeps: what a lost quote has swallowed can be taken back.
    """

    def __init__(self, path: Path, lines: Iterable[Line], keeps: bool) -> None:
        self.first = self.number = 0  # of the row's lines
        self._path, self._keeps = path, keeps
        self._sources = [iter(lines)]  # and, above, what was taken back: the last is read first
        self._taken = io.StringIO()  # a list of short lines would take fifty times their bytes

    def begin(self) -> None:
        """What comes now is another row's."""
        self._held = self.first = 0
        self._taken.seek(0)
        self._taken.truncate()

    def take_back(self) -> None:
        """Go on behind the first line of a row that cannot be read."""
        self._taken.seek(0)
        self._taken.readline()
        self._sources.append(enumerate(self._taken, start=self.first + 1))
        self._taken = io.StringIO()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = self._next()
        self.first = self.first or self.number
        self._held += len(line)
        if self._keeps:
            self._taken.write(line)
        if self._held > MAX_LINE_BYTES:
            raise _giant_row(self._path, self.first, self.number)
        return line

    def _next(self) -> Line:
        while len(self._sources) > 1:
            line = next(self._sources[-1], None)
            if line is not None:
                return line
            self._sources.pop()
        return next(self._sources[0])


def _whole(
    path: Path, encoding: str, rows: Iterable[tuple[int, list[str]]], damage: FileDamage
) -> Iterator[tuple[int, list[str]]]:
    """The rows of as many columns as the first; a row of unread bytes is none."""
    expected = 0
    for number, cells in rows:
        if damage.skips and any(map(is_unread, cells)):
            damage.pass_over(unread_line(path, number, encoding))
            continue
        expected = expected or len(cells)
        if len(cells) == expected:
            yield number, cells
        else:
            damage.pass_over(_ragged(path, number, len(cells), expected))


def _quotes_quote(sample: list[str], delimiter: str) -> bool:
    """Whether a .tsv was written with quoting.  Film reviews are not: theirs open with a quotation.

    It was if its lines fall into unequal cells (a quoted cell hides tabs or line ends), if its first row is
    quoted throughout, or if a quoted cell holds doubled quotes.
    """
    rows = [line.removesuffix("\n").split(delimiter) for line in sample if not line.isspace()]
    cells = [cell for row in rows for cell in row if len(cell) >= 2 and _QUOTED.fullmatch(cell)]
    if not cells and not any(cell.startswith('"') for row in rows for cell in row):
        return False
    uneven = len({len(row) for row in rows}) > 1
    return (
        uneven
        or all(_QUOTED.fullmatch(cell) for cell in rows[0])
        or any('""' in cell[1:-1] for cell in cells)
    )


def _has_header(first: Sequence[str], rest: Sequence[Sequence[str]], column: str | None) -> bool:
    """A cell that names a column of text, or a word above a column of numbers."""
    names = [cell.strip() for cell in first]
    if column in names or any(name.casefold() in TEXT_NAMES for name in names):
        return True
    return any(
        not _NUMBER.fullmatch(name) and bool(rest) and all(_NUMBER.fullmatch(row[place]) for row in rest)
        for place, name in enumerate(names)
    )


def _textual(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The columns that are not numbers; only the longest, if it is at least twice as long as any other."""
    lengths = {}
    for place, name in enumerate(names):
        cells = [row[place] for row in rows]
        if not all(_NUMBER.fullmatch(cell) for cell in cells if cell):
            lengths[name] = sum(map(len, cells))
    ranked = sorted(lengths, key=lambda name: -lengths[name])
    if len(ranked) > 1 and lengths[ranked[0]] >= 2 * lengths[ranked[1]]:
        return ranked[:1]
    return ranked


def _unpaired(path: Path, row: _Row, error: csv.Error) -> DamagedLine:
    return DamagedLine(
        say(
            f"표를 읽을 수 없습니다: {path}의 {row.first}번째 줄부터 {row.number}번째 줄까지 ({error}). "
            '큰따옴표의 짝이 맞는지, 칸 안의 큰따옴표를 두 번("") 썼는지 확인하세요.',
            f"cannot read the table {path}, line {row.first} to {row.number} ({error}). "
            'Check that its quotes pair up and that a quote inside a cell is doubled ("").',
        ),
        path,
        row.first,
        str(error),
    )


def _ragged(path: Path, number: int, columns: int, expected: int) -> DamagedLine:
    return DamagedLine(
        say(
            f"{number}번째 줄의 칸 수가 다릅니다: {path} ({expected}칸이어야 하는데 {columns}칸). "
            "글 안의 구분 기호나 줄바꿈은 큰따옴표로 감싸야 합니다. 그 줄을 고치세요.",
            f"line {number} of {path} has {columns} columns where the first row has {expected}. Separators "
            f"and line ends inside a text must be quoted. Mend that line.",
        ),
        path,
        number,
        say(f"{expected}칸이 아니라 {columns}칸", f"{columns} columns, not {expected}"),
    )


def _giant_row(path: Path, first: int, last: int) -> DamagedLine:
    return DamagedLine(
        say(
            f"한 행이 너무 깁니다: {path} ({first}번째 줄부터 {last}번째 줄까지 {MAX_LINE_BYTES >> 20} MiB를 넘음). "
            "닫히지 않은 큰따옴표가 있는지 그 줄들을 확인하세요.",
            f"a row of {path} is too long (over {MAX_LINE_BYTES >> 20} MiB from line {first} to {last}). Look for a "
            "quote that is not closed in these lines.",
        ),
        path,
        first,
        say(
            f"{MAX_LINE_BYTES >> 20} MiB 안에 끝나지 않는 행",
            f"a row of more than {MAX_LINE_BYTES >> 20} MiB",
        ),
    )
