"""Pieces of a text with the probability that the model gave them -> colours in a terminal, or lines with figures.

Green for what the model was sure of, red for what it hardly meant.  Without colours (a pipe, NO_COLOR, the simplest
terminals) a line for each piece: its probability, a tab, the piece as JSON.
"""

import json
import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from nakochat.core.messages import say
from nakochat.core.printable import printable
from nakochat.inference.talk import Likely

# from this probability on -> the style; a faint one is underlined too, for those who cannot tell red from green
STYLES = ((0.8, "green"), (0.5, "cyan"), (0.2, "yellow"), (0.0, "red underline"))


def style_of(probability: float | None) -> str:
    """What was not drawn (the prompt, a tool's answer) has none."""
    if probability is None:
        return "dim"
    return next(style for least, style in STYLES if probability >= least)


def has_colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def show_probabilities(prompt: str, pieces: Iterable[Likely]) -> None:
    """Print a continued text, each piece with its probability."""
    if not has_colours():
        for piece in pieces:
            share = "" if piece.probability is None else f"{piece.probability:.4f}"
            print(f"{share}\t{json.dumps(printable(piece.text), ensure_ascii=False)}", flush=True)
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(printable(prompt), style=style_of(None)), end="")
    for piece in pieces:
        console.print(Text(printable(piece.text), style=style_of(piece.probability)), end="")
    console.print()
    console.print(legend())


def legend() -> Text:
    """What the colours mean."""
    line = Text(say("모델이 매긴 확률:", "probability by the model:"), style="dim")
    bounds = [*(least for least, _ in STYLES)]
    for (least, style), above in zip(STYLES, [1.0, *bounds[:-1]], strict=True):
        line.append("  ")
        line.append(f"{100 * least:.0f}–{100 * above:.0f} %", style=style)
    return line
