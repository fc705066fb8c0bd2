"""What a report says, before anyone decides how it looks: sections made of blocks.

`contents.py` builds these from a run; `markdown.py` and `page.py` each render all of them.  Nothing here is
escaped: that is the renderers' duty, for every string, since model output and settings are a stranger's text.
"""

from dataclasses import dataclass

from nakochat.reporting.words import Words


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a table: a value, perhaps the best of its row, perhaps with a remark in small print."""

    words: Words
    best: bool = False
    remark: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    words: Words


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a head; the first column names the row.  `figures` sets the other columns flush right."""

    head: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: bool = True


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing: a file name without its ending, a title, an SVG document and a caption."""

    name: str
    title: Words
    svg: str
    caption: Words


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one of the two said: the person, or the model under its stage's name."""

    speaker: Words
    text: str
    by_model: bool


@dataclass(frozen=True, kw_only=True)
class Turns:
    """One prompt and what was answered to it, each answer under a label (a step, a stage)."""

    prompt: str
    replies: tuple[tuple[Words, str], ...]


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """A conversation from its first turn to its last, and remarks on it."""

    title: Words
    turns: tuple[Said, ...]
    remarks: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Code:
    """A long literal text (settings as JSON), folded away under a title."""

    title: Words
    text: str


Block = Paragraph | Table | Figure | Turns | Dialogue | Code


@dataclass(frozen=True, kw_only=True)
class Section:
    name: str
    title: Words
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    title: Words
    summary: Words
    sections: tuple[Section, ...]
