"""A real browser -> `page` on the chat page of a fake server; skipped, with what to do, where there is none.

With CI=true a missing browser is a failure: there every check runs.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from tests.browser.fake_server import FakeServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT = 30_000  # milliseconds; only a fault waits so long


def find_chromium() -> str | None:
    """NAKO_CHROMIUM, or a Chromium or Chrome on the path."""
    return os.environ.get("NAKO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def require_chromium() -> str:
    """Where it is.  Where it is not, the test is skipped; in CI it fails."""
    path = find_chromium()
    if path is not None:
        return path
    words = (
        "no Chromium here.  Debian and Ubuntu: sudo apt-get install chromium; elsewhere install Chrome or "
        "Chromium, or name one: NAKO_CHROMIUM=/path/to/chrome"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for the tests of this folder, which its __init__.py makes a package.

    Not for the whole run: Playwright's loop would stay in other tests' way.
    """
    path = require_chromium()
    with sync_playwright() as playwright:
        # --no-sandbox: Chromium refuses to run as root with it, and only our own pages are opened
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def server(running_server: FakeServer) -> FakeServer:
    running_server.reset()
    return running_server


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Readers that tests of a file share, by what makes them different; each test begins with an empty memory."""
    shared: dict[str, BrowserContext] = {}
    yield shared
    for context in shared.values():
        context.close()


@pytest.fixture
def open_page(
    browser: Browser, server: FakeServer, contexts: dict[str, BrowserContext]
) -> Iterator[Callable[..., Page]]:
    """open_page(locale="en-US", …): the chat page for a new reader.  The test fails when the page has an error."""
    expect.set_options(timeout=TIMEOUT)
    pages: list[Page] = []
    faults: list[str] = []

    def opened(path: str = "/", **options: Any) -> Page:
        name = repr(options)
        if name not in contexts:
            contexts[name] = browser.new_context(**{"locale": "ko-KR", "reduced_motion": "reduce", **options})
            allowed = ["clipboard-read", "clipboard-write"]
            contexts[name].grant_permissions(allowed, origin=server.address)
        page = contexts[name].new_page()
        pages.append(page)
        storage = contexts[name].new_cdp_session(page)
        storage.send("Storage.clearDataForOrigin", {"origin": server.address, "storageTypes": "all"})
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: "Content Security" in said.text and faults.append(said.text))
        page.goto(f"{server.address}{path}")
        # no wait_for_function: the page's policy lets nobody run text
        page.wait_for_selector("#model option, #alert:not([hidden]), dialog[open]", state="attached")
        return page

    yield opened
    for page in pages:
        page.close()
    assert not faults


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def devtools(page: Page) -> CDPSession:
    """The protocol through which a test types as an input method does."""
    return page.context.new_cdp_session(page)
