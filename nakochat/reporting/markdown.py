"""A document -> Markdown in one language, headings in both.  Every string is escaped and reads as itself."""

import html
import re

from nakochat.core.messages import language
from nakochat.reporting.document import (
    Block,
    Cell,
    Code,
    Dialogue,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    Turns,
)
from nakochat.reporting.words import EMPTY, Words, printable

# What would mean something inside a line; "_" only at a word's edge, ":" in an address, "." after www.
_INLINE = re.compile(r"[\\`*{}\[\]|~$^]|(?<!\w)_|_(?!\w)|:(?=//)|(?<=\w)@|(?i:(?<=\bwww)\.)")
# What would make a line a heading, a list, a rule or a quotation.
_LINE_START = re.compile(r"^(\d*)([-+=#>.)])")


def markdown(document: Document, *, figures: str = "figures") -> str:
    """The whole report; figures are referred to as NAME.svg in that folder or under that address."""
    parts = [f"# {_heading(document.title)}", _paragraph(document.summary)]
    parts += [part for section in document.sections for part in _section(section, figures)]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that reads as itself within a line: no markup, no HTML, no links; line breaks become <br>."""
    text = html.escape(printable(text), quote=False)
    text = _INLINE.sub(lambda match: "\\" + match.group(), text)
    return "<br>".join(line.strip() for line in text.strip().split("\n"))


def _paragraph(words: Words) -> str:
    return _LINE_START.sub(r"\1\\\2", escaped(_chosen(words)))


def _section(section: Section, figures: str) -> list[str]:
    return [f"## {_heading(section.title)}", *(_block(block, figures) for block in section.blocks)]


def _block(block: Block, figures: str) -> str:
    match block:
        case Paragraph():
            return _paragraph(block.words)
        case Table():
            return _table(block)
        case Figure():
            image = f"![{escaped(_chosen(block.title))}]({figures}/{block.name}.svg)"
            return f"{image}\n\n{_paragraph(block.caption)}"
        case Turns():
            return _turns(block)
        case Dialogue():
            return _dialogue(block)
        case Code():
            return _code(block)


def _table(table: Table) -> str:
    rule = ["---"] + ["---:" if table.figures else "---"] * (len(table.head) - 1)
    lines = [[escaped(_chosen(words)) for words in table.head], rule]
    lines += [[_cell(cell) for cell in row] for row in table.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(cell: Cell) -> str:
    words = escaped(_chosen(cell.words))
    words = f"**{words}**" if cell.best else words
    return words if cell.remark is None else f"{words}<br><sub>{escaped(_chosen(cell.remark))}</sub>"


def _turns(turns: Turns) -> str:
    lines = [f"| | {escaped(turns.prompt)} |", "| --- | --- |"]
    lines += [
        f"| {escaped(_chosen(label))} | {escaped(reply if reply.strip() else _chosen(EMPTY))} |"
        for label, reply in turns.replies
    ]
    return "\n".join(lines)


def _dialogue(dialogue: Dialogue) -> str:
    lines = []
    for said in dialogue.turns:
        speaker = escaped(_chosen(said.speaker))
        text = escaped(said.text if said.text.strip() else _chosen(EMPTY))
        lines.append(f"> {f'**{speaker}**' if said.by_model else speaker}: {text}")
    # a quoted blank line between turns: without it renderers would run them into one paragraph
    parts = [f"### {escaped(_chosen(dialogue.title))}", "\n>\n".join(lines)]
    if dialogue.remarks:
        parts.append("\n".join(f"- {_paragraph(words)}" for words in dialogue.remarks))
    return "\n\n".join(parts)


def _code(code: Code) -> str:
    # A fence longer than any run of backticks inside cannot be closed from inside.
    longest = max((len(run) for run in re.findall(r"`+", code.text)), default=0)
    fence = "`" * max(3, longest + 1)
    title = html.escape(_chosen(code.title))
    body = f"{fence}json\n{printable(code.text)}\n{fence}"
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _chosen(words: Words) -> str:
    return words.en if language() == "en" else words.ko


def _heading(words: Words) -> str:
    first, second = (words.en, words.ko) if language() == "en" else (words.ko, words.en)
    return escaped(first) if first == second else f"{escaped(first)} · {escaped(second)}"
