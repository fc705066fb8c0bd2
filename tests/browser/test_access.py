"""The chat page for everyone -> no serious finding of axe-core in any state, and all of it by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.access import expect_no_barrier
from tests.browser.fake_server import Call, FakeServer, Token

RICH = (
    "## 제목\n\n**굵게**, `코드`, [주소](https://example.com)\n\n> 인용\n\n- 하나\n- 둘\n\n"
    "| 가 | 나 |\n|---|--:|\n| 1 | 2 |\n\n"
    "```python\n# 말\ndef f(x: int) -> str:\n    return '글' + str(x) if x > 1.5 else None\n```\n\n$$\\frac12$$\n"
)


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light", "viewport": {"width": 1200, "height": 800}},
        {
            "color_scheme": "dark",
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "locale": "en-US",
        },
    ],
    ids=["light, desktop, Korean", "dark, phone, English"],
)
def test_every_state_is_open_to_everyone(
    open_page: Callable[..., Page], server: FakeServer, options: dict
) -> None:
    page = open_page(**options)
    expect_no_barrier(page)
    page.click("#tokens")
    server.will_answer(Call("1+2", "3"), RICH)
    server.will_answer(*(Token(f"{share}", share, {"다른": 0.01}) for share in (0.9, 0.6, 0.3, 0.1, 0.01)))
    server.will_refuse(429)
    for text in ("모두", "토큰", "거절"):
        page.fill("#text", text)
        page.press("#text", "Enter")
        expect(page.locator("#send")).to_be_visible()
    page.click(".chip >> nth=2")
    expect(page.locator(".katex")).to_be_attached()
    expect(page.locator(".hljs-string")).to_be_attached()
    expect(page.locator(".fault")).to_be_visible()
    expect_no_barrier(page)
    page.locator("li.user button").nth(1).click()
    expect(page.locator(".edit")).to_be_visible()
    page.click("#open-settings")
    expect_no_barrier(page)
    page.keyboard.press("Escape")
    if options.get("has_touch"):
        page.click("#open-chats")
        expect_no_barrier(page)
        page.keyboard.press("Escape")
    server.key = "key"
    page.reload()
    expect(page.locator("#key")).to_be_visible()
    expect_no_barrier(page)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()")


def reach(page: Page, label: str, key: str = "Shift+Tab") -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(60):
        if focused(page).startswith(label):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab never comes to {label}")


def test_everything_by_keyboard(open_page: Callable[..., Page], server: FakeServer) -> None:
    page = open_page(viewport={"width": 1200, "height": 800})
    keys = page.keyboard
    assert focused(page) == "보낼 말"  # one begins by typing
    keys.type("하나")
    keys.press("Enter")
    expect(page.locator("li.assistant > .body")).to_have_text("네.")
    reach(page, "다시 답하기")
    keys.press("Enter")
    expect(page.locator("li.assistant .place")).to_have_text("2/2")
    reach(page, "앞의 것")
    keys.press("Enter")
    expect(page.locator("li.assistant .place")).to_have_text("1/2")
    reach(page, "고쳐서 다시 묻기")
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("둘")
    keys.press("Escape")
    assert focused(page) == "고쳐서 다시 묻기"
    reach(page, "설정")
    keys.press("Enter")
    expect(page.locator("#settings")).to_be_visible()
    keys.press("Escape")
    assert focused(page) == "설정"
    reach(page, "새 대화")
    keys.press("Enter")
    expect(page.locator("#welcome")).to_be_visible()
    reach(page, "하나")
    keys.press("Enter")
    expect(page.locator("li.user > .body")).to_have_text("하나")
    reach(page, "“하나” 지우기", "Tab")
