"""Indexes with a password, as a build in a room meets them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from clary.compute.environments.index_relay import lent_indexes

PASSWORD = "p@ss:word"
WANTED = "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()


class Index:
    """A private index. ``/simple/a/`` names files by every kind of address."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authorization = self.headers.get("Authorization")
                index.asked.append((self.path, authorization))
                if self.path == "/simple/away/":
                    self.send_response(302)
                    self.send_header("Location", f"{index.url.replace('127.0.0.1', 'localhost')}/elsewhere")
                    self.end_headers()
                    return
                if authorization != WANTED:
                    self.send_error(401)
                    return
                kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
                body = index.page if kind == "text/html" else self.path.encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def page(self) -> bytes:
        return (
            f"<a href='{self.url}/files/whole.whl#sha256=00'>1</a> <a href=\"/files/rooted.whl\">2</a> "
            "<a href=../../files/relative.whl>3</a>"
        ).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.close()


def with_password(url: str) -> str:
    return url.replace("://", "://user:p%40ss%3Aword@")


def get(url: str) -> bytes:
    with urlopen(url) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("form", ["in the address", "variables", "netrc"])
def test_a_password_stays_outside_wherever_it_comes_from(index: Index, tmp_path: Path, form: str) -> None:
    environ = {"UV_INDEX": f"{index.url}/simple"}
    if form == "in the address":
        environ["UV_INDEX"] = with_password(environ["UV_INDEX"])
    elif form == "variables":
        environ["UV_INDEX"] = f"my-own={index.url}/simple"
        environ |= {"UV_INDEX_MY_OWN_USERNAME": "user", "UV_INDEX_MY_OWN_PASSWORD": PASSWORD}
    else:
        (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login user password {PASSWORD}\n")
        environ["NETRC"] = str(tmp_path / "netrc")

    with lent_indexes(environ) as lent:
        page = get(f"{lent['UV_INDEX']}/a/")

    assert index.asked == [("/simple/a/", WANTED)]
    assert b"whole.whl" in page
    assert index.url.encode() not in page
    assert not any(word in lent["UV_INDEX"] for word in ("user", "word", "my-own"))
    assert "127.0.0.1" in lent["NO_PROXY"].split(",")


def test_files_that_the_index_names_come_through_and_nothing_else_does(index: Index) -> None:
    with lent_indexes({"UV_DEFAULT_INDEX": with_password(f"{index.url}/simple")}) as lent:
        origin = lent["UV_DEFAULT_INDEX"].removesuffix("/simple")
        for path in ("/files/rooted.whl", "/admin", "/simple/../admin", "/simple/%2e%2e/admin", "/simples"):
            with pytest.raises(HTTPError, match="403"):
                get(origin + path)
        get(f"{origin}/simple/a/")

        found = [get(f"{origin}/files/{name}.whl") for name in ("whole", "rooted", "relative")]
        get(f"{origin}/files/whole.whl.metadata")

        assert found == [b"/files/whole.whl", b"/files/rooted.whl", b"/files/relative.whl"]
        with pytest.raises(HTTPError, match="403"):
            get(f"{origin}/files/other.whl")


def test_the_password_does_not_follow_a_redirect(index: Index) -> None:
    with lent_indexes({"UV_INDEX": with_password(f"{index.url}/simple")}) as lent, pytest.raises(HTTPError):
        get(f"{lent['UV_INDEX']}/away/")

    assert index.asked == [("/simple/away/", WANTED), ("/elsewhere", None)]


def test_indexes_without_a_password_are_left_alone(tmp_path: Path) -> None:
    environ = {
        "UV_DEFAULT_INDEX": "https://example.com/simple",
        "UV_INDEX": "file:///srv/simple https://example.org/simple",
        "UV_FIND_LINKS": "/srv/wheels,https://example.org/wheels.html",
        "HOME": str(tmp_path),
    }

    with lent_indexes(environ) as lent:
        assert lent == environ


def test_several_indexes_are_lent_side_by_side(index: Index) -> None:
    both = f"{with_password(index.url)}/simple https://example.com/simple {with_password(index.url)}/more"

    with lent_indexes({"UV_INDEX": both}) as lent:
        first, second, third = lent["UV_INDEX"].split()

        assert second == "https://example.com/simple"
        assert get(f"{first}/x.whl") == b"/simple/x.whl"
        assert get(f"{third}/x.whl") == b"/more/x.whl"
