"""The processes that read what trainings have saved: at most two, started when a page asks.

``clary.debugger.reading`` says what they do. One that takes too long, or that answers nonsense, is killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from clary.debugger.reading.channel import Channel, UnreadableMessage
from clary.domain.errors import BadRequest, LimitExceeded, NotFound, PlatformError

if TYPE_CHECKING:
    from clary.services.reading import SavedFolders

Document = dict[str, Any]

PROCESSES = 2
MOST_WAITING = 16
WAIT_S = 20.0
START_S = 60.0
ANSWER_S = 20.0
"""A question that has much to read is answered in parts, after 3 s. Only a file made to be slow gets here."""


class ReadingProcesses:
    """Implements Reading."""

    def __init__(self, *, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._free = threading.Condition()
        self._idle: list[_Process] = []
        self._busy = 0
        self._waiting = 0
        self._closed = False

    def ask(self, question: str, request: Document, places: SavedFolders) -> tuple[Document, bytes]:
        process = self._take(str(request.get("Key", "")))
        try:
            answer = process.ask(question, request, places, self._answer_s)
        finally:
            self._give(process)
        return answer

    def close(self) -> None:
        """Ends all processes. A question that is still being answered fails."""
        with self._free:
            self._closed = True
            idle, self._idle = self._idle, []
            self._free.notify_all()
        for process in idle:
            process.end()

    def _take(self, key: str) -> _Process:
        """A process for one question; the one that was asked about this key before, where it is idle."""
        until = time.monotonic() + WAIT_S
        with self._free:
            if self._waiting >= MOST_WAITING:
                raise _busy()
            self._waiting += 1
            try:
                while self._busy >= PROCESSES and not self._closed:
                    if not self._free.wait(until - time.monotonic()):
                        raise _busy()
            finally:
                self._waiting -= 1
            if self._closed:
                raise _busy()
            self._busy += 1
            self._idle.sort(key=lambda process: process.key == key)
            process = self._idle.pop() if self._idle else _Process()
            process.key = key
            return process

    def _give(self, process: _Process) -> None:
        with self._free:
            self._busy -= 1
            keep = process.is_alive and not self._closed
            if keep:
                self._idle.append(process)
            self._free.notify()
        if not keep:
            process.end()


class _Process:
    """One process, started with its first question. key: of the last question."""

    def __init__(self) -> None:
        self.key = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None

    @property
    def is_alive(self) -> bool:
        return self._channel is not None

    def ask(
        self, question: str, request: Document, places: SavedFolders, answer_s: float
    ) -> tuple[Document, bytes]:
        """Raises PlatformError."""
        was_alive = self.is_alive
        try:
            return self._ask(question, request, places, answer_s)
        except EOFError:
            self.end()
            if not was_alive:
                raise _too_large() from None
        # It has ended, because nobody had asked for a while.
        try:
            return self._ask(question, request, places, answer_s)
        except EOFError:
            self.end()
            raise _too_large() from None

    def end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._channel = self._process = None

    def _ask(
        self, question: str, request: Document, places: SavedFolders, answer_s: float
    ) -> tuple[Document, bytes]:
        channel = self._channel or self._start()
        try:
            channel.send({"Ask": question, "Request": request})
            return _serve(channel, places, time.monotonic() + answer_s)
        except TimeoutError:
            self.end()
            raise PlatformError(
                f"the saved files take longer than {answer_s:g} s to read; "
                "copy them with `aws s3 cp --recursive` and open them with clary.debugger.open_trial",
                code="TensorsUnreadable",
                http_status=400,
            ) from None
        except (UnreadableMessage, KeyError, TypeError, AttributeError):
            self.end()
            raise _too_large() from None
        except PlatformError as error:
            if error.code == "TensorsTooLarge":
                self.end()
            raise
        except EOFError:
            raise
        except BaseException:
            # The process waits for an object that it does not get.
            self.end()
            raise

    def _start(self) -> Channel:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "clary.debugger.reading", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        channel = Channel(ours)
        try:
            channel.receive(START_S)
        except (EOFError, TimeoutError):
            channel.close()
            raise PlatformError(
                "the process that reads saved files does not start; `clary doctor` looks for the cause",
                code="TensorsUnreadable",
                http_status=400,
            ) from None
        self._channel = channel
        return channel


def _serve(channel: Channel, places: SavedFolders, until: float) -> tuple[Document, bytes]:
    """Gives the process what it asks for, until it answers. Raises what ``places`` raises."""
    refused: PlatformError | None = None
    while True:
        document, content, fd = channel.receive(max(0.001, until - time.monotonic()))
        if fd >= 0:
            os.close(fd)
        if time.monotonic() > until:
            raise TimeoutError
        if "Answer" in document:
            return document["Answer"], content
        if "Error" in document:
            raise refused or _error(document["Error"], str(document["Message"]))
        try:
            _give_object(channel, places, document)
        except PlatformError as error:
            refused = error
            channel.send({"Refused": True})


def _give_object(channel: Channel, places: SavedFolders, document: Document) -> None:
    if "List" in document:
        found, following = places.list(str(document["List"]), str(document["Folder"]), str(document["After"]))
        channel.send({"Objects": found, "Next": following})
        return
    opened = places.open(str(document["Open"]), str(document["Path"]))
    if opened is None:
        channel.send({"Missing": True})
        return
    try:
        # A small object is in the database, a larger one in a file of its own, or fetched into one.
        channel.send({"Size": opened.object.size}, opened.content or b"", fd=opened.file())
    finally:
        opened.close()


def _error(kind: str, message: str) -> PlatformError:
    if kind == "Bad":
        return BadRequest(message)
    if kind == "Missing":
        return NotFound(message)
    if kind == "TooLarge":
        return _too_large()
    return PlatformError(
        f"the saved files can't be understood: {message}", code="TensorsUnreadable", http_status=400
    )


def _too_large() -> PlatformError:
    return PlatformError(
        "the saved files need more memory than may be spent on a page; save fewer tensors or steps "
        "(CollectionConfig), or copy them and open them with clary.debugger.open_trial",
        code="TensorsTooLarge",
        http_status=400,
    )


def _busy() -> PlatformError:
    return LimitExceeded(
        "too many pages read tensors at the moment; try again in some seconds", code="ThrottlingException"
    )
