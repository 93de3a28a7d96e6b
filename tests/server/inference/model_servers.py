"""Real HTTP servers in the place of containers: one that behaves, and one that sends any bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Respond = Callable[["Asked"], "Said"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came. headers: names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """A response. body: several pieces are sent as chunks, one after the other."""

    body: bytes | Iterator[bytes] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ModelServer:
    """A container that listens. connections: how many were made to it."""

    address: tuple[str, int]
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


@contextlib.contextmanager
def model_server(respond: Respond, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[ModelServer]:
    """Answers every request with what ``respond`` returns. Keeps connections."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two packets: without this the second waits for a delayed ACK.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            seen.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            seen.asked.append(asked)
            said = respond(asked)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            with contextlib.suppress(ConnectionError):
                self._send(said)

        def _send(self, said: Said) -> None:
            if isinstance(said.body, bytes):
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in said.body:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Listening(ThreadingHTTPServer):
        request_queue_size = 128
        block_on_close = False

    server = Listening(address, Handler)
    seen = ModelServer(server.server_address[:2])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="model")
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def raw_server(*scripts: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """Runs one script for each connection in turn, the last one for all others, and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def accept() -> None:
        number = 0
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            script = scripts[min(number, len(scripts) - 1)]
            number += 1
            threading.Thread(target=serve, args=(connection, script), name="raw connection").start()

    def serve(connection: socket.socket, script: Callable[[socket.socket], None]) -> None:
        with connection, contextlib.suppress(OSError):
            script(connection)

    thread = threading.Thread(target=accept, name="raw server")
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        ended.set()
        # Closing alone would leave the thread in accept.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def says(*responses: bytes) -> Callable[[socket.socket], None]:
    """A script: reads a request and sends a response, for each response."""

    def script(connection: socket.socket) -> None:
        for response in responses:
            read_request(connection)
            connection.sendall(response)

    return script


def read_request(connection: socket.socket) -> bytes:
    """Returns the body of the next request. Raises OSError at the end of the connection."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value):
                body += _more(connection)
    return bytes(body)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the other side closed the connection")
    return data
