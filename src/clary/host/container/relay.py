"""Accepts connections in threads, and joins two of them."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ..notes import note_exception

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

PIECE_BYTES = 65_536
MOST_CONNECTIONS = 256
"""Of one listener at a time; further ones wait."""


class Acceptor:
    """Serves each connection of a listening socket in a thread of its own, until ``close``."""

    def __init__(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        """serve: gets a connection, which is closed afterwards. It may raise OSError: an end has gone."""
        self._listener = listener
        self._serve = serve
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        threading.Thread(target=self._run, name="acceptor", daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        while True:
            self._slots.acquire()
            try:
                link, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._one, args=(link,), name="connection", daemon=True).start()

    def _one(self, link: socket.socket) -> None:
        try:
            with link:
                self._serve(link)
        except OSError:
            pass
        except Exception as error:
            note_exception(error)
        finally:
            self._slots.release()


class End(Protocol):
    """What a relay needs of the other connection: a socket has it."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def setsockopt(self, level: int, name: int, value: int, /) -> None: ...


def relay(link: socket.socket, connect: Callable[[], End]) -> None:
    """Joins a connection with another one until both have ended.

    connect: makes the other one. When that fails, the first is reset: as if nobody had listened.
    """
    try:
        other = connect()
    except OSError:
        reset_at_close(link)
        raise
    with other:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_copy, args=(other, link), name="relay", daemon=True)
        back.start()
        _copy(link, other)
        back.join()


def reset_at_close(link: socket.socket) -> None:
    """Has the other end see a reset instead of an end, as if nobody had listened."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _copy(source: End, target: End) -> None:
    """Copies one direction of a connection until its end, and passes on that end."""
    try:
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    except OSError:
        pass
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
