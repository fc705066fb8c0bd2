"""The web pages' files -> what is served at which address, and that a page can load nothing but these."""

import re
from pathlib import Path, PurePosixPath

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nakochat.serving.web.pages import KINDS, STATIC, add_pages, page_files

ROOT = Path(__file__).parents[3]
OURS = {address: path for address, path in page_files().items() if "/vendor/" not in address}


@pytest.fixture(scope="module")
def client():
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_pages(app)
    return TestClient(app)


def test_a_folder_is_its_index(tmp_path):
    for name in ("index.html", "chat.js", "watch/index.html", "watch/room.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert set(page_files(tmp_path)) == {"/", "/chat.js", "/watch", "/watch/room.js"}


@pytest.mark.parametrize("address", page_files())
def test_every_file_is_sent_with_its_kind_and_its_limits(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.content == page_files()[address].read_bytes()
    assert response.headers["content-type"].startswith(KINDS[page_files()[address].suffix])
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy or address.endswith(".svg")
    again = client.get(address, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_else_is_read_from_the_disk(client):
    for address in (
        "/server.py",
        "/..%2fserver.py",
        "/static/chat.js",
        "/vendor",
        "/%2e%2e/gate.py",
        "/chat.js%00",
    ):
        assert client.get(address).status_code == 404


def test_a_page_names_only_files_that_are_here():
    named = re.compile(
        r"""(?:src|href)="([^"#]+)"|from "([^"]+)"|import\("([^"]+)|import "([^"]+)"|url\(([^)]+)\)"""
    )
    for address, path in OURS.items():
        if path.suffix not in {".html", ".js", ".css"}:
            continue
        targets = [
            target for found in named.findall(path.read_text(encoding="utf-8")) for target in found if target
        ]
        missing = [target for target in targets if target not in page_files()]
        assert not missing, (address, missing)


@pytest.mark.parametrize("address", [address for address in OURS if PurePosixPath(address).suffix == ".js"])
def test_a_script_makes_elements_and_never_parses_them(address):
    source = OURS[address].read_text(encoding="utf-8")
    assert not re.search(
        r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", source
    )


@pytest.mark.parametrize("address", [address for address, path in OURS.items() if path.name == "index.html"])
def test_a_page_has_nothing_inline(address):
    source = OURS[address].read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", source)


def test_the_logo_is_the_projects():
    assert (STATIC / "logo.svg").read_bytes() == (ROOT / "docs/images/logo.svg").read_bytes()


def imported(address):
    """The modules that a script needs before it runs, and those that they need."""
    names = re.findall(
        r'^import [^;]*? from "([^"]+)";', OURS[address].read_text(encoding="utf-8"), re.MULTILINE
    )
    ours = [name for name in names if name in OURS]
    return set(names).union(*map(imported, ours))


@pytest.mark.parametrize("address", [address for address, path in OURS.items() if path.name == "index.html"])
def test_a_page_asks_for_all_modules_at_once(address):
    """A module is known only when the one that imports it has come: seven trips, one behind another."""
    source = OURS[address].read_text(encoding="utf-8")
    (script,) = re.findall(r'<script src="([^"]+)" type="module">', source)
    assert set(re.findall(r'<link rel="modulepreload" href="([^"]+)">', source)) == imported(script)
