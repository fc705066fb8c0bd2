"""The training room in a real browser: runs of every kind, a log that grows, a server that goes away and comes back."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nakochat.core.files import lock_file
from nakochat.core.itinerary import write_itinerary
from tests.browser.access import expect_no_barrier
from tests.browser.room import Serving, append, step

TIMEOUT = 15_000
LONG = 10_000  # milliseconds; longer than the page waits between two looks
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A run that trains, a finished one with hostile words, a damaged one and an empty one."""
    folder = tmp_path / "runs"
    training = folder / "첫째" / "base"
    append(training, *(step(number, 4 - number / 50) for number in range(1, 51)))
    append(training, {"kind": "sample", "step": 0, "prompt": "옛날에", "text": "아직 말이 아니에요"})
    append(training, {"kind": "sample", "step": 50, "prompt": "옛날에", "text": HOSTILE})
    (training / "config.json").write_text('{"steps": 100}', encoding="utf-8")
    (training / "plan.json").write_text('{"predicted": {"steps": 100, "tokens": 100000}}', encoding="utf-8")
    write_itinerary(folder / "첫째", {"base": 100_000, "mid": 600_000, "sft": 300_000, "rl": None})
    finished = folder / f"끝 {HOSTILE[:18]}" / "base"
    append(finished, step(1, 3.0), step(2, 2.0), {"kind": "end", "steps": 2, "seconds": 4.0})
    scores = {
        "a": {"value": 0.75, "unit": "accuracy", "better": "higher", "label": {"ko": HOSTILE, "en": "a"}}
    }
    (finished / "scores.json").write_text(json.dumps({"scores": scores}), encoding="utf-8")
    append(folder / "깨진것" / "base", step(1, 3.0))
    (folder / "깨진것" / "base" / "scores.json").write_text("{", encoding="utf-8")
    (folder / "빈것" / "tokenizer").mkdir(parents=True)
    lock = lock_file(training / "lock")
    assert lock is not None
    yield folder
    os.close(lock)


@pytest.fixture
def open_room(browser: Browser, runs: Path) -> Iterator[tuple[Callable[[str], Page], Serving]]:
    serving = Serving(runs)
    faults: list[str] = []
    context = browser.new_context(
        locale="ko-KR", reduced_motion="reduce", viewport={"width": 1280, "height": 900}
    )

    def opened(query: str) -> Page:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: "Content Security" in said.text and faults.append(said.text))
        page.clock.install()  # so that no test waits for the page's next look
        page.goto(f"http://127.0.0.1:{serving.port}/watch{query}")
        page.wait_for_selector(".run")
        return page

    expect.set_options(timeout=TIMEOUT)
    yield opened, serving
    context.close()
    serving.end()
    assert not faults


def test_a_run_is_watched_while_its_log_grows_and_its_server_is_started_again(
    open_room: tuple[Callable[[str], Page], Serving], runs: Path
) -> None:
    opened, serving = open_room
    page = opened("")  # the run that trains comes first
    expect(page.locator(".run h2")).to_have_text("첫째")
    expect(page.locator(".summary")).to_contain_text("BASE 50 / 100걸음")
    expect(page.locator(".summary")).to_contain_text("남은 시간 약 2분")
    expect(page.locator(".summary")).to_contain_text(
        "SFT까지는 약 32분"
    )  # 50 steps, then 900, of two seconds each
    expect(page.locator(".path li")).to_contain_text(["토크나이저", "50 %", "약 20분", "약 10분", "아직"])
    expect(page.locator("#charts figure:visible")).not_to_have_count(0)
    expect(page.locator("#charts canvas").first).to_be_visible()
    expect(page.locator(".prompt li p").last).to_have_text(HOSTILE)

    append(runs / "첫째" / "base", step(51, 2.5))
    page.clock.fast_forward(LONG)
    expect(page.locator(".summary")).to_contain_text("51 / 100")
    expect(page.locator("#logs li").last).to_contain_text("51걸음")

    serving.end()
    page.clock.fast_forward(LONG)
    expect(page.locator("#notice")).to_contain_text("끊겼어요")
    append(runs / "첫째" / "base", step(52, 2.4))
    serving.start()
    page.clock.fast_forward(LONG)
    expect(page.locator(".summary")).to_contain_text("52 / 100")
    expect(page.locator("#notice")).to_be_hidden()

    (runs / "첫째" / "base" / "metrics.jsonl").write_text(json.dumps(step(1, 9.0)) + "\n", encoding="utf-8")
    page.clock.fast_forward(LONG)
    expect(page.locator(".summary")).to_contain_text("BASE 1 / 100")
    assert page.title().startswith("1 % · 첫째")


def test_finished_damaged_and_empty_runs_are_shown_side_by_side_in_two_languages(
    open_room: tuple[Callable[[str], Page], Serving],
) -> None:
    opened, _ = open_room
    page = opened("?run=깨진것&run=빈것")
    expect(page.locator(".run")).to_have_count(2)
    expect(page.locator(".warning")).to_contain_text(["scores.json"])
    page.locator("#runs button", has_text="끝").click()
    expect(page.locator(".run")).to_have_count(3)
    expect(page.locator("#table th[scope=row]")).to_have_text(HOSTILE)
    expect(page.locator("#table td").first).to_have_text("75.0 %")
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("Training room")
    expect(page.locator(".run").last).to_contain_text("Finished up to BASE")
    expect(page.locator("#table th[scope=row]")).to_have_text("a")
    assert "owned" not in page.title()


def test_the_room_is_open_to_everyone_light_and_dark(
    open_room: tuple[Callable[[str], Page], Serving],
) -> None:
    opened, _ = open_room
    page = opened("?run=첫째&run=깨진것")
    expect(page.locator("#charts canvas").first).to_be_visible()
    expect_no_barrier(page)
    page.locator("#theme").click()
    expect_no_barrier(page)
    page.locator("#runs button", has_text="끝").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".run")).to_have_count(3)
    expect_no_barrier(page)
