"""A hub on loopback -> what the real one answers, and whatever a network can do to it.

It speaks the parts of the API that a download uses: revision, tree (with pages), resolve (with Range, ETag,
X-Repo-Commit, X-Linked-Size, redirects to a second server).  `acts` says how it misbehaves, file by file.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
COMMIT = "c0ffee" + "0" * 34


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub:
    """repos: repository -> path -> bytes.  Files of 1,000 bytes and more are in LFS, as most data is.

    acts: path -> what the next requests for its content get, one after the other:
        "cut"      half of it, and the connection breaks        "short"   half of it, said to be all
        "altered"  as many other bytes    "html", "pointer"     "stall"   half of it, and then nothing
        503        that status            ("refuse", "GatedRepo")         403 with this error code
    """

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.acts: dict[str, list[Any]] = {}
        self.commit = COMMIT
        self.sent = 0  # bytes of files
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # (server, path, headers)
        self.redirects = self.ignores_range = False
        self.page_size = 1000
        self.status: dict[str, tuple[int, str]] = {}  # "tree" or "revision" -> status, error code
        self.released = threading.Event()
        self._servers = [self._serve("hub"), self._serve("store")]
        self.endpoint, self.store = (f"http://127.0.0.1:{s.server_port}" for s in self._servers)

    def close(self) -> None:
        self.released.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def asked(self, part: str) -> list[dict[str, str]]:
        """The headers of every request for an address that holds part."""
        return [headers for _, path, headers in self.requests if part in path]

    def _serve(self, name: str) -> ThreadingHTTPServer:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.requests.append((name, self.path, {k.lower(): v for k, v in self.headers.items()}))
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *words: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        parts = unquote(url.path).strip("/").split("/")
        if parts[:2] == ["api", "datasets"]:
            self._answer_api(request, "/".join(parts[2:4]), parts[4], parts[6:], parse_qs(url.query))
        elif parts[0] == "datasets":
            self._answer_resolve(request, "/".join(parts[1:3]), parts[4], "/".join(parts[5:]))
        elif parts[0] == "blob":
            self._send_file(
                request, "/".join(parts[3:]), self.repos["/".join(parts[1:3])]["/".join(parts[3:])]
            )
        else:
            self._send(request, 404, b"nothing here")

    def _answer_api(self, request: Any, repo: str, verb: str, folder: list[str], query: Any) -> None:
        if verb in self.status or repo not in self.repos:
            status, code = self.status.get(verb, (404, "RepoNotFound"))
            self._send(request, status, b"{}", {"X-Error-Code": code} if code else {})
        elif verb == "revision":
            self._send(request, 200, json.dumps({"id": repo, "sha": self.commit}).encode())
        else:
            prefix = "/".join(folder)
            entries = [self._entry(p, d) for p, d in self.repos[repo].items() if p.startswith(prefix)]
            first = int(query.get("cursor", ["0"])[0])
            headers = {}
            if first + self.page_size < len(entries):
                after = f"{self.endpoint}{urlsplit(request.path).path}?cursor={first + self.page_size}"
                headers["Link"] = f'<{after}>; rel="next"'
            page = json.dumps(entries[first : first + self.page_size]).encode()
            self._send(request, 200, page, headers)

    def _entry(self, path: str, data: bytes) -> dict[str, Any]:
        if len(data) < 1000:
            return {"type": "file", "path": path, "size": len(data), "oid": git_sha1(data)}
        large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return {"type": "file", "path": path, "size": len(data), "oid": git_sha1(POINTER), "lfs": large}

    def _answer_resolve(self, request: Any, repo: str, revision: str, path: str) -> None:
        data = self.repos.get(repo, {}).get(path)
        if data is None:
            self._send(request, 404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        mark = {"X-Repo-Commit": self.commit, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        if self.redirects:
            mark |= {"X-Linked-Size": str(len(data)), "X-Linked-Etag": mark["ETag"]}
            self._send(
                request, 302, b"", {**mark, "Location": f"{self.store}/blob/{repo}/{path}?signed=secret"}
            )
        else:
            self._send_file(request, path, data, mark)

    def _send_file(self, request: Any, path: str, data: bytes, mark: dict[str, str] | None = None) -> None:
        queue = self.acts.get(path, [])
        act = queue.pop(0) if queue and request.command == "GET" else None
        if isinstance(act, int):
            self._send(request, act, b"trouble")
            return
        if isinstance(act, tuple):
            self._send(request, 403, b"", {"X-Error-Code": act[1]})
            return
        data = {"html": PAGE, "pointer": POINTER, "altered": bytes(len(data))}.get(act or "", data)
        if act == "short":
            data = data[: len(data) // 2]
        span, status = request.headers.get("Range", ""), 200
        headers = dict(mark or {})
        if span.startswith("bytes=") and not self.ignores_range:
            first = int(span.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            data, status = data[first:], 206
        breaks = act in ("cut", "stall")
        if request.command == "GET":
            self.sent += len(data) // 2 if breaks else len(data)
        self._send(request, status, data, headers, only=len(data) // 2 if breaks else None)
        if act == "stall":
            self.released.wait(30)
        if breaks:
            request.close_connection = True

    def _send(
        self,
        request: Any,
        status: int,
        data: bytes,
        headers: dict[str, str] | None = None,
        only: int | None = None,
    ) -> None:
        request.send_response(status)
        for key, value in (headers or {}).items():
            request.send_header(key, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data if only is None else data[:only])
            request.wfile.flush()


@contextmanager
def in_place_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A FakeHub that this process and those it starts take for the real one."""
    import huggingface_hub.constants as constants
    from huggingface_hub.utils import _http

    fake = FakeHub()
    monkeypatch.setattr(constants, "ENDPOINT", fake.endpoint)
    template = fake.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", fake.endpoint)  # for processes that are started
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield fake
    fake.close()
    _http.close_session()
