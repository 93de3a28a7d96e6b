"""A small server that speaks TLS, for what runs on other machines."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Echo(threading.Thread):
    """A server that answers each request of one connection with the body it was sent, over TLS."""

    def __init__(self, files: tuple[Path, Path]) -> None:
        super().__init__(daemon=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.start()

    def run(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except ssl.SSLError:
                continue  # it refuses the certificate
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join()

    def _serve(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as lines:
            while lines.readline().startswith(b"POST"):
                size = 0
                while (line := lines.readline().strip()) != b"":
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.partition(b":")[2])
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                while size:
                    piece = lines.read1(min(size, 65_536))
                    link.sendall(piece)
                    size -= len(piece)


@contextmanager
def echo(files: tuple[Path, Path]) -> Iterator[str]:
    server = Echo(files)
    try:
        yield server.url
    finally:
        server.close()
