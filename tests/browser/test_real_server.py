"""The chat page with the server that it comes from -> they understand each other, tokens, keys and ends included.

Only the engine is a stand-in: its answers are random tokens, so that no model has to be trained for this.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from nakochat.serving.web.gate import Policy
from nakochat.serving.web.keys import read_keys
from nakochat.serving.web.pages import page_files
from nakochat.text.tokenizer import Tokenizer
from tests.serving.harness import fake_front, served, until

KEY = "open-sesame-open"
MODELS = ("tiny/rl", "tiny/base", "tiny/sft")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """The whole server but for the model, behind a key."""
    tokenizer = Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요. user assistant system"] * 4, 330)
    keys = read_keys(None, {"NAKO_API_KEY": KEY})
    policy = Policy(keys=keys, open_paths=frozenset({"/health", "/ready", *page_files()}))
    how = {"pause": 0.005, "length": 4000, "context": 4096}
    with served(fake_front(tokenizer, tmp_path, how, models=MODELS), policy=policy) as running:
        yield SimpleNamespace(address=f"http://127.0.0.1:{running.port}", running=running)


def test_the_page_and_its_server(open_page: Callable[..., Page], server: SimpleNamespace) -> None:
    page = open_page()
    page.fill("#key-text", KEY)
    page.press("#key-text", "Enter")
    expect(page.locator("#model option")).to_have_text(["tiny · BASE", "tiny · SFT", "tiny · RL"])
    expect(page.locator("#model")).to_have_value("tiny/rl")
    page.get_by_role("radio", name="SFT").check()
    page.click("#tokens")
    page.click("#open-settings")
    page.fill("#system", "다정하게")
    page.locator("#set-max_tokens").fill("32")
    page.keyboard.press("Escape")
    page.fill("#text", "안녕")
    page.press("#text", "Enter")
    chips = page.locator(".chip")
    expect(chips).to_have_count(32)
    expect(page.locator("li.assistant .speaker")).to_have_text("nakochat · SFT · 길이 제한에서 끊겼어요")
    chips.first.click()
    expect(page.locator(".alternatives tr")).to_have_count(6)  # the chosen one and five that were likelier
    expect(page.locator(".alternatives tr.chosen .number")).to_have_text(re.compile(r"60\.7"))
    page.click("#open-settings")
    page.locator("#set-max_tokens").fill("2048")
    page.keyboard.press("Escape")
    page.fill("#text", "길게 말해 줘")
    page.press("#text", "Enter")
    expect(page.locator("li.assistant > .body").last).not_to_be_empty()
    page.click("#stop")
    expect(page.locator("li.assistant .speaker").last).to_contain_text("멈췄어요")
    until(lambda: not server.running.front.dispatcher.running)  # nobody reads it any more
    page.fill("#text", "가나다라마바사아자차카타파하 " * 400)
    page.press("#text", "Enter")
    expect(page.locator(".fault")).to_contain_text("너무 긴 말이에요")
