"""What people do on the chat page, in a real browser, from the first word to the file they take away."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_server import HOLD, Call, FakeServer, Token

SCREEN = {"width": 1200, "height": 800}
PHONE = {"width": 390, "height": 844}


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")


def answers(page: Page) -> Locator:
    return page.locator("li.assistant > .body")


def tool(page: Page, label: str, of: str = "li.assistant") -> Locator:
    """A button of the last message of a kind."""
    message = page.locator(of).last
    message.hover()
    return message.get_by_label(label, exact=True)


def expect_copied(page: Page, text: str) -> None:
    for _ in range(200):
        if page.evaluate("navigator.clipboard.readText()") == text:
            return
        page.wait_for_timeout(20)
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_an_answer_streams_and_can_be_stopped(page: Page, server: FakeServer) -> None:
    server.will_answer("하나 ", HOLD, "둘 ", HOLD, "셋")
    ask(page, "세어 줘")
    expect(answers(page)).to_have_text("하나")
    expect(page.locator("#log")).to_have_attribute("aria-busy", "true")
    server.go_on()
    expect(answers(page)).to_have_text("하나 둘")
    page.keyboard.press("Escape")
    expect(page.locator("#send")).to_be_visible()
    expect(answers(page)).to_have_text("하나 둘")
    expect(page.locator("li.assistant > .speaker")).to_contain_text("멈췄어요")
    for _ in range(200):
        if server.stopped:
            break
        page.wait_for_timeout(20)
    assert server.stopped == 1  # the model does not work on for nobody


def test_branches_of_questions_and_answers(page: Page, server: FakeServer) -> None:
    for text in ("첫 답", "다른 답", "고친 말의 답"):
        server.will_answer(text)
    ask(page, "처음 물음")
    tool(page, "다시 답하기").click()
    expect(answers(page)).to_have_text(["다른 답"])
    tool(page, "앞의 것").click()
    expect(answers(page)).to_have_text(["첫 답"])
    tool(page, "고쳐서 다시 묻기", "li.user").click()
    page.locator(".edit textarea").fill("고친 물음")
    page.locator(".edit").get_by_text("보내기").click()
    expect(answers(page)).to_have_text(["고친 말의 답"])
    assert [body["messages"] for body in server.asked] == [
        [{"role": "user", "content": text}] for text in ("처음 물음", "처음 물음", "고친 물음")
    ]
    tool(page, "앞의 것", "li.user").click()
    expect(page.locator("li > .body")).to_have_text(["처음 물음", "다른 답"])
    page.reload()
    expect(page.locator("li > .body")).to_have_text(["처음 물음", "다른 답"])
    tool(page, "여기부터 지우기", "li.user").click()
    expect(page.locator("li > .body")).to_have_text(["고친 물음", "고친 말의 답"])
    page.click("#toast >> text=되돌리기")
    expect(page.locator("li > .body")).to_have_text(["처음 물음", "다른 답"])


def test_what_was_said_since_a_deletion_survives_its_undoing(page: Page, server: FakeServer) -> None:
    for text in ("첫 답", "지울 답", "새 답"):
        server.will_answer(text)
    ask(page, "첫 물음")
    expect(answers(page)).to_have_text(["첫 답"])
    ask(page, "지울 물음")
    expect(answers(page)).to_have_text(["첫 답", "지울 답"])
    tool(page, "여기부터 지우기", "li.user").last.click()
    expect(answers(page)).to_have_text(["첫 답"])
    ask(page, "새 물음")
    expect(answers(page)).to_have_text(["첫 답", "새 답"])
    page.click("#toast >> text=되돌리기")
    expect(page.locator("li > .body")).to_have_text(["첫 물음", "첫 답", "지울 물음", "지울 답"])
    page.reload()
    tool(page, "다음 것", "li.user").click()
    expect(page.locator("li > .body")).to_have_text(["첫 물음", "첫 답", "새 물음", "새 답"])


def test_a_longer_conversation_goes_back_to_the_server_whole(page: Page, server: FakeServer) -> None:
    page.click("#open-settings")
    page.fill("#system", "짧게 답해 주세요.")
    page.keyboard.press("Escape")
    server.will_answer(Call("37+45", "82"), "82예요.")
    ask(page, "37 더하기 45는?")
    expect(page.locator(".call")).to_have_text("계산기37+45= 82")
    ask(page, "고마워")
    expect(answers(page).last).to_have_text("네.")
    assert server.asked[1]["messages"] == [
        {"role": "system", "content": "짧게 답해 주세요."},
        {"role": "user", "content": "37 더하기 45는?"},
        {
            "role": "assistant",
            "content": [
                {"type": "python", "text": "37+45"},
                {"type": "output", "text": "82"},
                {"type": "text", "text": "82예요."},
            ],
        },
        {"role": "user", "content": "고마워"},
    ]
    tool(page, "복사").first.click()
    expect_copied(page, "네.")


def test_markdown_code_tables_and_formulas(page: Page, server: FakeServer) -> None:
    server.will_answer(
        "## 제목\n\n**'무궁화'**는 *세* 글자예요. **(굵게)**도요. 값은 $5와 $10이에요.\n",
        "https://example.com/a?b=1에서 봤어요. ![그림](https://example.com/x.png) [나쁜 것](javascript:alert(1))\n\n",
        "| 글자 | 수 |\n|:--|--:|\n| 가 | 1 |\n\n```python\nprint('안녕')  # 말\n```\n\n",
        "식은 $x^2$이고 \\(y\\)예요.\n\n$$\n\\frac{1}{2}\n$$\n\n1. 하나\n2. 둘\n",
    )
    ask(page, "모두 보여 줘")
    body = answers(page)
    expect(body.locator("h2")).to_have_text("제목")
    expect(body.locator("strong")).to_have_text(["'무궁화'", "(굵게)"])
    expect(body.locator("a")).to_have_text(["https://example.com/a?b=1", "그림"])
    expect(body.locator("a").first).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(body.locator("img")).to_have_count(0)
    expect(body.locator("td.right")).to_have_text("1")
    expect(body.locator(".hljs-string")).to_have_text("'안녕'")
    expect(body.locator(".katex")).to_have_count(3)
    expect(body.locator(".katex-display")).to_have_count(1)
    expect(body).to_contain_text("값은 $5와 $10이에요.")
    expect(body.locator("ol > li")).to_have_text(["하나", "둘"])
    body.get_by_label("코드 복사").click()
    expect_copied(page, "print('안녕')  # 말\n")


def test_blocks_that_are_finished_stay_while_the_rest_grows(page: Page, server: FakeServer) -> None:
    server.will_answer("첫 문단\n\n둘째 ", HOLD, "문단")
    ask(page, "두 문단")
    expect(answers(page)).to_contain_text("둘째")
    page.evaluate("document.querySelector('li.assistant p').dataset.marked = 'yes'")
    server.go_on()
    expect(answers(page)).to_contain_text("둘째 문단")
    expect(page.locator("li.assistant p").first).to_have_attribute("data-marked", "yes")


def test_tokens_with_what_could_have_stood_there(page: Page, server: FakeServer) -> None:
    server.will_answer("네.")
    ask(page, "하나")
    expect(answers(page)).to_have_text(["네."])
    assert "logprobs" not in server.asked[0]
    page.click("#tokens")
    expect(page.locator("#toast")).to_contain_text("다음 답부터")
    half = [*" 무".encode(), 0xED, 0x95]
    server.will_answer(Token("안녕", 0.9, {"반가": 0.05}), Token("", 0.02, bytes=half), Token(" 나\n", 0.3))
    ask(page, "둘")
    chips = page.locator(".chip")
    expect(chips).to_have_text(["안녕", "·무 ED 95", "·나↵"])
    assert (server.asked[1]["logprobs"], server.asked[1]["top_logprobs"]) == (True, 5)
    chips.first.focus()
    page.keyboard.press("Enter")
    rows = page.locator(".alternatives tr")
    expect(rows).to_have_text(["안녕 (고른 것)90.0\u00a0%", "반가5.0\u00a0%"])
    page.keyboard.press("ArrowRight")
    expect(chips.nth(1)).to_be_focused()
    expect(rows).to_have_text(["·무 ED 95 (고른 것)2.0\u00a0%"])
    page.click("#tokens")
    expect(chips).to_have_count(0)


def test_settings_reach_the_server_and_stay(page: Page, server: FakeServer) -> None:
    page.click("#open-settings")
    page.locator("#set-temperature").fill("1.2")
    page.fill("#set-seed", "7")
    expect(page.locator("output").first).to_have_text("1.2")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#model option", state="attached")
    page.get_by_role("radio", name="BASE").check()
    expect(page.locator("#stage-words")).to_contain_text("글만 읽은")
    ask(page, "하나")
    expect(page.locator("li.assistant .speaker")).to_have_text("nakochat · BASE")
    page.select_option("#model", "tiny/sft")
    page.click("#open-settings")
    page.get_by_label("온도: 서버의 값으로").click()
    page.keyboard.press("Escape")
    tool(page, "다시 답하기").click()
    expect(page.locator("li.assistant .speaker")).to_have_text("nakochat · SFT")
    expect(page.locator("#stop")).to_be_hidden()
    first, second = server.asked
    assert (first["model"], first["temperature"], first["seed"]) == ("tiny/base", 1.2, 7)
    assert (second["model"], second["seed"]) == ("tiny/sft", 7)
    assert "temperature" not in second


def test_many_conversations(open_page: Callable[..., Page], server: FakeServer) -> None:
    page = open_page(viewport=SCREEN)
    ask(page, "첫째 이야기")
    expect(answers(page)).to_have_text("네.")
    page.keyboard.press("Control+Shift+O")
    expect(page.locator("#welcome")).to_be_visible()
    server.will_answer("길게 ", HOLD, "답해요")
    ask(page, "둘째 이야기")
    expect(answers(page)).to_have_text("길게")
    titles = page.locator("#list .title")
    expect(titles).to_have_text(["둘째 이야기", "첫째 이야기"])
    page.fill("#text", "쓰다 만 말")
    titles.last.click()  # the other answer goes on
    expect(answers(page)).to_have_text("네.")
    expect(page.locator("#text")).to_have_value("")
    server.go_on()
    titles.first.click()
    expect(answers(page)).to_have_text("길게 답해요")
    expect(page.locator("#text")).to_have_value("쓰다 만 말")
    expect(page.locator("#stop")).to_be_hidden()
    page.reload()
    expect(answers(page)).to_have_text("길게 답해요")
    expect(page.locator("#text")).to_have_value("쓰다 만 말")
    page.locator("#list li").first.hover()
    page.locator("#list li").first.get_by_label("지우기").click()
    expect(titles).to_have_text(["첫째 이야기"])
    page.click("#toast >> text=되돌리기")
    expect(titles).to_have_count(2)
    expect(answers(page)).to_have_text("길게 답해요")


def test_a_conversation_deleted_while_its_answer_comes_stays_deleted(
    open_page: Callable[..., Page], server: FakeServer
) -> None:
    first = open_page(viewport=SCREEN)
    ask(first, "남을 이야기")
    expect(answers(first)).to_have_text("네.")
    second = first.context.new_page()
    second.goto(server.address)
    titles = first.locator("#list .title")
    for stopped, deleting in enumerate((first, second), 1):  # in its own window, and in another
        first.keyboard.press("Control+Shift+O")
        server.will_answer("길게 ", HOLD, "답해요")
        ask(first, "지울 이야기")
        expect(answers(first)).to_have_text("길게")
        item = deleting.locator("#list li").filter(has_text="지울 이야기")
        item.hover()
        item.get_by_label("지우기").click()
        wait_until_stopped(first, server, stopped)
        for page in (first, second):
            expect(page.locator("#list .title")).to_have_text(["남을 이야기"])
    first.reload()
    expect(titles).to_have_text(["남을 이야기"])
    second.close()


def test_a_deletion_in_another_window_outlasts_a_saving_that_came_after_it(
    open_page: Callable[..., Page], server: FakeServer
) -> None:
    first = open_page(viewport=SCREEN)
    second = first.context.new_page()
    second.goto(server.address)
    server.will_answer("길게 ", HOLD, "답해요")
    ask(first, "지울 이야기")
    expect(second.locator("#list .title")).to_have_text(
        ["지울 이야기"]
    )  # it stands on the shelf, as after a late saving
    second.evaluate("""() => new BroadcastChannel("nakochat.1").postMessage(
        { id: JSON.parse(localStorage.getItem("nakochat.1.current")), removed: true })""")
    wait_until_stopped(first, server, 1)
    for page in (first, second):
        expect(page.locator("#list .title")).to_have_count(0)
        page.reload()
        expect(page.locator("#welcome")).to_be_visible()
        expect(page.locator("#list .title")).to_have_count(0)
    second.close()


def wait_until_stopped(page: Page, server: FakeServer, times: int) -> None:
    """However busy the machine."""
    for _ in range(1500):
        if server.stopped == times:
            break
        page.wait_for_timeout(20)
    assert server.stopped == times


def test_two_windows_show_the_same_conversations(open_page: Callable[..., Page], server: FakeServer) -> None:
    first = open_page(viewport=SCREEN)
    second = first.context.new_page()
    second.goto(server.address)
    expect(second.locator("#welcome")).to_be_visible()
    ask(first, "한 창에서")
    expect(second.locator("#list .title")).to_have_text(["한 창에서"])
    second.click("#list .open")
    expect(answers(second)).to_have_text("네.")
    ask(second, "다른 창에서")
    expect(answers(first)).to_have_text(["네.", "네."])
    second.close()


TWICE = """async () => {
  const opened = indexedDB.open("nakochat");
  await new Promise((done) => { opened.onsuccess = done; });
  const store = opened.result.transaction("conversations", "readwrite").objectStore("conversations");
  const all = store.getAll();
  await new Promise((done) => { all.onsuccess = done; });
  const put = store.put({ ...all.result[0], id: "another" });
  await new Promise((done) => { put.onsuccess = done; });
  const channel = new BroadcastChannel("nakochat.1");
  for (let time = 0; time < 2; time++) channel.postMessage({ id: "another", removed: false });
}"""


def test_a_conversation_that_is_heard_of_twice_at_once_is_one(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=SCREEN)
    ask(page, "안녕")
    expect(answers(page)).to_have_text("네.")
    page.evaluate(TWICE)
    expect(page.locator("#list .title")).to_have_count(2)
    page.wait_for_timeout(300)  # for a third, which must not come
    expect(page.locator("#list .title")).to_have_count(2)


def test_files_carry_conversations(
    open_page: Callable[..., Page], server: FakeServer, tmp_path: Path
) -> None:
    page = open_page(viewport=SCREEN)
    page.click("#open-settings")
    page.fill("#system", "상냥하게")
    page.keyboard.press("Escape")
    server.will_answer(Call("1+2", "3"), "**3**이에요.\n\n```python\nx = 1\n```")
    ask(page, "<!-- nakochat:user --> 1 더하기 2는?")
    expect(page.locator(".call")).to_be_visible()
    tool(page, "다시 답하기").click()
    expect(answers(page)).to_have_text("네.")
    tool(page, "앞의 것").click()
    page.click("#open-settings")
    files = {}
    for button in ("export-json", "export-markdown", "export-all"):
        with page.expect_download() as saving:
            page.click(f"#{button}")
        files[button] = tmp_path / f"{button}-{saving.value.suggested_filename}"
        saving.value.save_as(files[button])
    exported = json.loads(files["export-json"].read_text(encoding="utf-8"))["conversations"][0]
    assert [message["role"] for message in exported["messages"]] == ["system", "user", "assistant"]
    assert len(exported["tree"]) == 3
    assert "## 나" in files["export-markdown"].read_text(encoding="utf-8")
    lines = tmp_path / "more.jsonl"
    lines.write_text('{"messages": [{"role": "user", "content": "줄"}]}\n' * 2, encoding="utf-8")
    for path in (*files.values(), lines):
        if not page.locator("#settings").is_visible():
            page.click("#open-settings")
        page.set_input_files("#import-file", path)
        expect(page.locator("#settings")).to_be_hidden()
        if path is not lines:
            expect(page.locator("li > .body").first).to_have_text("<!-- nakochat:user --> 1 더하기 2는?")
            expect(page.locator(".call")).to_have_text("계산기1+2= 3")
            expect(answers(page).locator(".hljs-number")).to_have_text("1")
            expect(answers(page).locator("strong")).to_have_text("3")
    expect(page.locator("#list li")).to_have_count(6)
    bad = tmp_path / "bad.json"
    for content in (
        "{",
        "{}",
        '{"messages": [{"role": "robot", "content": "x"}]}',
        '{"messages": [], "tree": [{}]}',
    ):
        bad.write_text(content, encoding="utf-8")
        page.set_input_files("#import-file", bad)
        expect(page.locator("#toast")).to_contain_text("bad.json")
        page.evaluate("document.querySelector('#toast').replaceChildren()")
    expect(page.locator("#list li")).to_have_count(6)


def test_it_speaks_the_browsers_language_until_one_is_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page(locale="en-US", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#welcome h2")).to_have_text("Hello! What shall we talk about?")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#open-settings")
    page.get_by_label("한국어").check()
    expect(page.locator("#settings-title")).to_have_text("설정")
    page.get_by_label("밝게").check()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.reload()
    expect(page.locator("#welcome h2")).to_have_text("안녕하세요! 무슨 이야기를 할까요?")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper


def test_on_a_phone(open_page: Callable[..., Page], server: FakeServer) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    server.will_answer(
        "```python\n"
        + "x = 1; " * 40
        + "\n```\n\n| "
        + " | ".join("가나다라마바사")
        + " |\n"
        + "|---" * 7
        + "|\n"
    )
    ask(page, "넓은 것을 보여 줘")
    expect(page.locator(".code")).to_be_visible()
    width = page.evaluate(
        "[document.documentElement.scrollWidth, document.querySelector('#scroll').scrollWidth]"
    )
    assert width == [390, page.evaluate("document.querySelector('#scroll').clientWidth")]
    small = page.locator("button:visible, select:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).filter(box => box.width < 44 || box.height < 34).length"
    )
    assert small == 0
    page.click("#open-chats")
    expect(page.locator("#drawer")).to_be_visible()
    page.locator("#drawer .open").tap()
    expect(page.locator("#drawer")).to_be_hidden()
