"""The report card in a browser: on a phone's width, and in the reader's language."""

import re
from pathlib import Path

from playwright.sync_api import Browser

from nakochat.reporting.document import Block, Cell, Document, Paragraph, Section, Table
from nakochat.reporting.page import page
from nakochat.reporting.words import Words, same

HANGUL = re.compile("[가-힣]")
STAGES = ("BASE", "MID", "SFT", "RL")


def report() -> str:
    """A table that only its last stage fills, wider than a phone."""
    dash = Cell(words=same("–"))
    filled = Cell(words=same("23.902"), remark=same("23.90 · 17,444,261.8 · 1.9 %"))
    name = Cell(words=Words("과제의 이름", "bigbench_language_identification"))
    head = (Words("항목", "What"), *map(same, STAGES))
    blocks: tuple[Block, ...] = (
        Table(head=head, rows=((name, dash, dash, dash, filled),)),
        Paragraph(words=Words("설명입니다.", "A note.")),
    )
    title = Words("성적표", "Report card")
    return page(
        Document(title=title, summary=title, sections=(Section(name="s", title=title, blocks=blocks),))
    )


def test_it_fits_a_phone_and_speaks_the_readers_language(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(), encoding="utf-8")
    context = browser.new_context(locale="en-US", viewport={"width": 390, "height": 800})
    shown = context.new_page()
    shown.goto(file.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") == 390
    assert not HANGUL.search(shown.inner_text("main"))
    assert shown.evaluate(
        "document.querySelector('.scroll').scrollWidth > 390"
    )  # the table's own room scrolls
    lines = shown.evaluate(
        """[...document.querySelectorAll('thead th')].slice(1).map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return new Set([...range.getClientRects()].map((box) => box.top)).size;
        })"""
    )
    assert lines == [1] * len(STAGES)  # and no name of a stage is broken into its letters
    shown.click("label[for=korean]")
    assert "설명입니다." in shown.inner_text("main")
    assert "A note." not in shown.inner_text("main")
    assert shown.get_attribute("html", "lang") == "ko"
    context.close()
