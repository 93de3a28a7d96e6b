"""One end of a relay that speaks TLS.

An OpenSSL connection may not be used by two threads at a time, and a relay has one for each direction. So TLS
is done in memory, under a lock, and each thread does its own reading and writing outside of it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ..client.connection import trusting
from .relay import PIECE_BYTES

if TYPE_CHECKING:
    import socket
    from typing import Self


class TlsEnd:
    """A connection over TLS, as a client. One thread may read while another one writes."""

    def __init__(self, link: socket.socket, name: str, certificate: str) -> None:
        """link: is closed with this, also when this raises. name: of the other end. certificate: as in
        Endpoint. Raises OSError, also where the other end has another certificate.
        """
        import ssl  # only for a remote endpoint: the import takes 5 ms

        self._ssl = ssl
        self._link = link
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trusting(certificate).wrap_bio(self._came, self._goes, server_hostname=name)
        self._turn = threading.Lock()
        """Of the TLS in memory."""
        self._sending = threading.Lock()
        """Taken before ``_turn``: what TLS has made is sent in its order."""
        try:
            self._shake_hands()
        except BaseException:
            link.close()
            raise
        link.settimeout(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def recv(self, size: int) -> bytes:
        """Returns some bytes; none at the end."""
        while True:
            with self._turn:
                waiting = self._goes.pending
                try:
                    return self._tls.read(size)
                except self._ssl.SSLWantReadError:
                    answers = self._goes.pending > waiting
                except (self._ssl.SSLZeroReturnError, self._ssl.SSLEOFError):
                    return b""
            # Not what the other thread has made and sends itself: the peer may wait for this one to read.
            if answers:
                with self._sending:
                    self._send_made()
            self._receive()

    def sendall(self, data: bytes) -> None:
        with self._sending:
            with self._turn:
                self._tls.write(data)
            self._send_made()

    def shutdown(self, how: int) -> None:
        """Says that nothing more is sent. how: SHUT_WR."""
        with self._sending:
            with self._turn, suppress(self._ssl.SSLError):
                self._tls.unwrap()
            self._send_made()

    def setsockopt(self, level: int, name: int, value: int) -> None:
        self._link.setsockopt(level, name, value)

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except self._ssl.SSLWantReadError:
                self._send_made()
                self._receive()
            else:
                self._send_made()
                return

    def _receive(self) -> None:
        data = self._link.recv(PIECE_BYTES)
        with self._turn:
            if data:
                self._came.write(data)
            else:
                self._came.write_eof()

    def _send_made(self) -> None:
        with self._turn:
            data = self._goes.read()
        if data:
            self._link.sendall(data)
