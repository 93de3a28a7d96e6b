"""What a browser with Studio's page does, without a browser: the cookie, the page's key, the origin."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

from tests.server.conftest import Served

from clary.services.access.links import LIVES_S, make_link

PASSWORD = "Correct-horse-1"


@dataclass
class Browser:
    """``headers``: what a request has beside, or has another of; None takes one away."""

    served: Served
    cookie: str = ""
    page_key: str = ""
    headers: dict[str, str | None] = field(default_factory=dict)

    def post(self, path: str, document: Any = None, **headers: str | None) -> tuple[int, dict[str, Any]]:
        with self._sent(path, document, headers) as answer:
            for given in answer.headers.get_all("set-cookie", []):
                self.cookie = given.partition(";")[0]
            return answer.status, json.loads(answer.read() or b"{}")

    def sign_in(self, **wanted: str) -> tuple[int, dict[str, Any]]:
        """With a new link where nothing is wanted."""
        status, told = self.post("login", wanted or {"Link": new_link(self.served)})
        self.page_key = told.get("PageKey", "")
        return status, told

    def content(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Asks as a page does that reads or writes an object; a browser names the origin of a write only."""
        origin = None if method in ("GET", "HEAD") else f"http://{self.served.host}:{self.served.port}"
        sent = {
            "Origin": origin,
            "Cookie": self.cookie,
            "X-Clary-Page-Key": self.page_key,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        with contextlib.closing(self.served.connect()) as connection:
            connection.request(
                method,
                path if path.startswith("/studio/") else f"/studio/api/s3/{path}",
                body,
                {name: value for name, value in sent.items() if value is not None},
            )
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read()

    @contextlib.contextmanager
    def changes(self, position: str = "") -> Iterator[HTTPResponse]:
        """The stream, to be read line by line."""
        with self._sent("changes", {"Position": position}, {}) as answer:
            yield answer

    @contextlib.contextmanager
    def _sent(self, path: str, document: Any, headers: dict[str, str | None]) -> Iterator[HTTPResponse]:
        origin = f"http://{self.served.host}:{self.served.port}"
        usual = {"Origin": origin, "Cookie": self.cookie, "X-Clary-Page-Key": self.page_key}
        sent = {**usual, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        with contextlib.closing(self.served.connect()) as connection:
            connection.request(
                "POST",
                f"/studio/api/{path}",
                json.dumps(document or {}),
                {name: value for name, value in sent.items() if value is not None},
            )
            yield connection.getresponse()


def new_link(served: Served, age_s: float = 0.0) -> str:
    """The token of a one-time link that was made some seconds ago."""
    platform = served.platform
    link = make_link("http://x", platform.state.token_key(), platform.now() + LIVES_S - age_s)
    return link.partition("#link=")[2]


def next_event(stream: HTTPResponse) -> tuple[str, list[list[str]], str]:
    """(kind, names, position) of the next event; comments are skipped."""
    found = {}
    while line := stream.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        found[name] = value
    if "event" not in found:
        return next_event(stream)
    return found["event"], json.loads(found["data"]), found["id"]


def add_user(served: Served, name: str, *policies: dict[str, Any]) -> None:
    """A user with a password, who may do what the statements say."""
    from urllib.parse import urlencode

    def iam(action: str, **params: str) -> None:
        body = urlencode({"Action": action, "Version": "2010-05-08", "UserName": name, **params})
        status, answer = served.form("iam", body.encode())
        assert status == 200, answer

    iam("CreateUser")
    iam("CreateLoginProfile", Password=PASSWORD)
    if policies:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(policies)})
        iam("PutUserPolicy", PolicyName="p", PolicyDocument=text)
