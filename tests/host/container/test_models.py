"""Many models in one container: the agent's side, beside a server that keeps SageMaker's contract."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.host.conftest import until

from clary.domain.hosts import ModelSource
from clary.host.container.loopback import publish
from clary.host.container.model_door import serve_models
from clary.host.container.models import ContainerModels
from clary.host.errors import ClientError

LARGE = 64 << 10


class ModelServer(ThreadingHTTPServer):
    """The user's server. room: how many models it has memory for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Requests)
        self.room = 100
        self.loaded: dict[str, str] = {}
        self.asked: list[str] = []
        self.begun = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()


class Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.answer(200 if self.path == "/ping" or name in self.server.loaded else 404)

    def do_DELETE(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.append(f"unload {name}")
        self.answer(200 if self.server.loaded.pop(name, None) else 404)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/models":
            self.answer(*self.load(json.loads(sent)))
            return
        name = self.path.split("/")[2]
        if name not in self.server.loaded:
            self.answer(404)
            return
        self.server.begun.set()
        self.server.may_answer.wait()
        target = self.headers["X-Amzn-SageMaker-Target-Model"]
        if sent == b"stream":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
            return
        self.answer(404 if sent == b"of its own" else 200, f"{target}:{len(sent)}".encode())

    def load(self, order: dict[str, str]) -> tuple[int, bytes]:
        self.server.asked.append(f"load {order['model_name']}")
        if order["model_name"] in self.server.loaded:
            return 409, b""
        if "broken" in order["url"] or len(self.server.loaded) >= self.server.room:
            return 507, b"no memory"
        self.server.loaded[order["model_name"]] = order["url"]
        return 200, b"{}"

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.may_answer.set()
    server.shutdown()
    server.server_close()


class Served:
    """The models of one host, and a caller of its address."""

    def __init__(self, folder: Path, server: ModelServer, *, disk_bytes: int = 0) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.memory = [0]
        self.models = ContainerModels(
            (ModelSource("s3://models/all/"),),
            folder,
            self.fetch,
            disk_bytes=disk_bytes,
            memory_bytes=1000,
            say=self.lines.append,
        )
        connect: Callable[[], socket.socket] = partial(socket.create_connection, server.server_address, 10.0)
        self.models.serve(connect, self.used, timeout_s=10.0)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        self.published = publish(self.address, partial(serve_models, models=self.models, connect=connect))

    def used(self) -> int:
        return self.memory.pop(0) if len(self.memory) > 1 else self.memory[0]

    def fetch(self, uri: str, inside: str) -> None:
        if "missing" in uri:
            raise ClientError(f"The model archive {uri} (ModelDataUrl) does not exist.")
        (self.folder / inside).mkdir(parents=True)
        (self.folder / inside / "weights").write_bytes(bytes(LARGE))

    def ask(self, model: str, body: bytes = b"x", *, method: str = "POST", path: str = "") -> tuple[int, str]:
        client = HTTPConnection(*self.address, timeout=30)
        path = path or f"/models/{quote(model, safe='')}/invoke"
        client.request(method, path, body, {"X-Amzn-SageMaker-Target-Model": model})
        answer = client.getresponse()
        said = answer.read().decode()
        client.close()
        return answer.status, said

    def folders(self) -> int:
        return len(list(self.folder.iterdir()))


@pytest.fixture
def served(tmp_path: Path, server: ModelServer) -> Iterator[Served]:
    served = Served(tmp_path, server)
    yield served
    served.published.close()


def test_a_model_is_loaded_once_whoever_asks_first(served: Served, server: ModelServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(served.ask, ["deep/ä b.tar.gz"] * 16))

    assert answers == {(200, "deep/ä b.tar.gz:1")}
    [asked] = server.asked
    [url] = server.loaded.values()
    assert url == f"/opt/ml/models/{asked.removeprefix('load ')}/model"
    assert (served.folder / url.removeprefix("/opt/ml/models/") / "weights").stat().st_size == LARGE


def test_large_bodies_and_streams_pass_through(served: Served) -> None:
    assert served.ask("a", bytes(5 << 20)) == (200, f"a:{5 << 20}")
    assert served.ask("a", b"stream") == (200, "onetwo")


def test_a_server_without_memory_gets_room_by_unloading_the_oldest(
    served: Served, server: ModelServer
) -> None:
    server.room = 2
    for model in ("a", "b", "a", "c"):
        assert served.ask(model)[0] == 200

    assert [each.partition(" ")[0] for each in server.asked] == ["load", "load", "load", "unload", "load"]
    assert server.asked[3] == server.asked[1].replace("load", "unload"), "b was not used for longest"
    assert served.folders() == 2
    assert served.ask("b")[0] == 200


def test_a_model_in_use_is_never_unloaded(served: Served, server: ModelServer) -> None:
    server.room = 1
    server.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(served.ask, "a")
        assert server.begun.wait(60)
        refused = served.ask("b")
        server.may_answer.set()
        assert first.result() == (200, "a:1")

    assert refused[0] == 507
    assert "could not load the model b (status 507): no memory" in refused[1]
    assert served.ask("b")[0] == 200


def test_memory_that_is_nearly_full_costs_the_oldest_models(served: Served, server: ModelServer) -> None:
    for model in "abc":
        served.ask(model)
    served.memory = [900, 850, 700]
    served.ask("d")
    assert len(server.loaded) == 2

    served.memory = [900]  # of a server that gives nothing back
    served.ask("e")
    assert len(server.loaded) == 2


def test_models_keep_to_the_volume(tmp_path: Path, server: ModelServer) -> None:
    served = Served(tmp_path, server, disk_bytes=2 * LARGE + (32 << 10))
    for model in "abcd":
        assert served.ask(model)[0] == 200
    served.published.close()

    assert served.folders() == 2
    assert any("the model b is unloaded" in line for line in served.lines)


def test_a_model_that_the_server_has_lost_is_loaded_again(served: Served, server: ModelServer) -> None:
    served.ask("a")
    server.loaded.clear()
    assert served.ask("a")[0] == 404
    until(lambda: served.ask("a") == (200, "a:1"))
    asked = len(server.asked)

    assert served.ask("a", b"of its own") == (404, "a:10"), "an answer of the model itself"
    assert served.ask("a") == (200, "a:1")
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [("missing", 404, "does not exist"), ("../secret", 400, "as a folder"), ("/x", 400, "empty folder")],
)
def test_what_is_no_model_is_refused_and_leaves_nothing(
    served: Served, model: str, status: int, words: str
) -> None:
    said = served.ask(model)

    assert said[0] == status
    assert words in said[1]
    assert served.folders() == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/models/a"), ("POST", "/models"), ("GET", "/models"), ("POST", "/models/a/b/invoke")],
)
def test_nobody_but_the_agent_loads_and_unloads(served: Served, method: str, path: str) -> None:
    assert served.ask("a", method=method, path=path)[0] == 404


def test_health_is_asked_of_the_server(served: Served, server: ModelServer) -> None:
    assert served.ask("", method="GET", path="/ping")[0] == 200
    server.shutdown()
    server.server_close()

    with pytest.raises(ConnectionError):
        served.ask("", method="GET", path="/ping")


def test_a_host_without_a_prefix_has_no_models(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="needs ModelDataUrl"):
        ContainerModels((), tmp_path, lambda *_: None, disk_bytes=0, memory_bytes=0, say=print)
