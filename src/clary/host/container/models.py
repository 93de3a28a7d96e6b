"""The models of a container that serves many of them, by SageMaker's contract.

    request for a model ── fetch its archive ──> /opt/ml/models/<id>/model, read-only for the container
                        ── POST /models {"model_name": <id>, "url": that folder} ──> its server
    no room left        ── DELETE /models/<id> of the one that was not used for longest

The server is code of the user. So the agent fetches archives below the host's own prefix only,
with the rights of its role, into a folder in which the container can't write.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from ..bounds.usage import folder_bytes
from ..errors import ClientError, StopRequested
from ..inputs.keys import safe_path
from ..notes import note_exception
from ..removal import remove_tree

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from clary.domain.hosts import ModelSource

MODELS_INSIDE = "/opt/ml/models"
FULL = 0.8
"""The share of the memory above which models are unloaded, as by SageMaker: requests need memory too."""
ANSWER_BYTES = 8192
"""Of a server's answer about a model; the rest is not read."""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class ModelRefused(Exception):
    """A model can't be used now. status: of the answer to the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True, eq=False)
class _Model:
    """One model that a caller has named. id: what the server knows it by, and the name of its folder."""

    name: str
    id: str
    loaded: bool = False
    size_bytes: int = 0
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)


class ContainerModels:
    """Fetches, loads and unloads the models of one host. Any thread may use it."""

    def __init__(
        self,
        sources: Sequence[ModelSource],
        folder: Path,
        fetch: Callable[[str, str], None],
        *,
        disk_bytes: int,
        memory_bytes: int,
        say: Callable[[str], None],
    ) -> None:
        """sources: one, whose URI is the prefix of all models. Raises ClientError for anything else.

        folder: of the agent, which the container has at ``MODELS_INSIDE``. fetch: unpacks the archive at a
        URI into a folder below that; it may raise ClientError and OSError. disk_bytes, memory_bytes: that
        models may take; 0: no limit. say: writes into the log.
        """
        if len(sources) != 1:
            raise ClientError("A MultiModel container needs ModelDataUrl: the prefix of its models.")
        self._prefix = sources[0].uri.rstrip("/") + "/"
        self._folder = folder
        self._unpack = fetch
        self._disk_bytes = disk_bytes
        self._memory_bytes = memory_bytes
        self._say = say
        self._table = threading.Lock()
        # One is loaded after the other. Requests for models that are loaded do not wait for that.
        self._loading = threading.Lock()
        self._models: dict[str, _Model] = {}
        self._connect: Callable[[], socket.socket] | None = None
        self._memory_used: Callable[[], int] = lambda: 0
        self._timeout_s = 0.0

    def serve(
        self, connect: Callable[[], socket.socket], memory_used: Callable[[], int], *, timeout_s: float
    ) -> None:
        """Call it before ``using``. connect: to the server in the container. timeout_s: of one load."""
        self._connect = connect
        self._memory_used = memory_used
        self._timeout_s = timeout_s

    @contextmanager
    def using(self, name: str) -> Iterator[str]:
        """Loads a model unless it is loaded, and keeps it meanwhile; gives what the server knows it by.

        name: its key below the prefix. Raises ModelRefused.
        """
        with self._table:
            model = self._models.get(name)
            if model is None:
                identity = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
                model = self._models[name] = _Model(name, identity)
            model.users += 1
        try:
            if not model.loaded:
                self._load(model)
            yield model.id
        finally:
            with self._table:
                model.users -= 1
                model.used_at = time.monotonic()
                if not model.users and not model.loaded and not model.size_bytes:
                    self._models.pop(name, None)

    def answered_not_found(self, name: str) -> None:
        """Asks whether the server still knows a model; one that it has lost is loaded at the next request.

        An answer with 404 may also be the model's own. Does nothing when the server does not answer.
        """
        model = self._models.get(name)
        with suppress(ModelRefused):
            if model is not None and self._ask("GET", f"/models/{model.id}")[0] == 404:
                model.loaded = False

    def _load(self, model: _Model) -> None:
        with self._loading:
            if model.loaded:
                return
            began = time.monotonic()
            try:
                self._fetch(model)
                self._tell(model)
            except BaseException:
                self._remove_files(model)
                raise
            model.loaded = True
            self._say(f"Clary: the model {model.name} is loaded ({time.monotonic() - began:.1f} s)")
            self._make_room(model)

    def _fetch(self, model: _Model) -> None:
        if model.size_bytes:
            return  # the server has lost it, or has restarted
        try:
            uri = self._prefix + safe_path(model.name, model.name)
            self._unpack(uri, f"{model.id}/model")
        except ClientError as error:
            raise ModelRefused(404 if "does not exist" in str(error) else 400, str(error)) from error
        except (OSError, StopRequested) as error:
            note_exception(error)
            raise ModelRefused(507, f"The model {model.name} can't be fetched: {error}") from error
        model.size_bytes = folder_bytes(str(self._folder / model.id))
        while self._disk_bytes and self._taken_bytes() > self._disk_bytes:
            if not self._unload_oldest():
                raise ModelRefused(
                    507,
                    f"The model {model.name} does not fit on the volume beside the models that are in use: "
                    "ask for a larger VolumeSizeInGB, or for an instance type with more.",
                )

    def _tell(self, model: _Model) -> None:
        """Has the server load a model, without others when it has no room for it. Raises ModelRefused."""
        order = {"model_name": model.id, "url": f"{MODELS_INSIDE}/{model.id}/model"}
        while True:
            status, said = self._ask("POST", "/models", json.dumps(order).encode())
            if 200 <= status < 300 or status == 409:  # 409: it has it
                return
            if status == 507 and self._unload_oldest():
                continue
            raise ModelRefused(
                status if status >= 400 else 502,
                f"The server could not load the model {model.name} (status {status}): {said}",
            )

    def _make_room(self, newest: _Model) -> None:
        """Unloads what was not used for longest while the memory is nearly full.

        A server that gives no memory back loses one model for each that it loads, not all of them.
        """
        limit = FULL * self._memory_bytes
        used, before = (self._memory_used() if limit else 0), float("inf")
        while limit < used < before and self._unload_oldest(newest):
            used, before = self._memory_used(), used

    def _unload_oldest(self, kept: _Model | None = None) -> bool:
        """Returns False when there is none that nobody uses. Call it with ``_loading`` held."""
        with self._table:
            idle = [
                each
                for each in self._models.values()
                if each.size_bytes and not each.users and each is not kept
            ]
            if not idle:
                return False
            oldest = min(idle, key=lambda each: each.used_at)
            del self._models[oldest.name]
        try:
            status, said = self._ask("DELETE", f"/models/{oldest.id}")
            told = "is unloaded" if status in (200, 202, 204, 404) else f"was not unloaded ({status}): {said}"
        except ModelRefused as refused:
            told = f"was not unloaded: {refused}"
        self._remove_files(oldest)
        self._say(f"Clary: the model {oldest.name} {told}")
        return True

    def _taken_bytes(self) -> int:
        with self._table:
            return sum(each.size_bytes for each in self._models.values())

    def _remove_files(self, model: _Model) -> None:
        model.size_bytes = 0
        try:
            remove_tree(self._folder / model.id)
        except OSError as error:
            note_exception(error)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        """Returns the status and the words of the server. Raises ModelRefused when there is no answer."""
        assert self._connect is not None
        client = HTTPConnection("localhost")
        try:
            client.sock = self._connect()
            client.sock.settimeout(self._timeout_s)
            client.request(method, path, body, {**_JSON, "Connection": "close"})
            answer = client.getresponse()
            return answer.status, answer.read(ANSWER_BYTES).decode("utf-8", "replace").strip()
        except TimeoutError:
            raise ModelRefused(
                504, f"The server did not answer {method} /models within {self._timeout_s:g} s."
            ) from None
        except (OSError, HTTPException) as error:
            raise ModelRefused(502, f"The server did not answer {method} /models: {error}") from error
        finally:
            client.close()
