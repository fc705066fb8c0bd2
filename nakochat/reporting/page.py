"""A document -> one HTML file that asks for nothing: both languages, light and dark, readable on a phone.

Every string is escaped.  On top of that a Content-Security-Policy forbids all requests and every script but
page.js, so that even a hole in the escaping could neither run code nor call home.
"""

import base64
import hashlib
import html
from importlib.resources import files

from nakochat.core.messages import language
from nakochat.reporting.document import (
    Block,
    Cell,
    Code,
    Dialogue,
    Document,
    Figure,
    Paragraph,
    Said,
    Section,
    Table,
    Turns,
)
from nakochat.reporting.words import EMPTY, Words, printable


def page(document: Document) -> str:
    """The whole report as HTML."""
    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    chosen = language()
    body = "\n".join(_section(section) for section in document.sections)
    links = " ".join(
        f'<a href="#{section.name}">{_words(section.title)}</a>' for section in document.sections
    )
    return f"""<!doctype html>
<html lang="{chosen}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">
<link rel="icon" href="data:,">
<title>{_escaped(document.title.en if chosen == "en" else document.title.ko)}</title>
<style>
{style}</style>
</head>
<body>
<input type="radio" name="language" id="korean"{_checked("ko")}>
<input type="radio" name="language" id="english"{_checked("en")}>
<header>
<p class="switch"><label for="korean">한국어</label><label for="english">English</label></p>
<h1>{_words(document.title)}</h1>
<p class="summary">{_words(document.summary)}</p>
<nav>{links}</nav>
</header>
<main>
{body}
</main>
<script>{script}</script>
</body>
</html>
"""


def _policy(script: str) -> str:
    fingerprint = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{fingerprint}'"


def _checked(of: str) -> str:
    return " checked" if language() == of else ""


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _words(words: Words) -> str:
    """Both languages, of which the style shows one; a text alike in both stands once."""
    if words.ko == words.en:
        return _escaped(words.ko)
    korean, english = _escaped(words.ko), _escaped(words.en)
    return f'<span class="ko" lang="ko">{korean}</span><span class="en" lang="en">{english}</span>'


def _section(section: Section) -> str:
    figures = "".join(_block(block) for block in section.blocks if isinstance(block, Figure))
    others = "\n".join(_block(block) for block in section.blocks if not isinstance(block, Figure))
    drawn = f'<div class="drawings">{figures}</div>\n' if figures else ""
    return f'<section id="{section.name}">\n<h2>{_words(section.title)}</h2>\n{drawn}{others}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_words(block.words)}</p>"
        case Table():
            return _table(block)
        case Figure():
            return (
                f"<figure><h3>{_words(block.title)}</h3>{block.svg}"
                f"<figcaption>{_words(block.caption)}</figcaption></figure>"
            )
        case Turns():
            return _turns(block)
        case Dialogue():
            return _dialogue(block)
        case Code():
            text = _escaped(block.text)
            return f"<details><summary>{_words(block.title)}</summary><pre>{text}</pre></details>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_words(words)}</th>' for words in table.head)
    rows = "\n".join(_row(row) for row in table.rows)
    kind = "numbers" if table.figures else "words"
    return (
        f'<div class="scroll" tabindex="0"><table class="{kind}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: tuple[Cell, ...]) -> str:
    first, *rest = row
    cells = "".join(f"<td>{_cell(cell)}</td>" for cell in rest)
    return f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>'


def _cell(cell: Cell) -> str:
    words = f"<strong>{_words(cell.words)}</strong>" if cell.best else _words(cell.words)
    return words if cell.remark is None else f"{words}<small>{_words(cell.remark)}</small>"


def _turns(turns: Turns) -> str:
    replies = "\n".join(
        f"<div><dt>{_words(label)}</dt><dd>{_escaped(reply) if reply.strip() else _words(EMPTY)}</dd></div>"
        for label, reply in turns.replies
    )
    return f'<article class="turns" lang="ko"><p>{_escaped(turns.prompt)}</p>\n<dl>{replies}</dl></article>'


def _dialogue(dialogue: Dialogue) -> str:
    turns = "\n".join(_said(said) for said in dialogue.turns)
    remarks = "".join(f"<li>{_words(words)}</li>" for words in dialogue.remarks)
    return (
        f'<article class="dialogue"><h3>{_words(dialogue.title)}</h3>\n<div lang="ko">{turns}</div>'
        f"{f'<ul>{remarks}</ul>' if remarks else ''}</article>"
    )


def _said(said: Said) -> str:
    """A bubble.  Who speaks is seen by its side, so the name is written for screen readers alone."""
    text = _escaped(said.text) if said.text.strip() else _words(EMPTY)
    kind = "model" if said.by_model else "person"
    return f'<p class="{kind}"><span class="unseen">{_words(said.speaker)}: </span>{text}</p>'
