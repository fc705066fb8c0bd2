"""The pages -> docs/images/*.png, as README shows them, in a real browser.

    python scripts/screenshots.py [FOLDER]

The words are written down here, so that the same pages give the same pictures: they show the page, not how well a model
talks.  Needs what test.sh installs, a Chromium, and a font with Hangul (Debian: fonts-noto-cjk).
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from nakochat.core.files import lock_file  # noqa: E402
from tests.browser.conftest import find_chromium  # noqa: E402
from tests.browser.fake_server import Call, FakeServer, Token  # noqa: E402
from tests.browser.room import Serving, write_example  # noqa: E402

DESKTOP = {"viewport": {"width": 1200, "height": 780}}
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
EARLIER = ("봄에 피는 꽃", "파이썬으로 세어 보기", "끝말잇기 한 판")
ANSWER = """한국어 글자는 자음과 모음을 모아서 써요. **'꽃'**을 풀면 이래요.

| 자리 | 글자 | 이름 |
|---|:-:|---|
| 첫소리 | ㄲ | 쌍기역 |
| 가운뎃소리 | ㅗ | 오 |
| 끝소리 | ㅊ | 치읓 |

한글 음절은 모두 $19 \\times 21 \\times 28 = 11172$개예요. 번호는 이렇게 셈해요.

```python
def number(first, middle, last):
    return (first * 21 + middle) * 28 + last  # 가 = 0
```
"""
CALCULATED = [Call("19*21*28", "11172"), "모두 11,172개예요."]
TOKENS = [
    Token("무궁화", 0.93, {"장미": 0.03, "개나리": 0.02}),
    Token("는", 0.88, {"가": 0.07, "도": 0.03}),
    Token(" 세", 0.71, {" 네": 0.14, " 두": 0.08, " 여러": 0.04}),
    Token(" 글자", 0.97, {" 송이": 0.01}),
    Token("예요", 0.62, {"입니다": 0.25, "이에요": 0.06, "랍니다": 0.04}),
    Token(".", 0.58, {"!": 0.33, ",": 0.05}),
    Token(" 여름", 0.18, {" 무": 0.34, " 꽃": 0.12, " 한국": 0.09}),
    Token("부터", 0.42, {"에": 0.44, "내": 0.05}),
    Token(" 가을", 0.66, {" 피": 0.11, " 초": 0.07}),
    Token("까지", 0.91, {"에": 0.04}),
    Token(" 날마다", 0.03, {" 피": 0.47, " 꽃": 0.21, " 오래": 0.08}),
    Token(" 새", 0.24, {" 피": 0.39, " 꽃": 0.2}),
    Token(" 꽃이", 0.83, {"로": 0.09}),
    Token(" 피어요", 0.55, {" 펴요": 0.31, " 핀": 0.06}),
    Token(".", 0.96, {"!": 0.02}),
]


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.locator("#stop").wait_for(state="hidden")


def welcome(page: Page, server: FakeServer) -> None:
    for title in EARLIER:
        server.will_answer("네, 좋아요.")
        ask(page, title)
        page.keyboard.press("Control+Shift+O")


def conversation(page: Page, server: FakeServer) -> None:
    welcome(page, server)
    server.will_answer(ANSWER)
    ask(page, "'꽃'이라는 글자는 어떻게 만들어졌어?")
    page.locator(".katex").wait_for()


def calculation(page: Page, server: FakeServer) -> None:
    server.will_answer("저는 나코예요. 이 컴퓨터에서 처음부터 학습한 작은 모델이에요.")
    ask(page, "안녕! 너는 누구야?")
    server.will_answer(*CALCULATED)
    ask(page, "19×21×28은 얼마야?")


def tokens(page: Page, server: FakeServer) -> None:
    page.click("#tokens")
    server.will_answer(*TOKENS)
    ask(page, "무궁화는 몇 글자야? 언제 피어?")
    page.click(".chip >> text=·여름")
    page.evaluate("document.querySelector('#toast').replaceChildren()")


def settings(page: Page, server: FakeServer) -> None:
    conversation(page, server)
    page.click("#open-settings")
    page.fill("#system", "짧고 다정하게 답해 주세요.")
    page.locator("#set-temperature").fill("0.9")


PICTURES: list[tuple[str, Callable[[Page, FakeServer], None], dict[str, Any]]] = [
    ("chat-welcome", welcome, DESKTOP),
    ("chat-light", conversation, DESKTOP),
    ("chat-dark", conversation, {**DESKTOP, "color_scheme": "dark"}),
    ("chat-tokens", tokens, {"viewport": {"width": 1200, "height": 560}}),
    ("chat-settings", settings, DESKTOP),
    ("chat-phone-light", calculation, PHONE),
    ("chat-phone-dark", calculation, {**PHONE, "color_scheme": "dark"}),
]


def take(browser: Browser, folder: Path) -> None:
    for name, act, look in PICTURES:
        with FakeServer() as server:
            context = browser.new_context(**{"locale": "ko-KR", "reduced_motion": "reduce", **look})
            page = context.new_page()
            page.clock.set_fixed_time("2026-03-01T10:30:00+09:00")
            page.goto(server.address)
            page.locator("#model option").first.wait_for(state="attached")
            act(page, server)
            page.wait_for_timeout(500)  # fonts and colours
            page.screenshot(path=folder / f"{name}.png", caret="hide")
            context.close()
        print(folder / f"{name}.png")


ROOM: list[tuple[str, str, dict[str, Any]]] = [
    ("watch-light", "?run=tiny", {"viewport": {"width": 1200, "height": 1130}}),
    ("watch-dark", "?run=tiny", {"viewport": {"width": 1200, "height": 1130}, "color_scheme": "dark"}),
    ("watch-two", "?run=tiny&run=낮은-학습률", {"viewport": {"width": 1200, "height": 1130}}),
]


def take_room(browser: Browser, folder: Path) -> None:
    """The training room over runs whose curves a formula draws."""
    with tempfile.TemporaryDirectory() as place:
        runs, scores = Path(place), ROOT / "docs/runs/2026-11-20-tiny/scores-base.json"
        write_example(runs, scores, "낮은-학습률", shift=0.12, seed=1)
        write_example(runs, scores, "tiny")
        lock = lock_file(runs / "tiny" / "mid" / "lock")
        serving = Serving(runs)
        for name, query, look in ROOM:
            reader = {"locale": "ko-KR", "timezone_id": "Asia/Seoul", "reduced_motion": "reduce"}
            context = browser.new_context(**{**reader, **look})
            page = context.new_page()
            page.clock.set_fixed_time("2026-03-01T10:30:00+09:00")
            page.goto(f"http://127.0.0.1:{serving.port}/watch{query}")
            page.locator("#charts canvas").first.wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name}.png")
            context.close()
            print(folder / f"{name}.png")
        serving.end()
        if lock is not None:
            os.close(lock)


def main() -> None:
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium here: see scripts/browser.sh")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        take(browser, folder)
        take_room(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
