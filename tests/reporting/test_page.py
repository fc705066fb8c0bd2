import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from nakochat.reporting.document import (
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
from nakochat.reporting.page import page
from nakochat.reporting.words import Words, same

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


class Outline(HTMLParser):
    """What a browser would find: tags, attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Document:
    cell = Cell(words=same(EVIL), remark=same(EVIL), best=True)
    blocks = (
        Paragraph(words=Words(EVIL, "english" + EVIL)),
        Table(head=(same(EVIL),), rows=((cell, cell),)),
        Turns(prompt=EVIL, replies=((same(EVIL), EVIL), (same("빈"), ""))),
        Dialogue(
            title=same(EVIL),
            turns=(Said(speaker=same(EVIL), text=EVIL, by_model=True),),
            remarks=(same(EVIL),),
        ),
        Code(title=same(EVIL), text=EVIL),
        Figure(name="loss", title=same(EVIL), svg="<svg></svg>", caption=same(EVIL)),
    )
    return Document(
        title=same(EVIL), summary=same(EVIL), sections=(Section(name="s", title=same(EVIL), blocks=blocks),)
    )


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def test_no_text_becomes_markup() -> None:
    found = outline(page(hostile()))
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    # head 1, header 3, section title 1, paragraph 2, table 5, turns 3, dialogue 4, code 2, figure 2: all there, as text
    assert found.text.count(EVIL) == 23


def test_nothing_is_requested() -> None:
    text = page(hostile())
    found = outline(text)
    addresses = [
        value for name, value in found.attributes if name in ("src", "href", "action", "srcset", "poster")
    ]
    assert sorted(address or "" for address in addresses) == ["#s", "data:,"]
    assert "@import" not in text
    assert "url(" not in text


def test_policy_allows_its_own_script_and_nothing_else() -> None:
    text = page(hostile())
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script is not None
    fingerprint = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    assert f"script-src 'sha256-{fingerprint}'" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1]


def test_language_without_a_script_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    assert '<html lang="ko">' in page(hostile())
    assert 'id="korean" checked' in page(hostile())
    monkeypatch.setenv("NAKO_LANG", "en")
    assert '<html lang="en">' in page(hostile())
    assert 'id="english" checked' in page(hostile())
