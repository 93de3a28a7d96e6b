"""What the server answers: /ping, /invocations, and /models of a multi-model host."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from urllib.parse import unquote

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .http_connection import ClientRequest, HttpConnection
    from .pool import WorkerLink, WorkerPool
    from .settings import ServingSettings

TEXT = "text/plain"
TARGET_MODEL = "x-amzn-sagemaker-target-model"
MODELS = "/models"
MOST_LINE_BYTES = 1 << 16
_BUSY = b"Too many requests wait for this server already; send this one again later"
_NOT_READY = b"No worker has loaded the model yet"
_LOST = (
    b"The worker ended while it worked on the request: it ran out of time or memory, or crashed. "
    b"The log of the endpoint has its last words"
)


class WorkerRequest:
    """One request at a worker; an Exchange, and the Flow of its connection."""

    __slots__ = ("_begun", "_connection", "_pool", "abandoned", "frame", "worker")

    def __init__(
        self, pool: WorkerPool, connection: HttpConnection, request: ClientRequest, model: dict[str, str]
    ) -> None:
        self._pool = pool
        self._connection = connection
        self._begun = False
        self.frame = frames.parts(frames.REQUEST, dict(model, headers=request.headers), request.body)
        self.worker: WorkerLink | None = None
        self.abandoned = False

    def submit(self) -> None:
        self._connection.flow = self
        if not self._pool.submit(self):
            self._connection.respond(503, _BUSY, TEXT)

    def on_frame(self, kind: bytes, document: Any, body: bytes) -> None:
        if self.abandoned:
            return
        if kind == frames.ANSWER:
            self._connection.respond(document["status"], body, document["type"], document["headers"])
        elif kind == frames.BEGIN:
            self._begun = True
            self._connection.begin(document["status"], document["type"], document["headers"])
        elif kind == frames.PIECE:
            self._connection.piece(body)
        else:
            self._connection.end(broken=bool(document.get("broken")))

    def on_lost(self) -> None:
        if self.abandoned:
            return
        if self._begun:
            self._connection.end(broken=True)
        else:
            self._connection.respond(500, _LOST, TEXT)

    def pause(self) -> None:
        if self.worker is not None:
            self.worker.transport.pause_reading()

    def resume(self) -> None:
        if self.worker is not None and not self.worker.transport.is_closing():
            self.worker.transport.resume_reading()

    def abandon(self) -> None:
        self.resume()
        self._pool.abandon(self)


class Front:
    """An Application of HTTP connections."""

    def __init__(self, settings: ServingSettings, pool: WorkerPool) -> None:
        self._settings = settings
        self._pool = pool
        self._connections: set[HttpConnection] = set()
        self._models: dict[str, asyncio.Task[dict[str, Any]]] = {}
        self._asking = asyncio.Lock()

    def opened(self, connection: HttpConnection) -> None:
        self._connections.add(connection)

    def closed(self, connection: HttpConnection) -> None:
        self._connections.discard(connection)

    def close_idle(self) -> None:
        """Lets requests in flight end, and nothing after them."""
        for connection in list(self._connections):
            connection.close_when_idle()

    @property
    def busy(self) -> bool:
        return self._pool.in_flight > 0 or any(each.busy for each in self._connections)

    def handle(self, connection: HttpConnection, request: ClientRequest) -> None:
        path = request.path
        if path == "/invocations":
            if request.method != "POST":
                _not_allowed(connection, "POST")
            elif self._settings.multi_model:
                self._later(
                    connection, self._invoke(connection, request, request.headers.get(TARGET_MODEL, ""))
                )
            elif not self._pool.ready:
                connection.respond(503, _NOT_READY, TEXT)
            else:
                WorkerRequest(self._pool, connection, request, {}).submit()
        elif path == "/ping":
            connection.respond(*((200, b"{}\n") if self._pool.ready else (503, _NOT_READY)))
        elif path == "/execution-parameters":
            connection.respond(200, json.dumps(self._parameters()).encode())
        elif self._settings.multi_model and (path == MODELS or path.startswith(MODELS + "/")):
            self._handle_models(connection, request)
        else:
            said = "There is no {} here; there are /ping and /invocations".format(path)
            connection.respond(404, said.encode("utf-8", "replace"), TEXT)

    def _parameters(self) -> dict[str, Any]:
        """For batch transform: how it may send requests to this server."""
        workers = self._settings.workers
        return {"MaxConcurrentTransforms": workers, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}

    # Several models

    def _handle_models(self, connection: HttpConnection, request: ClientRequest) -> None:
        rest = request.path[len(MODELS) :].strip("/")
        if not rest and request.method == "GET":
            connection.respond(200, json.dumps({"models": self._listed()}).encode())
        elif not rest and request.method == "POST":
            self._later(connection, self._load(connection, request))
        elif rest.endswith("/invoke") and request.method == "POST":
            name = request.headers.get(TARGET_MODEL) or unquote(rest[: -len("/invoke")])
            self._later(connection, self._invoke(connection, request, name))
        elif rest and request.method in ("GET", "DELETE"):
            self._later(
                connection, self._describe(connection, unquote(rest), unload=request.method == "DELETE")
            )
        else:
            _not_allowed(connection, "GET, POST, DELETE")

    def _listed(self) -> list[dict[str, str]]:
        return [
            {"modelName": name, "modelUrl": task.result()["url"]}
            for name, task in self._models.items()
            if task.done() and not task.exception() and "path" in task.result()
        ]

    async def _load(self, connection: HttpConnection, request: ClientRequest) -> None:
        try:
            name = json.loads(request.body)["model_name"]
        except (ValueError, TypeError, KeyError):
            connection.respond(400, b'Send {"model_name": ..., "url": ...}', TEXT)
            return
        if any(each["modelName"] == name for each in self._listed()):
            connection.respond(409, "The model {} is loaded already".format(name).encode(), TEXT)
            return
        found = await self._found(str(name))
        if "error" in found:
            connection.respond(found["status"], found["error"].encode(), TEXT)
        else:
            connection.respond(200, b"{}")

    async def _describe(self, connection: HttpConnection, name: str, *, unload: bool) -> None:
        listed = next((each for each in self._listed() if each["modelName"] == name), None)
        if listed is None:
            connection.respond(
                404, "The model {} is not loaded".format(name).encode("utf-8", "replace"), TEXT
            )
            return
        if unload:
            path = self._models.pop(name).result()["path"]
            self._pool.tell_all(frames.packed(frames.UNLOAD, {"model": name}))
            folder = os.path.dirname(os.path.join(self._settings.base, path))
            loop = asyncio.get_event_loop()
            await loop.run_in_executor(None, lambda: shutil.rmtree(folder, ignore_errors=True))
        connection.respond(200, json.dumps(listed).encode())

    async def _invoke(self, connection: HttpConnection, request: ClientRequest, name: str) -> None:
        if not name:
            connection.respond(400, b"This endpoint has several models; name one with TargetModel", TEXT)
            return
        found = await self._found(name)
        if "error" in found:
            connection.respond(found["status"], found["error"].encode("utf-8", "replace"), TEXT)
            return
        folder = os.path.join(self._settings.base, found["path"])
        WorkerRequest(self._pool, connection, request, {"model": name, "folder": folder}).submit()

    async def _found(self, name: str) -> dict[str, Any]:
        """Returns where a model lies; fetches it once. What could not be fetched is asked for again."""
        task = self._models.get(name)
        if task is None:
            task = self._models[name] = asyncio.get_event_loop().create_task(self._ask(name))
        found = await asyncio.shield(task)
        if "error" in found and self._models.get(name) is task:
            del self._models[name]
        return found

    async def _ask(self, name: str) -> dict[str, Any]:
        """Has the host fetch the archive of a model."""
        path = os.path.join(self._settings.run_dir, "models.sock")
        async with self._asking:
            try:
                reader, writer = await asyncio.open_unix_connection(path, limit=MOST_LINE_BYTES)
                writer.write(json.dumps({"model": name}).encode() + b"\n")
                answer: dict[str, Any] = json.loads(await reader.readline())
                writer.close()
            except (OSError, ValueError) as error:
                return {"error": "The host can't fetch the model {}: {}".format(name, error), "status": 500}
        return answer

    def _later(self, connection: HttpConnection, work: Any) -> None:
        """Runs work that ends with an answer. An error of ours becomes one too."""
        task = asyncio.get_event_loop().create_task(work)

        def ended(done: asyncio.Task[None]) -> None:
            if not done.cancelled() and done.exception() is not None and connection.busy:
                connection.respond(500, "{!r}".format(done.exception()).encode("utf-8", "replace"), TEXT)

        task.add_done_callback(ended)


def _not_allowed(connection: HttpConnection, methods: str) -> None:
    connection.respond(405, "Use {}".format(methods).encode(), TEXT, {"Allow": methods})
