"""Hangul through an input method -> every message is sent once and whole, in one press of Enter.

The events are Chromium's own, made through the DevTools protocol: Input.imeSetComposition is what an input method shows
while a syllable is being put together, Input.insertText what it hands over in the end.
"""

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browser.fake_server import HOLD, FakeServer

COMPOSING = 229  # the key code of a key that the input method has taken


def compose(devtools: CDPSession, *steps: str) -> None:
    for step in steps:
        devtools.send(
            "Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)}
        )


def commit(devtools: CDPSession, text: str) -> None:
    devtools.send("Input.insertText", {"text": text})


def press_enter(devtools: CDPSession, code: int = 13, *, key: str = "Enter", shift: bool = False) -> None:
    named = {"key": key, "code": "Enter", "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
    text = {"text": "\r", "unmodifiedText": "\r"} if code == 13 else {}
    devtools.send("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", **named, **text})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **named})


def said(page: Page) -> Locator:
    return page.locator("li.user > .body")


def expect_sent(page: Page, server: FakeServer, *texts: str) -> None:
    """These and no others were sent, each once, and the box is empty."""
    expect(said(page)).to_have_text([*texts])
    expect(page.locator("li.assistant")).to_have_count(len(texts))
    expect(page.locator("#stop")).to_be_hidden()
    page.wait_for_timeout(80)  # a second sending would come right after the first
    expect(page.locator("#text")).to_have_value("")
    assert [body["messages"][-1]["content"] for body in server.asked] == [*texts]


