"""Sends batches to the server, several at a time, and gives their answers back in the order of the batches.

The server is code of the user: an answer is bounded, and what it says is text for the reason and the log.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..client.connection import Connection
from ..notes import note_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .records import Batch

MOST_ANSWER_BYTES = 128 << 20
MOST_SAID_CHARACTERS = 600
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0


class RequestFailed(Exception):
    """The server did not answer a request with 2xx. status: 0 where there was no answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ModelServer:
    """Where requests go: through the addresses in their order, each gets the answer of the one before.

    headers: of the first request. accept: of the last answer.
    """

    addresses: Sequence[tuple[str, int]]
    content_type: str
    accept: str
    timeout_s: float
    retries: int


class RequestChannel:
    """Connections to all containers, for one thread."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._connections = [
            Connection(host, port, timeout_s=server.timeout_s) for host, port in server.addresses
        ]

    def ask(self, body: bytes) -> bytes:
        """Returns the answer to one request, repeated as the job allows. Raises RequestFailed."""
        delay_s = FIRST_DELAY_S
        for left in range(self._server.retries, -1, -1):
            try:
                return self._ask_all(body)
            except RequestFailed as error:
                if left == 0 or 400 <= error.status < 500:
                    raise
            time.sleep(delay_s)
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)
        raise AssertionError("unreachable: the last try raises")

    def get(self, path: str) -> tuple[int, bytes]:
        """Sends one GET to the first container. Raises RequestFailed."""
        return _request(self._connections[0], "GET", path, {}, b"")[:2]

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _ask_all(self, body: bytes) -> bytes:
        content_type, last = self._server.content_type, len(self._connections) - 1
        for index, connection in enumerate(self._connections):
            headers = {"Host": "localhost"}
            if content_type:
                headers["Content-Type"] = content_type
            if self._server.accept and index == last:
                headers["Accept"] = self._server.accept
            status, body, content_type = _request(connection, "POST", "/invocations", headers, body)
            if not 200 <= status < 300:
                said = body.decode("utf-8", "replace").strip()[:MOST_SAID_CHARACTERS]
                raise RequestFailed(status, f"the model answered {status}: {said}")
        return body


def _request(
    connection: Connection, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes, str]:
    """Returns status, body and content type. Raises RequestFailed when there is no whole answer."""
    try:
        answer = connection.request(method, path, headers, body)
        pieces, size = [], 0
        for piece in answer.chunks():
            size += len(piece)
            if size > MOST_ANSWER_BYTES:
                connection.close()
                raise RequestFailed(413, f"the model's answer is larger than {MOST_ANSWER_BYTES} bytes")
            pieces.append(piece)
    except TimeoutError as error:
        raise RequestFailed(0, "the model did not answer in time") from error
    except (OSError, ValueError) as error:
        raise RequestFailed(0, f"the model gave no answer: {error}") from error
    return answer.status, b"".join(pieces), answer.headers.get("content-type", "")


class _Slot:
    """One batch on its way, and what became of it."""

    def __init__(self, batch: Batch, body: bytes) -> None:
        self.batch, self.body = batch, body
        self.done = threading.Event()
        self.answer: bytes | RequestFailed = b""


def answers(
    bodies: Iterable[tuple[Batch, bytes]], server: ModelServer, concurrency: int, stopped: Callable[[], bool]
) -> Iterator[tuple[Batch, bytes, bytes | RequestFailed]]:
    """Yields (batch, body, answer) in the order of the batches. Ends early when ``stopped``.

    At most twice as many batches as requests at a time are in memory.
    """
    work: queue.SimpleQueue[_Slot | None] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_serve, args=(work, server), name="transform", daemon=True)
        for _ in range(concurrency)
    ]
    for thread in threads:
        thread.start()
    waiting: deque[_Slot] = deque()
    try:
        for batch, body in bodies:
            slot = _Slot(batch, body)
            waiting.append(slot)
            work.put(slot)
            while waiting and (waiting[0].done.is_set() or len(waiting) >= 2 * concurrency):
                first = waiting.popleft()
                first.done.wait()
                yield first.batch, first.body, first.answer
            if stopped():
                return
        while waiting and not stopped():
            first = waiting.popleft()
            first.done.wait()
            yield first.batch, first.body, first.answer
    finally:
        for _ in threads:
            work.put(None)


def _serve(work: queue.SimpleQueue[_Slot | None], server: ModelServer) -> None:
    channel = RequestChannel(server)
    while (slot := work.get()) is not None:
        try:
            slot.answer = channel.ask(slot.body)
        except RequestFailed as error:
            slot.answer = error
        except Exception as error:  # an error of ours must not leave its batch waiting for ever
            note_exception(error)
            slot.answer = RequestFailed(0, f"the request failed: {error!r}")
        slot.done.set()
    channel.close()
