"""Pieces of one answer -> the terminal: as plain text, or as Markdown that takes its shape while it comes."""

import itertools
import os
import sys
from typing import ClassVar

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.segment import Segment
from rich.text import Text

from nakochat.core.messages import say
from nakochat.core.printable import printable
from nakochat.inference.talk import Piece

WIDEST = 100  # cells of a line of Markdown: longer ones are hard to read


def open_screen() -> "Screen":
    """Markdown in a terminal that can move its cursor; plain text through pipes and in the simplest terminals."""
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        return MarkdownScreen(Console(highlight=False))  # takes the colours away where NO_COLOR asks for it
    return Screen()


class Screen:
    """Plain text.  A calculator call gets a line of its own: [계산 37+45 = 82]."""

    def __init__(self) -> None:
        self._call = self._result = ""
        self._at_line_start = True
        self._is_empty = True

    def show(self, piece: Piece) -> None:
        text = printable(piece.text)
        self._is_empty = self._is_empty and not text.strip()
        if piece.kind == "output":
            self._result += text
            return
        if piece.kind == "text" or self._result:
            self._show_call()
        if piece.kind == "text":
            self._write(text)
        else:
            self._call += text

    def end(self, finish: str | None) -> None:
        """The last line, and why the answer is not whole if it is not."""
        self._show_call()
        if finish is None:
            self._note(say("[멈춤]", "[stopped]"))
        elif finish == "length":
            self._note(say("[길이 제한에서 끊김]", "[cut at the length limit]"))
        elif self._is_empty:
            self._note(say("[빈 답]", "[an empty answer]"))
        elif not self._at_line_start:
            self._write("\n")

    def _show_call(self) -> None:
        if self._call:
            equals = f" = {self._result}" if self._result else ""
            self._note(f"[{say('계산', 'calculator')} {self._call}{equals}]")
        self._call = self._result = ""

    def _note(self, text: str) -> None:
        """A line that the model did not say."""
        self._write(("" if self._at_line_start else "\n") + text + "\n")

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_line_start = text.endswith("\n")


class MarkdownScreen(Screen):
    """Blocks of Markdown.  A block that is whole is printed for good; only the one on its way is drawn again and again,
    so that an answer may be longer than the screen and can be scrolled and copied."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._coming = ""
        self._follows = False  # a block stands above, with which the next must not run together
        self._live: Live | None = None

    def _write(self, text: str) -> None:
        *whole, self._coming = _blocks(self._coming + text)
        for block in whole:
            self._print(block)
        self._draw()
        self._at_line_start = not self._coming

    def _note(self, text: str) -> None:
        self._flush()
        self._console.print(Text(text, style="dim"))
        self._follows = False

    def end(self, finish: str | None) -> None:
        super().end(finish)
        self._flush()

    def _draw(self) -> None:
        """Show the block on its way, as much of its end as the screen has room for."""
        if self._live is None:
            if not self._coming.strip():
                return
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(_Block(self._coming, gap=self._follows, is_cut=True), refresh=True)

    def _print(self, text: str) -> None:
        if text.strip():
            if self._live is not None:
                self._live.update(Text(""))
            self._console.print(_Block(text, gap=self._follows), end="")
            self._follows = True

    def _flush(self) -> None:
        if self._live is not None:
            self._live.update(Text(""), refresh=True)
            self._live.stop()
            self._live = None
        for block in _blocks(self._coming):
            self._print(block)
        self._coming, self._at_line_start = "", True


class _Block:
    """Some Markdown, with one empty line before it if there is a gap, cut to the lines at its end that fit."""

    def __init__(self, text: str, *, gap: bool, is_cut: bool = False) -> None:
        self._content, self._gap, self._is_cut = _Answer(text.strip("\n")), gap, is_cut

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, WIDEST)
        lines = console.render_lines(self._content, options.update(width=width, height=None), pad=False)
        # lists and tables bring empty lines of their own, paragraphs do not
        seen = [place for place, line in enumerate(lines) if "".join(part.text for part in line).strip()]
        lines = lines[seen[0] : seen[-1] + 1] if seen else []
        lines = [*([[]] if self._gap else []), *lines]
        for line in lines[-max(1, console.height - 2) :] if self._is_cut else lines:
            yield from line
            yield Segment.line()


class _Heading(Heading):
    """On the left: rich puts large ones into a box in the middle."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        self.text.stylize("bold")
        yield self.text


class _Answer(Markdown):
    """Markdown whose lines break where the model broke them, and in which HTML is text like any other."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": _Heading}

    def __init__(self, text: str) -> None:
        # no hyperlinks: a terminal would follow them to an address that it does not show
        super().__init__("", code_theme="ansi_dark", hyperlinks=False)
        self.parsed = list(_parser().parse(text))
        for token in self.parsed:
            for part in token.children or ():
                if part.type == "softbreak":
                    part.type = "hardbreak"


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


def _blocks(text: str) -> list[str]:
    """The text cut where its outermost blocks begin: paragraphs, lists, tables, code.  Of a text that grows all but the
    last are whole."""
    outer = (token for token in _parser().parse(text) if token.level == 0 and token.nesting >= 0)
    starts = [token.map[0] for token in outer if token.map]
    lines = text.split("\n")
    cuts = [0, *starts[1:], len(lines)]
    parts = ["\n".join(lines[start:end]) for start, end in itertools.pairwise(cuts)]
    return [part + "\n" for part in parts[:-1]] + parts[-1:]
