"""HTTP/1.1 over one connection that is kept open: only what the agent needs.

``http.client`` imports the whole ``email`` package, which takes 12 ms.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

_Piece = TypeVar("_Piece", bytes, memoryview)

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 120.0
CHUNK_BYTES = 1 << 20
MOST_HEADERS, MOST_INTERIM = 1000, 100
"""Of one answer. A model that a transform asks is code of the user, and may go on without end."""


class ConnectionLost(OSError):
    """The connection ended before the response. The server may or may not have executed the request."""


class FileChanged(OSError):
    """The file was changed while it was sent. Sending the same bytes again can't succeed."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.ESTALE, "the file changed while it was sent", name)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of an open file, as a request body."""

    descriptor: int
    offset: int
    size_bytes: int


@dataclass(slots=True)
class ServerResponse:
    """A response. Its body can be read once, with ``read``, ``chunks`` or ``pieces``."""

    status: int
    headers: dict[str, str]
    _stream: BufferedReader
    _connection: Connection
    _has_body: bool

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Yields the body in pieces. Raises ConnectionLost when it ends early."""
        if self._has_body and not self._is_chunked and "content-length" in self.headers:
            return self._guarded(_counted(self._stream, int(self.headers["content-length"])))
        return self._guarded(self._uncounted())

    def pieces(self, buffer: memoryview) -> Iterator[memoryview]:
        """Yields the body as ``chunks`` does. A piece lies in ``buffer``, until the next one is asked for.

        New memory for each piece costs more than the copy into it.
        """
        if self._has_body and not self._is_chunked and "content-length" in self.headers:
            return self._guarded(_counted_into(self._stream, int(self.headers["content-length"]), buffer))
        return self._guarded(memoryview(piece) for piece in self._uncounted())

    @property
    def _is_chunked(self) -> bool:
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    def _uncounted(self) -> Iterator[bytes]:
        if not self._has_body:
            return
        if self._is_chunked:
            yield from _chunked(self._stream)
            return
        while piece := self._stream.read(CHUNK_BYTES):
            yield piece

    def _guarded(self, pieces: Iterator[_Piece]) -> Iterator[_Piece]:
        try:
            yield from pieces
        except BaseException:
            self._connection.close()
            raise
        if self.headers.get("connection", "").lower() == "close" or not self._delimited():
            self._connection.close()

    def _delimited(self) -> bool:
        return not self._has_body or bool({"transfer-encoding", "content-length"} & self.headers.keys())


class Connection:
    """One connection, opened when it is needed. To be used by one thread at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        secure: bool = False,
        certificate: str = "",
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """secure: over TLS. certificate: the only one that is trusted then, as PEM; empty: the machine's.

        timeout_s: how long the other end may be silent.
        """
        self._timeout_s = timeout_s
        self._certificate = certificate
        self._address = (host, port)
        self._secure = secure
        self._socket: socket.socket | None = None
        self._stream: BufferedReader | None = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | FilePart = b""
    ) -> ServerResponse:
        """Sends one request and reads the head of its response.

        target: the encoded path and query. Raises OSError, also as ConnectionLost; the caller decides whether
        to repeat the request.
        """
        size = len(body) if isinstance(body, bytes) else body.size_bytes
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if size or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {size}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        try:
            link = self._open()
            if isinstance(body, bytes):
                link.sendall(head + body)
            else:
                link.sendall(head)
                _send_file(link, body)
            return self._answer(method)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._stream = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            link = self._connect()
            link.settimeout(self._timeout_s)
            self._socket = link
            self._stream = link.makefile("rb")
        return self._socket

    def _connect(self) -> socket.socket:
        link = socket.create_connection(self._address, CONNECT_TIMEOUT_S)
        # Many small requests follow each other: without this, each waits for a delayed ACK (40 ms).
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._secure:
            return link
        try:
            return trusting(self._certificate).wrap_socket(link, server_hostname=self._address[0])
        except BaseException:
            link.close()
            raise

    def _answer(self, method: str) -> ServerResponse:
        assert self._stream is not None
        for _ in range(MOST_INTERIM):
            status, headers = _head(self._stream)
            if status >= 200:
                break
        else:
            raise ConnectionLost("the answer does not begin")
        has_body = method != "HEAD" and status not in (204, 304)
        return ServerResponse(status, headers, self._stream, self, has_body)


@cache
def trusting(certificate: str) -> ssl.SSLContext:
    """Returns the one context of a certificate, as Connection has it.

    To read those of the machine takes 10 ms and a megabyte.
    """
    import ssl  # only for a remote endpoint: the import takes 5 ms

    return ssl.create_default_context(cadata=certificate or None)


def _send_file(link: socket.socket, part: FilePart) -> None:
    import os

    sent = 0
    while sent < part.size_bytes:
        piece = os.pread(part.descriptor, min(CHUNK_BYTES, part.size_bytes - sent), part.offset + sent)
        if not piece:
            raise FileChanged(f"descriptor {part.descriptor}")
        link.sendall(piece)
        sent += len(piece)


def _head(stream: BinaryIO) -> tuple[int, dict[str, str]]:
    first = stream.readline(65_536)
    parts = first.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/"):
        raise ConnectionLost("the server closed the connection" if not first else f"not HTTP: {first[:60]!r}")
    headers: dict[str, str] = {}
    while (line := stream.readline(65_536)) not in (b"\r\n", b"\n"):
        if not line:
            raise ConnectionLost("the answer ended in its headers")
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
        if len(headers) > MOST_HEADERS:
            raise ConnectionLost(f"the answer has more than {MOST_HEADERS} headers")
    return int(parts[1]), headers


def _counted(stream: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    left = _checked_size(size_bytes)
    while left:
        piece = stream.read(min(CHUNK_BYTES, left))
        if not piece:
            raise ConnectionLost(f"the answer ended {left} bytes early")
        left -= len(piece)
        yield piece


def _counted_into(stream: BufferedReader, size_bytes: int, buffer: memoryview) -> Iterator[memoryview]:
    left = _checked_size(size_bytes)
    while left:
        count = stream.readinto(buffer[:left])
        if not count:
            raise ConnectionLost(f"the answer ended {left} bytes early")
        left -= count
        yield buffer[:count]


def _checked_size(size_bytes: int) -> int:
    if size_bytes < 0:
        raise ConnectionLost(f"the answer has a size of {size_bytes} bytes")
    return size_bytes


def _chunked(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        line = stream.readline(1024)
        if not line:
            raise ConnectionLost("the answer ended between chunks")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while stream.readline(65_536) not in (b"\r\n", b"\n", b""):
                pass
            return
        yield from _counted(stream, size)
        stream.readline(8)
