"""What a model, a file or a server says -> shown, and never run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import Call, FakeServer, Token
from tests.browser.payloads import payloads

WATCH = """
window.happened = [];
window.ran = (number) => window.happened.push(number);
for (const name of ["alert", "confirm", "prompt", "open", "print"]) window[name] = () => window.happened.push(name);
"""
# Every element is pointed at, focused and pressed, as a reader may do; links that lead away are held.
TOUCH = """() => {
  document.addEventListener("click", (event) => event.preventDefault(), true);
  for (const element of document.querySelectorAll("#log .body *")) {
    for (const name of "mouseover mouseenter focus pointerdown animationstart toggle load error".split(" ")) {
      element.dispatchEvent(new Event(name));
    }
    if (!element.closest("button")) element.click?.();
  }
}"""
FOREIGN = """() => [...document.querySelectorAll("#log .body, #list, #title, option")].flatMap((part) =>
  [part, ...part.querySelectorAll("*")].flatMap((element) => [
    ...(/^(script|iframe|object|embed|form|input|select|textarea|img|video|audio|style|link|meta|base|template|dialog)$/i
      .test(element.tagName) && !element.closest("#list") ? [element.tagName] : []),
    ...[...element.attributes].filter(({name, value}) => /^on/i.test(name)
      || (/^(href|src|xlink:href|action|formaction|data)$/i.test(name) && !/^(https?|mailto):/.test(value)))
      .map(({name, value}) => `${name}=${value}`),
  ]))"""


def conversation(texts: list[str]) -> str:
    """One conversation in which the model says all of these, as a file."""
    messages = [
        message
        for text in texts
        for message in ({"role": "user", "content": "?"}, {"role": "assistant", "content": text})
    ]
    return json.dumps({"messages": messages})


def expect_nothing_ran(page: Page) -> None:
    page.evaluate(TOUCH)
    page.wait_for_timeout(300)  # what loads in vain says so in the end
    assert page.evaluate("window.happened") == []
    assert page.evaluate(FOREIGN) == []


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy on", "policy off"])
def test_no_answer_can_run_anything(
    open_page: Callable[..., Page], server: FakeServer, tmp_path: Path, bypass_csp: bool
) -> None:
    """With the policy as it is; and without it, so that the page's own cleaning is tested and not only the policy."""
    texts = payloads()
    assert len(texts) > 300
    (tmp_path / "texts.json").write_text(conversation(texts), encoding="utf-8")
    page = open_page(bypass_csp=bypass_csp)
    page.context.add_init_script(WATCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector("#model option", state="attached")
    page.set_input_files("#import-file", tmp_path / "texts.json")
    expect(page.locator("li.assistant")).to_have_count(len(texts))
    expect(page.locator(".katex").first).to_be_attached()
    expect_nothing_ran(page)
    assert [url for url in asked if not url.startswith((server.address, "blob:"))] == []
    assert len(page.context.pages) == 1


def test_the_watch_sees_what_runs(open_page: Callable[..., Page]) -> None:
    """The test above could fail."""
    page = open_page(bypass_csp=True)
    page.evaluate(f"() => {{{WATCH}}}")
    bad = "<li class=body><img src=x onerror=ran(1)><b onclick=ran(2)>x</b></li>"
    page.evaluate("html => { document.querySelector('#log').innerHTML = html; }", bad)
    page.evaluate(TOUCH)
    page.wait_for_timeout(300)
    assert set(page.evaluate("window.happened")) == {1, 2}
    assert page.evaluate(FOREIGN)


def test_no_other_way_in(open_page: Callable[..., Page], server: FakeServer, tmp_path: Path) -> None:
    """Questions, titles, names of models, calls of tools, tokens, errors and files."""
    bad = "<img src=x onerror=ran(1)>"
    models, server.models = server.models, [f"{bad}/rl", f"{bad}/sft"]
    page = open_page(bypass_csp=True)
    page.context.add_init_script(WATCH)
    page.reload()
    page.click("#tokens")
    server.will_answer(Call(bad, bad), Token(bad, 0.5, {f"{bad}x": 0.1}))
    page.fill("#text", bad)
    page.press("#text", "Enter")
    page.click(".chip")
    expect(page.locator(".alternatives code").first).to_have_text(bad.replace(" ", "·"))
    expect(page.locator("#title")).to_have_text(bad)
    server.will_refuse(400, code=bad)
    page.fill("#text", bad)
    page.press("#text", "Enter")
    expect(page.locator(".fault")).to_be_visible()
    (tmp_path / "bad.json").write_text(bad, encoding="utf-8")
    page.set_input_files("#import-file", tmp_path / "bad.json")
    tree = [{"id": "__proto__", "parent": None, "role": "user", "parts": [{"type": "text", "text": bad}]}]
    value = {"title": bad, "system": bad, "messages": [], "tree": tree, "leaf": "__proto__"}
    (tmp_path / "tree.json").write_text(json.dumps(value), encoding="utf-8")
    page.set_input_files("#import-file", tmp_path / "tree.json")
    expect(page.locator("li.user > .body")).to_have_text(
        [bad]
    )  # of one message: waits while the old two stand
    server.models = models
    expect_nothing_ran(page)
