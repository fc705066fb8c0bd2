import io
import sys

import pytest
from rich.console import Console

from nakochat.inference.talk import Piece
from nakochat.serving.terminal.screen import MarkdownScreen, Screen, open_screen

ANSWER = """# 제목

첫 줄
둘째 줄, **굵게**

- 하나
- 둘

| 이름 | 수 |
|---|---|
| 가 | 1 |

```python
print("안녕")
```

끝."""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal():
    return Terminal()


def shown(terminal, pieces, finish="stop", **options):
    """What the whole answer looks like to someone who scrolls up, drawn by a terminal of 40 columns."""
    console = Console(file=terminal, force_terminal=True, width=40, height=12, highlight=False, **options)
    screen = MarkdownScreen(console)
    for piece in pieces:
        screen.show(piece)
    screen.end(finish)
    return played(terminal.getvalue())


def played(written):
    """A terminal's lines after what was written to it: carriage returns, line feeds, cursor up and erased lines."""
    lines, row, column, at = [""], 0, 0, 0
    while at < len(written):
        character = written[at]
        if written.startswith("\x1b[", at):
            end = at + 2
            while not written[end].isalpha():
                end += 1
            number, kind = written[at + 2 : end], written[end]
            if kind == "A":
                row -= int(number or 1)
            elif kind == "K":
                lines[row] = ""
            else:
                assert kind in "mhl", (number, kind)
            at = end + 1
            continue
        if character == "\n":
            row, column = row + 1, 0
            if row == len(lines):
                lines.append("")
        elif character == "\r":
            column = 0
        else:
            lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
            column += 1
        assert row >= 0
        at += 1
    return [line.rstrip() for line in lines]


def test_markdown_that_comes_letter_by_letter_ends_as_if_it_had_come_at_once(terminal):
    letters = shown(terminal, [Piece("text", letter) for letter in ANSWER])
    whole = shown(Terminal(), [Piece("text", ANSWER)])
    assert letters == whole
    text = "\n".join(whole)
    for seen in ("제목", "첫 줄\n둘째 줄, 굵게", " • 하나", "이름", 'print("안녕")', "끝."):
        assert seen in text
    for sign in ("#", "**", "```", "|---"):
        assert sign not in text


def test_an_answer_longer_than_the_screen_is_whole_above_it(terminal):
    lines = shown(terminal, [Piece("text", f"문단 {number}\n\n") for number in range(40)])
    assert [line for line in lines if line] == [f"문단 {number}" for number in range(40)]


def test_what_a_model_says_is_text_and_no_link_or_markup(terminal):
    said = "[bold]가[/bold] <b>나</b> [눌러](http://evil.example) \x1b[2J\x1b]0;제목\x07 ![](http://evil.example/x.png)"
    lines = "\n".join(shown(terminal, [Piece("text", said)]))
    assert "[bold]가[/bold]" in lines
    assert "<b>나</b>" in lines
    assert "evil.example" in lines  # the address is seen, and not hidden behind a word
    written = terminal.getvalue()
    assert "\x1b]" not in written
    assert "\x1b[2J" not in written


def test_a_calculation_stands_on_a_line_between_blocks(terminal):
    pieces = [Piece("text", "답은"), Piece("python", "1+1"), Piece("output", "2"), Piece("text", "2예요.")]
    lines = [line for line in shown(terminal, pieces, finish="length") if line]
    assert lines[:3] == ["답은", "[계산 1+1 = 2]", "2예요."]
    assert "길이" in lines[3]


def test_no_color_takes_the_colours_away(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    shown(terminal, [Piece("text", "```python\nprint(1)\n```\n`x`")])
    colours = [code for code in terminal.getvalue().split("\x1b[") if code.startswith(("3", "4", "9"))]
    assert not colours


def test_pipes_and_dumb_terminals_get_plain_text(monkeypatch, capsys):
    assert type(open_screen()) is Screen
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert type(open_screen()) is Screen
    monkeypatch.setenv("TERM", "xterm-256color")
    assert type(open_screen()) is MarkdownScreen


def test_an_answer_without_words_is_said_to_be_one(terminal, capsys):
    assert shown(terminal, [Piece("text", " "), Piece("text", "", "stop")])[-2:] == ["[빈 답]", ""]
    screen = Screen()
    screen.show(Piece("text", "", "stop"))
    screen.end("stop")
    assert capsys.readouterr().out == "[빈 답]\n"
