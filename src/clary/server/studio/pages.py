"""The page's files, as Vite has built them into the package: read once, and compressed once."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clary.wire.http import HttpResponse

SITE = Path(__file__).with_name("site")
"""Built by ``make site``."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

SECURITY_HEADERS = {
    # Nothing from elsewhere, no inline script, no inline style, no frame around it.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    compressed: bytes
    headers: dict[str, str]


def page_response(path: str, accepted_encodings: str) -> HttpResponse:
    """path: below /studio/. What is no file of the page is a view of it, which its script shows."""
    files = _files()
    found = files.get(path)
    if found is None and path.startswith("assets/"):
        return HttpResponse(404, {**SECURITY_HEADERS, "content-type": "text/plain"}, b"no such file\n")
    found = found or files.get("index.html")
    if found is None:
        return HttpResponse(404, {**SECURITY_HEADERS, "content-type": "text/plain"}, NOT_BUILT)
    headers = {**SECURITY_HEADERS, **found.headers, "vary": "accept-encoding"}
    if "gzip" in accepted_encodings:
        return HttpResponse(200, {**headers, "content-encoding": "gzip"}, found.compressed)
    return HttpResponse(200, headers, found.content)


NOT_BUILT = b"This copy of Clary does not contain Studio's page; build it with: make site\n"


@cache
def _files() -> dict[str, _File]:
    found = {}
    for path in sorted(SITE.rglob("*")):
        if path.is_file():
            name = path.relative_to(SITE).as_posix()
            # Names in assets/ contain a hash of the content: they never change.
            lives = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
            headers = {
                "content-type": _TYPES.get(path.suffix, "application/octet-stream"),
                "cache-control": lives if name != "index.html" else "no-store",
            }
            content = path.read_bytes()
            found[name] = _File(content, gzip.compress(content, 6, mtime=0), headers)
    return found
