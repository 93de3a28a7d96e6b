"""A complete server in a thread of the test process, on a port of loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from clary.server.app import build_app
from clary.server.machines import ThisMachine
from clary.server.platform import Platform, build_platform
from clary.server.serve import Server, server_config
from clary.server.settings import Settings
from clary.server.state import StateFolder, listen

ANSWER_S = 90.0


@dataclass(frozen=True, slots=True)
class Served:
    """``keys``: the root keys of the account."""

    platform: Platform
    host: str
    port: int
    keys: Credentials

    def connect(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=ANSWER_S)

    def is_well(self) -> bool:
        """Returns whether the server answers another client."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", "/_clary/health")
            return connection.getresponse().status == 200

    def signed(
        self,
        body: bytes,
        service: str,
        headers: dict[str, str],
        keys: Credentials | None = None,
        path: str = "/",
    ) -> dict[str, str]:
        """The headers of a POST, with a good signature."""
        request = AWSRequest("POST", f"http://{self.host}:{self.port}{path}", dict(headers), body)
        SigV4Auth(keys or self.keys, service, self.platform.settings.region).add_auth(request)
        return dict(request.headers.items())

    def ask(
        self, body: bytes, service: str, headers: dict[str, str], keys: Credentials | None = None
    ) -> tuple[int, bytes]:
        with contextlib.closing(self.connect()) as connection:
            connection.request("POST", "/", body, self.signed(body, service, headers, keys))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def call(self, target: str, params: Any, keys: Credentials | None = None) -> tuple[int, dict[str, Any]]:
        """A JSON operation, as in ``SageMaker.AddTags``."""
        body = params if isinstance(params, bytes) else json.dumps(params).encode()
        service = "logs" if target.startswith("Logs_") else "sagemaker"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        status, answer = self.ask(body, service, headers, keys)
        return status, json.loads(answer or b"{}")

    def form(self, service: str, body: bytes) -> tuple[int, str]:
        status, answer = self.ask(body, service, {"Content-Type": "application/x-www-form-urlencoded"})
        return status, answer.decode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "home", tmp_path / "environments") as served:
        yield served


@contextlib.contextmanager
def serving(home: Path, environments: Path, **others: Any) -> Iterator[Served]:
    settings = Settings(home=home, environments=environments, **others)
    state = StateFolder(settings.home)
    state.prepare()
    machine = ThisMachine(settings, state)
    platform = build_platform(settings, state, machine)
    listener = listen(state, settings.host, 0)
    host, port = listener.getsockname()
    ready = threading.Event()
    app = build_app(platform, machine, f"http://{host}:{port}")
    server = Server(server_config(app, "warning"), ready.set, platform.changes.close)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), name="server")
    thread.start()
    try:
        assert ready.wait(ANSWER_S)
        root = state.root_credentials()
        yield Served(platform, host, port, Credentials(root.access_key_id, root.secret_access_key))
    finally:
        server.should_exit = True
        thread.join(ANSWER_S)
        assert not thread.is_alive()
