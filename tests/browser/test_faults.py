"""What can go wrong with a server -> the page says what happened and what to do, and nothing typed is lost."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from nakochat.serving.errors import BadRequest
from tests.browser.fake_server import HOLD, FakeServer


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")


def test_a_server_that_is_gone(page: Page, server: FakeServer) -> None:
    page.context.set_offline(True)
    ask(page, "들리나요?")
    expect(page.locator(".fault p")).to_contain_text("서버가 켜져 있는지")
    expect(page.locator("li.user > .body")).to_have_text("들리나요?")
    page.fill("#text", "기다리는 동안 쓴 말")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("li.user > .body")).to_have_text("들리나요?")
    expect(page.locator("#text")).to_have_value("기다리는 동안 쓴 말")
    page.get_by_label("다시 답하기").click()
    expect(page.locator("li.assistant > .body")).to_have_text(["네."])


def test_a_server_that_dies_in_the_middle(page: Page, server: FakeServer) -> None:
    server.will_break("여기까지 말하고 ", HOLD)
    ask(page, "말해 줘")
    expect(page.locator("li.assistant > .body")).to_have_text("여기까지 말하고")
    server.go_on()
    expect(page.locator(".fault")).to_contain_text("연결이 끊겼어요")
    expect(page.locator("li.assistant > .body")).to_have_text("여기까지 말하고")
    page.click("text=다시 하기")
    expect(page.locator("li.assistant > .body")).to_have_text(["네."])
    expect(page.locator("li.assistant .place")).to_have_text("2/2")  # what was said is not thrown away


def test_what_goes_wrong_in_the_middle_is_said_as_if_it_had_been_the_beginning(
    page: Page, server: FakeServer
) -> None:
    failure = BadRequest("the process ended", status=503, code="engine_lost", retry_after=2)
    server.will_break("여기까지 말하고", failure)
    ask(page, "말해 줘")
    expect(page.locator(".fault")).to_contain_text("다시 띄우는 중이에요. 2초 뒤에")
    expect(page.locator("li.assistant > .body")).to_have_text("여기까지 말하고")


REFUSALS = [
    (429, {"Retry-After": "7"}, None, "묻는 사람이 많아요. 7초 뒤에"),
    (429, {}, None, "조금 뒤에"),
    (429, {}, "too_many_wrong_keys", "틀린 열쇠가"),
    (503, {"Retry-After": "5"}, "overloaded", "묻는 사람이 많아요. 5초 뒤에"),
    (503, {"Retry-After": "2"}, "engine_lost", "다시 띄우는 중이에요. 2초 뒤에"),
    (503, {}, "model_unavailable", "다른 단계를 골라 보세요. (refused with 503)"),
    (503, {}, "server_ending", "끝나는 중이에요"),
    (503, {}, None, "준비하는 중이거나"),
    (500, {}, "not_a_number", "다른 단계를"),
    (500, {}, None, "서버의 기록을"),
    (400, {}, None, "refused with 400"),
]


def test_a_refusal_is_said_in_words(page: Page, server: FakeServer) -> None:
    for number, (status, headers, code, words) in enumerate(REFUSALS):
        server.will_refuse(status, headers, code)
        if number:
            page.click("text=다시 하기")
        else:
            ask(page, "안녕")
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    page.click("text=다시 하기")
    expect(page.locator("li > .body")).to_have_text(["안녕", "네."])


def test_a_key_is_asked_for_and_kept(open_page: Callable[..., Page], server: FakeServer) -> None:
    server.key = "열려라"
    page = open_page()
    expect(page.locator("#key")).to_be_visible()
    page.fill("#key-text", "참깨")
    page.press("#key-text", "Enter")
    expect(page.locator("#key-why")).to_contain_text("받지 않았어요")
    page.click("text=나중에")
    ask(page, "안녕")
    expect(page.locator("#key")).to_be_visible()
    server.key = "open-sesame"
    page.fill("#key-text", "open-sesame")
    page.click("#key .main")
    expect(page.locator("li > .body")).to_have_text(["안녕", "네."])
    expect(page.locator("#model option")).to_have_count(4)
    page.reload()
    expect(page.locator("#model option")).to_have_count(4)
    page.click("#open-settings")
    page.click("#forget-key")
    page.reload()
    expect(page.locator("#key")).to_be_visible()


def test_a_context_that_is_full_forgets_its_beginning(page: Page, server: FakeServer) -> None:
    for text in ("하나", "둘", "셋"):
        ask(page, text)
        expect(page.locator("li.assistant > .body").last).to_have_text("네.")
        expect(page.locator("#send")).to_be_visible()
    server.asked.clear()
    for _ in range(2):
        server.will_refuse(400, code="context_length_exceeded")
    ask(page, "넷")
    expect(page.locator("li.border")).to_contain_text("더는 보지 못해요")
    expect(page.locator("#send")).to_be_visible()
    assert [len(body["messages"]) for body in server.asked] == [7, 5, 3]
    expect(page.locator("li")).to_have_count(9 + page.locator("#list li").count())
    ask(page, "다섯")
    expect(page.locator("li.assistant")).to_have_count(5)
    expect(page.locator("#stop")).to_be_hidden()
    assert [message["content"] for message in server.asked[-1]["messages"] if message["role"] == "user"] == [
        *("셋", "넷", "다섯"),
    ]


def test_a_message_that_never_fits_says_so(page: Page, server: FakeServer) -> None:
    server.will_refuse(400, code="context_length_exceeded")
    ask(page, "너무 긴 말")
    expect(page.locator(".fault")).to_contain_text("너무 긴 말이에요")
    page.locator("li.user").hover()
    page.get_by_label("고쳐서 다시 묻기").click()
    page.locator(".edit textarea").fill("짧은 말")
    page.locator(".edit textarea").press("Enter")
    expect(page.locator("li > .body")).to_have_text(["짧은 말", "네."])


def test_without_memory_the_page_still_talks(open_page: Callable[..., Page], server: FakeServer) -> None:
    page = open_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('off'); }});"
        "Object.defineProperty(window, 'indexedDB', {get() { throw new Error('off'); }});"
    )
    page.reload()
    ask(page, "안녕")
    expect(page.locator("li > .body")).to_have_text(["안녕", "네."])
