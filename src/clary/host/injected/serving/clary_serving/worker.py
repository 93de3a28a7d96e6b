"""The loop of one worker: loads the model, then answers one request after the other."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from collections import OrderedDict

from . import frames
from .contract import ServingAnswer, failed, load_contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .contract import Contract
    from .settings import ServingSettings

MEMORY_SHARE = 0.8
"""The part of the host's memory that the models of all workers may fill before the oldest is unloaded."""


def main(link: socket.socket, settings: ServingSettings) -> NoReturn:
    """Runs a worker in this process, and ends the process."""
    code = 1
    try:
        code = _run(link, settings)
    except (BrokenPipeError, ConnectionResetError):
        code = 0  # the front has ended
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(link: socket.socket, settings: ServingSettings) -> int:
    link.sendall(frames.packed(frames.HELLO, {"pid": os.getpid()}))
    models = _Models(settings)
    if not settings.multi_model:
        try:
            models.load("", settings.model_dir)
        except BaseException:
            # The last lines of the log are what the user reads first.
            traceback.print_exc()
            sys.stderr.flush()
            link.sendall(frames.packed(frames.FAILED))
            return 1
    link.sendall(frames.packed(frames.LOADED))
    reader = frames.FrameReader(link)
    while True:
        frame = reader.next()
        if frame is None:
            return 0
        kind, document, body = frame
        if kind == frames.UNLOAD:
            models.unload(document["model"])
        else:
            _send(link, models.answer(document, body))


def _send(link: socket.socket, answer: ServingAnswer) -> None:
    head = {"status": answer.status, "type": answer.content_type, "headers": answer.headers}
    if answer.pieces is None:
        link.sendall(frames.packed(frames.ANSWER, head, answer.body))
        return
    link.sendall(frames.packed(frames.BEGIN, head))
    try:
        for piece in answer.pieces:
            data = piece.encode("utf-8") if isinstance(piece, str) else bytes(piece)
            if data:
                link.sendall(frames.packed(frames.PIECE, None, data))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:
        # The status has been sent. The front cuts the answer off, so that nobody takes it for complete.
        failed(error)
        link.sendall(frames.packed(frames.END, {"broken": True}))
        return
    link.sendall(frames.packed(frames.END, {}))


class _Models:
    """The models that this worker has loaded, the least recently used first. There is one called ``""``, or
    any number of a multi-model host."""

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._loaded: OrderedDict[str, Contract] = OrderedDict()

    def load(self, name: str, folder: str) -> Contract:
        found = self._loaded.get(name)
        if found is None or found.model_dir != folder:
            found = self._loaded[name] = load_contract(self._settings, folder, name)
            self._make_room()
        self._loaded.move_to_end(name)
        return found

    def unload(self, name: str) -> None:
        self._loaded.pop(name, None)

    def answer(self, document: Any, body: bytes) -> ServingAnswer:
        name, folder = document.get("model", ""), document.get("folder") or self._settings.model_dir
        try:
            model = self.load(name, folder)
        except Exception as error:
            return failed(error, "The model {} can't be loaded: ".format(name))
        return model.answer(body, document["headers"])

    def _make_room(self) -> None:
        most = self._settings.memory_bytes * MEMORY_SHARE / self._settings.workers
        while most and len(self._loaded) > 1 and _resident_bytes() > most:
            self._loaded.popitem(last=False)


def _resident_bytes() -> int:
    """What belongs to this process alone: pages shared with the nursery count once, not in each worker."""
    with open("/proc/self/statm", "rb") as file:
        _size, resident, shared = file.read().split()[:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
