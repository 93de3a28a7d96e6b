"""The health of a server: a thread sends GET /ping until the server is ready, and then from time to time.

    waiting ── answered with 200 ──> healthy ── no 200 for a while ──> ill
       └── not in time ──> late

No HTTP client is used: a ping is one line each way, and its answer comes from code of the user.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_EVERY_S, FIRST_FOR_S, EVERY_S, HEALTHY_EVERY_S = 0.02, 5.0, 0.2, 10.0
ILL_AFTER_S = 120.0
"""A server that answers one request at a time may be busy with one that takes as long as a request may."""
ANSWER_TIMEOUT_S = 2.0
_STATUS_BYTES = len(b"HTTP/1.1 200 ")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


class HealthCheck:
    """Calls one of its functions in its own thread, when the health of a server changes."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        timeout_s: float,
        on_healthy: Callable[[], None],
        on_ill: Callable[[str], None],
    ) -> None:
        """timeout_s: for the first 200. on_healthy: called once.

        on_ill: called once, last, with a sentence: the server was not ready in time, or answers no more.
        """
        self._address = address
        self._timeout_s = timeout_s
        self._on_healthy = on_healthy
        self._on_ill = on_ill
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the checks. Nothing is called after it."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        if not self._ready():
            return
        self._on_healthy()
        well_at = time.monotonic()
        while not self._closed.wait(HEALTHY_EVERY_S):
            said = ping(self._address)
            if said == 200:
                well_at = time.monotonic()
            elif time.monotonic() - well_at > ILL_AFTER_S and not self._closed.is_set():
                self._on_ill(
                    f"The server has not answered GET /ping with 200 for {ILL_AFTER_S:g} s ({_words(said)})."
                )
                return

    def _ready(self) -> bool:
        began = time.monotonic()
        while not self._closed.is_set():
            said = ping(self._address)
            if said == 200:
                return not self._closed.is_set()
            waited_s = time.monotonic() - began
            if waited_s > self._timeout_s:
                self._on_ill(
                    f"The server did not answer GET /ping with 200 within {self._timeout_s:g} s "
                    f"({_words(said)}). It has to listen on port {self._address[1]}."
                )
                return False
            self._closed.wait(FIRST_EVERY_S if waited_s < FIRST_FOR_S else EVERY_S)
        return False


def ping(address: tuple[str, int]) -> int | str:
    """Returns the status of the answer to GET /ping, or in words why there was none."""
    try:
        with socket.create_connection(address, ANSWER_TIMEOUT_S) as link:
            host = f"{address[0]}:{address[1]}"
            link.sendall(f"GET /ping HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while len(answer) < _STATUS_BYTES and (piece := link.recv(_STATUS_BYTES)):
                answer += piece
            found = _STATUS.match(answer)
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    return int(found[1]) if found else "an answer that is not HTTP"


def _words(said: int | str) -> str:
    return f"the last answer was {said}" if isinstance(said, int) else f"the last try: {said.lower()}"