def test_an_enter_that_ends_a_composition_sends_once(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    """macOS: keydown 229, compositionend, and then the same Enter once more as 13."""
    page.focus("#text")
    compose(devtools, "ㅇ", "아", "안")
    commit(devtools, "안")
    compose(devtools, "ㄴ", "녀", "녕")
    press_enter(devtools, COMPOSING)
    commit(devtools, "녕")
    press_enter(devtools, 13)
    expect_sent(page, server, "안녕")


def test_no_second_press_is_needed(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    """Some input methods never repeat the Enter that they took."""
    page.focus("#text")
    compose(devtools, "ㅎ", "하", "한")
    press_enter(devtools, COMPOSING)
    commit(devtools, "한")
    expect_sent(page, server, "한")


def test_windows_calls_the_key_process(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    page.focus("#text")
    compose(devtools, "ㄱ", "그", "글")
    press_enter(devtools, COMPOSING, key="Process")
    commit(devtools, "글")
    press_enter(devtools, 13)
    expect_sent(page, server, "글")


def test_the_composition_may_end_before_the_key(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    """Safari's order: compositionend, then keydown 229 and nothing more."""
    page.focus("#text")
    compose(devtools, "ㅂ", "바", "밥")
    commit(devtools, "밥")
    press_enter(devtools, COMPOSING)
    expect_sent(page, server, "밥")


def test_the_composition_may_end_before_a_plain_enter(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    page.focus("#text")
    compose(devtools, "ㅁ", "무", "물")
    commit(devtools, "물")
    press_enter(devtools, 13)
    expect_sent(page, server, "물")


def test_messages_in_a_row_keep_their_last_syllables(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    page.focus("#text")
    for syllable in ("가", "나", "다"):
        compose(devtools, syllable)
        press_enter(devtools, COMPOSING)
        commit(devtools, syllable)
        press_enter(devtools, 13)
        expect(page.locator("#stop")).to_be_hidden()
        expect(page.locator("li.assistant > .body").last).to_have_text("네.")
    expect_sent(page, server, "가", "나", "다")


@pytest.mark.parametrize("code", [COMPOSING, 13])
def test_shift_enter_breaks_the_line(page: Page, server: FakeServer, devtools: CDPSession, code: int) -> None:
    page.focus("#text")
    compose(devtools, "ㅇ", "위")
    if code == COMPOSING:
        press_enter(devtools, COMPOSING, shift=True)
    commit(devtools, "위")
    press_enter(devtools, 13, shift=True)
    compose(devtools, "아")
    commit(devtools, "아래")
    assert server.asked == []
    expect(page.locator("#text")).to_have_value("위\n아래")
    press_enter(devtools, 13)
    expect_sent(page, server, "위\n아래")


def test_a_candidate_of_another_language_is_only_chosen(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    page.focus("#text")
    compose(devtools, "に", "日本")
    press_enter(devtools, COMPOSING)
    commit(devtools, "日本")
    page.wait_for_timeout(80)
    assert server.asked == []
    expect(page.locator("#text")).to_have_value("日本")
    press_enter(devtools, 13)
    expect_sent(page, server, "日本")


def test_what_is_pasted_is_sent_as_it_is(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    page.evaluate("navigator.clipboard.writeText('붙인 글\\n두 줄 ㅋㅋ')")
    page.focus("#text")
    page.keyboard.press("Control+V")
    expect(page.locator("#text")).to_have_value("붙인 글\n두 줄 ㅋㅋ")
    compose(devtools, "ㅇ", "요")
    press_enter(devtools, COMPOSING)
    commit(devtools, "요")
    expect_sent(page, server, "붙인 글\n두 줄 ㅋㅋ요")


def test_the_button_ends_a_composition_too(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    page.focus("#text")
    compose(devtools, "ㄴ", "누", "눌")
    page.click("#send")
    expect_sent(page, server, "눌")


def test_editing_takes_hangul_as_well(page: Page, server: FakeServer, devtools: CDPSession) -> None:
    page.fill("#text", "처음")
    page.press("#text", "Enter")
    expect(page.locator("li.assistant > .body")).to_have_text("네.")
    page.press("#text", "ArrowUp")
    box = page.locator(".edit textarea")
    expect(box).to_be_focused()
    box.press("Control+A")
    compose(devtools, "ㄱ", "고")
    commit(devtools, "고")
    compose(devtools, "ㅊ", "침")
    press_enter(devtools, COMPOSING)
    commit(devtools, "침")
    press_enter(devtools, 13)
    expect(said(page)).to_have_text(["고침"])
    expect(page.locator("li.user .place")).to_have_text("2/2")
    expect(page.locator("#stop")).to_be_hidden()
    page.wait_for_timeout(80)
    assert [body["messages"][-1]["content"] for body in server.asked] == ["처음", "고침"]


def test_a_conversation_is_renamed_in_hangul(page: Page, devtools: CDPSession) -> None:
    page.fill("#text", "안녕")
    page.press("#text", "Enter")
    page.hover("#list li")
    page.click("#list li [aria-label*='이름 바꾸기']")
    compose(devtools, "ㅇ", "이", "일")
    press_enter(devtools, COMPOSING)
    commit(devtools, "일")
    press_enter(devtools, 13)
    expect(page.locator("#list .title")).to_have_text(["일"])
    expect(page.locator("#title")).to_have_text("일")


def test_typing_fast_while_an_answer_comes_loses_nothing(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    server.will_answer(*[piece for number in range(30) for piece in (f"{number} ", HOLD)])
    page.fill("#text", "세어 줘")
    page.press("#text", "Enter")
    for number, syllable in enumerate("가나다라마바사아자차"):
        compose(devtools, syllable)
        for _ in range(3):
            server.go_on()
        if number % 3 == 2:  # an Enter in the middle keeps the text and sends nothing
            press_enter(devtools, COMPOSING)
        commit(devtools, syllable)
    expect(page.locator("li.assistant > .body")).to_contain_text("29")
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#text")).to_have_value("가나다라마바사아자차")
    press_enter(devtools, 13)
    expect_sent(page, server, "세어 줘", "가나다라마바사아자차")


def test_an_open_edit_box_survives_the_end_of_an_answer(
    page: Page, server: FakeServer, devtools: CDPSession
) -> None:
    page.fill("#text", "첫 말")
    page.press("#text", "Enter")
    expect(page.locator("li.assistant > .body")).to_have_text("네.")
    server.will_answer("천천히 ", HOLD, "끝")
    page.fill("#text", "둘째 말")
    page.press("#text", "Enter")
    expect(page.locator("li.assistant > .body").last).to_have_text("천천히")
    page.locator("li.user").first.hover()
    page.locator("li.user").first.get_by_label("고쳐서 다시 묻기").click()
    page.locator(".edit textarea").press("End")
    compose(devtools, "ㄱ", "고")
    server.go_on()
    expect(page.locator("#stop")).to_be_hidden()
    compose(devtools, "골")
    commit(devtools, "골")
    expect(page.locator(".edit textarea")).to_have_value("첫 말골")
    expect(page.locator(".edit textarea")).to_be_focused()
    page.reload()
    page.locator("li.user").first.hover()
    page.locator("li.user").first.get_by_label("고쳐서 다시 묻기").click()
    expect(page.locator(".edit textarea")).to_have_value("첫 말골")
