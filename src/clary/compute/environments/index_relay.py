"""Gives a build access to package indexes that need a password, without the password.

    uv in a build sandbox ──http://127.0.0.1:port/simple/x──> relay ──https, with the password──> the index

A build is code of the job's author and can read all settings of its installer. So the installer gets an
address of this machine. The relay serves the index and the files that its pages name, and nothing else of the
server. It ends with the build.
"""

from __future__ import annotations

import base64
import netrc
import re
import ssl
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import HTTPSHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
MOST_PAGE_BYTES = 64 << 20
_TIMEOUT_S = 60.0
_ADDRESS = re.compile(r"(?:(?P<name>[\w.-]+)=)?(?P<url>https?://[^\s,]+)")
_NAMED = re.compile(rb"""(?:href\s*=\s*["']?|"url"\s*:\s*")([^"'\s>]+)""", re.IGNORECASE)
_PASSED_ON = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control")


@contextmanager
def lent_indexes(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yields uv's variables for a build sandbox; indexes with a password have the address of a relay."""
    with ExitStack() as relays:

        def lend(match: re.Match[str]) -> str:
            index = _index(match, environ)
            return relays.enter_context(_relay(index)) if index is not None else match[0]

        changed = {name: _ADDRESS.sub(lend, environ[name]) for name in INDEXES if environ.get(name)}
        if any(environ[name] != value for name, value in changed.items()):
            # The relay is reached without a proxy.
            without = ",".join(filter(None, [environ.get("NO_PROXY"), environ.get("no_proxy"), "127.0.0.1"]))
            changed |= {"NO_PROXY": without, "no_proxy": without}
        yield {**environ, **changed}


@dataclass(slots=True)
class _Index:
    """origin: ``https://host``. path: what it serves below. named: paths of files that its pages named."""

    origin: str
    path: str
    query: str
    authorization: str
    opener: OpenerDirector
    named: set[str] = field(default_factory=set)

    def serves(self, path: str) -> bool:
        folder = self.path.rstrip("/")
        plain = unquote(path)
        inside = plain == folder or plain.startswith(f"{folder}/")
        return (inside and ".." not in plain.split("/")) or path.removesuffix(".metadata") in self.named

    def learn(self, page: bytes, address: str) -> bytes:
        """Records the files that a page names, and replaces their addresses by ones of the relay."""
        for link in _NAMED.findall(page):
            with suppress(ValueError):
                place = urlsplit(urljoin(address, link.decode("utf-8", "replace")))
                if f"{place.scheme}://{place.netloc}" == self.origin:
                    self.named.add(place.path)
        return page.replace(self.origin.encode() + b"/", b"/")


def _index(match: re.Match[str], environ: Mapping[str, str]) -> _Index | None:
    """Returns the index of an address that needs a password, else None."""
    parts = urlsplit(match["url"])
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if match["name"]:
        name = re.sub(r"\W", "_", match["name"]).upper()
        user = user or environ.get(f"UV_INDEX_{name}_USERNAME", "")
        password = password or environ.get(f"UV_INDEX_{name}_PASSWORD", "")
    if not user and not password:
        user, password = _from_netrc(parts, environ)
    if not user and not password:
        return None
    host = parts.netloc.rpartition("@")[2]
    words = base64.b64encode(f"{user}:{password}".encode()).decode()
    insecure = host in environ.get("UV_INSECURE_HOST", "").split() or (
        parts.hostname in environ.get("UV_INSECURE_HOST", "").split()
    )
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = build_opener(HTTPSHandler(context=context))
    return _Index(f"{parts.scheme}://{host}", parts.path, parts.query, f"Basic {words}", opener)


def _from_netrc(parts: SplitResult, environ: Mapping[str, str]) -> tuple[str, str]:
    with suppress(OSError, netrc.NetrcParseError):
        hosts = netrc.netrc(environ.get("NETRC") or f"{environ.get('HOME', '')}/.netrc").hosts
        login, _, password = hosts.get(parts.hostname or "", ("", "", ""))
        return login or "", password or ""
    return "", ""


@contextmanager
def _relay(index: _Index) -> Iterator[str]:
    class Handler(_Handler):
        lent = index

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            query = f"?{index.query}" if index.query else ""
            yield f"http://127.0.0.1:{server.server_port}{index.path}{query}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    lent: _Index

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: uv reports errors of the build."""

    def _answer(self) -> None:
        address = self.lent.origin + self.path
        if not self.lent.serves(urlsplit(address).path):
            self.send_error(403, "this is not of the index")
            return
        request = Request(address, method=self.command)
        if accept := self.headers.get("Accept"):
            request.add_header("Accept", accept)
        # The target of a redirect must not get the password.
        request.add_unredirected_header("Authorization", self.lent.authorization)
        try:
            with self.lent.opener.open(request, timeout=_TIMEOUT_S) as answer:
                self._hand_on(answer, address)
        except HTTPError as error:
            self.send_error(error.code)
        except (URLError, OSError, ValueError):
            self.send_error(502)

    def _hand_on(self, answer: HTTPResponse, address: str) -> None:
        kind = answer.headers.get("Content-Type", "")
        page = None
        if self.command == "GET" and ("html" in kind or "json" in kind):
            page = self.lent.learn(answer.read(MOST_PAGE_BYTES), address)
        self.send_response(answer.status)
        for name in _PASSED_ON:
            if (value := answer.headers.get(name)) and not (page is not None and name == "Content-Length"):
                self.send_header(name, value)
        if page is not None:
            self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if page is not None:
            self.wfile.write(page)
            return
        while self.command == "GET" and (piece := answer.read(1 << 20)):
            self.wfile.write(piece)
