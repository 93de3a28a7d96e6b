"""Reads objects, and sends parts, by URLs that the server has signed, to the S3 that holds their bytes.

Such an S3 may be reachable by the server only, and a URL ends with its time or its object. So no URL fails a
transfer: what does not go by it goes by the server.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .backoff import Backoff
from .connection import Connection, ConnectionLost, FileChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .connection import FilePart, ServerResponse

AVOIDED_S = 60.0
"""How long an S3 that can't be reached is left alone."""
TRIES = 4
SILENT_S = 30.0


class AvoidedPlaces:
    """The servers that could not be reached a short time ago. Shared by the threads of an agent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def add(self, place: str) -> None:
        self._until[place] = self._clock() + AVOIDED_S

    def __contains__(self, place: str) -> bool:
        return self._until.get(place, 0.0) > self._clock()


class UrlReader:
    """Keeps a connection for each server. For one thread at a time."""

    def __init__(self, avoided: AvoidedPlaces) -> None:
        self._avoided = avoided
        self._connections: dict[str, Connection] = {}

    def read(
        self,
        url: str,
        wanted: range,
        buffer: memoryview,
        take: Callable[[memoryview], object],
        *,
        etag: str = "",
    ) -> int:
        """Passes the bytes of a range to ``take``; returns how many came, which may be less than wanted.

        etag: of the only object whose bytes are wanted; empty when there can be no other.

        Raises what ``take`` raises, and no error of the network.
        """
        parts = urlsplit(url)
        place, target = f"{parts.scheme}://{parts.netloc}", f"{parts.path or '/'}?{parts.query}"
        done = 0
        backoff = Backoff()
        for _ in range(TRIES):
            if place in self._avoided:
                break
            rest = wanted[done:]
            headers = {"Host": parts.netloc, "Range": f"bytes={rest.start}-{rest.stop - 1}"}
            try:
                response = self._connection(place).request("GET", target, headers)
            except (ConnectionResetError, BrokenPipeError, ConnectionLost):
                time.sleep(backoff.after_loss())  # closed since its last answer
                continue
            except (OSError, ValueError):
                self._avoided.add(place)  # nobody is there, by this name or with this certificate
                break
            if response.status == 206 and begins_at(response, rest.start) and _is_of(response, etag):
                for piece in _arriving(response, buffer):
                    take(piece[: len(wanted) - done])
                    done += len(piece)
                if done >= len(wanted):
                    break
                time.sleep(backoff.after_loss())
            elif response.status in (429, 500, 503) and _dropped(response):
                time.sleep(backoff.after_throttling(response.headers.get("retry-after", "")))
            else:
                self.close()
                break
        return min(done, len(wanted))

    def send(self, url: str, part: FilePart) -> str:
        """Sends one part. Returns its ETag; empty when it has not arrived there.

        Raises FileChanged, and no error of the network.
        """
        parts = urlsplit(url)
        place, target = f"{parts.scheme}://{parts.netloc}", f"{parts.path or '/'}?{parts.query}"
        backoff = Backoff()
        for _ in range(TRIES):
            if place in self._avoided:
                break
            try:
                response = self._connection(place).request("PUT", target, {"Host": parts.netloc}, part)
            except FileChanged:
                raise
            except (ConnectionResetError, BrokenPipeError, ConnectionLost):
                time.sleep(backoff.after_loss())
                continue
            except (OSError, ValueError):
                self._avoided.add(place)
                break
            if not _dropped(response):
                continue
            if response.status == 200:
                return response.headers.get("etag", "")
            if response.status not in (429, 500, 503):
                break
            time.sleep(backoff.after_throttling(response.headers.get("retry-after", "")))
        return ""

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connection(self, place: str) -> Connection:
        """Raises ValueError for a place that is none."""
        if place not in self._connections:
            parts = urlsplit(place)
            secure = parts.scheme == "https"
            if not parts.hostname:
                raise ValueError(f"{place} names no server")
            port = parts.port or (443 if secure else 80)
            self._connections[place] = Connection(parts.hostname, port, secure=secure, timeout_s=SILENT_S)
        return self._connections[place]


def begins_at(response: ServerResponse, first: int) -> bool:
    """Returns whether a partial answer begins where it should."""
    return response.headers.get("content-range", "").startswith(f"bytes {first}-")


def _is_of(response: ServerResponse, etag: str) -> bool:
    return not etag or response.headers.get("etag", "").strip('"') == etag


def _arriving(response: ServerResponse, buffer: memoryview) -> Iterator[memoryview]:
    """Yields what comes. Ends early when the connection is lost."""
    try:
        yield from response.pieces(buffer)
    except OSError:
        return


def _dropped(response: ServerResponse) -> bool:
    """Reads an answer to its end. Returns False when the connection is lost."""
    try:
        response.read()
    except OSError:
        return False
    return True
