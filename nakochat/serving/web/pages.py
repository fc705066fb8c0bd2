"""The files under static/ -> the addresses of the web pages, each with its kind and what it may load.

`static/chat.js` is served at /chat.js, and a folder's index.html at the folder: `static/index.html` at /,
`static/watch/index.html` at /watch.  The table is made once, from the files that are there: no path from a request
ever reaches the disk.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
# Everything from this server, nothing inline, no eval.  Trusted types: no script of a page can turn text into
# elements, except DOMPurify with what it has cleaned.  https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
    )
)
# A drawing brings its colours in a style of its own.
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class PageFile:
    """One file in memory, ready to be sent."""

    content: bytes
    headers: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "PageFile":
        """KeyError for a kind of file that no page uses."""
        content, kind = path.read_bytes(), KINDS[path.suffix]
        headers = {
            "Content-Type": kind if kind.startswith(("font/", "image/")) else f"{kind}; charset=utf-8",
            "Cache-Control": "no-cache",  # the browser asks each time, and hears 304 until the file is another
            "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            "Content-Security-Policy": DRAWING_POLICY if path.suffix == ".svg" else PAGE_POLICY,
        }
        return cls(content, headers)


def page_files(folder: Path = STATIC) -> dict[str, Path]:
    """Address -> file, for every file under the folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {_address(path.relative_to(folder)): path for path in found}


def _address(path: Path) -> str:
    if path.name == "index.html":
        return f"/{path.parent.as_posix()}".removesuffix(".")
    return f"/{path.as_posix()}"


def add_pages(app: FastAPI) -> None:
    """Serve every file of static/."""
    for address, path in page_files().items():
        _add_file(app, address, PageFile.read(path))


def _add_file(app: FastAPI, address: str, file: PageFile) -> None:
    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == file.headers["ETag"]:
            return Response(status_code=304, headers=file.headers)
        return Response(file.content, headers=file.headers)

    app.add_api_route(address, send, methods=["GET"], response_model=None)
