"""Gives the models of a multi-model host to its server, one when each is first asked for.

    server, in the sandbox ── {"model": "a.tar.gz"} ──> loader ── archive from S3 ──> /opt/ml/models/<N>/model
                           <── {"path": ...} or {"error": ..., "status": 404} ──┘

They talk over a socket in the host's run folder: one line each way. The server is code of the user. So only
names below the host's own prefix are fetched, with the rights of its role. Each fetch has a new folder, which
the server removes itself: nothing here follows a path that it may have changed.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

from .errors import ClientError, StopRequested
from .inputs.keys import safe_path
from .inputs.model_data import fetch_model_archive
from .notes import note_exception

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import ModelSource

    from .client.objects import ObjectSource
    from .layout import Layout

SOCKET = "models.sock"
FOLDER = "models"
LONGEST_LINE = 16_384


class ModelLoader:
    """Serves one connection at a time: the server asks one thing after the other."""

    def __init__(self, sources: Sequence[ModelSource], layout: Layout, source: ObjectSource) -> None:
        """sources: one, whose URI is the prefix of all models. Raises ClientError for anything else."""
        if len(sources) != 1:
            raise ClientError("A MultiModel container needs ModelDataUrl: the prefix of its models.")
        self._prefix = sources[0].uri.rstrip("/") + "/"
        self._layout = layout
        self._source = source
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._fetched = 0
        self._thread = threading.Thread(target=self._serve, name="models", daemon=True)

    def start(self) -> None:
        # A path of a socket has at most 108 bytes, and that of the folder may be longer.
        folder = os.open(self._layout.run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._listening.bind(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
        self._listening.listen(16)
        self._thread.start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listening.accept()
            except OSError:
                return  # closed
            with link, link.makefile("rwb") as lines:
                try:
                    while line := lines.readline(LONGEST_LINE):
                        lines.write(json.dumps(self._answer(line)).encode() + b"\n")
                        lines.flush()
                except OSError:
                    continue  # the server has gone, or sent what is no line

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            name = str(json.loads(line)["model"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return {"error": "not a request for a model", "status": 400}
        self._fetched += 1
        folder = f"{FOLDER}/{self._fetched}/model"
        try:
            uri = self._prefix + safe_path(name, name)
            fetch_model_archive(uri, self._layout, folder, self._source)
        except ClientError as error:
            missing = "does not exist" in str(error)
            return {"error": str(error), "status": 404 if missing else 400}
        except (OSError, StopRequested) as error:
            note_exception(error)
            return {"error": f"The model {name} can't be fetched: {error}", "status": 507}
        return {"path": folder, "url": uri}
