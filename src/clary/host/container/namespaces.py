"""Sockets in the network of a container.

A socket belongs to the network in which it was made, whoever uses it. A process joins the namespaces of the
container, makes sockets and hands them out. It is a child of the agent: a process with several threads can't
join another user's namespaces, as those of an engine without root are. It ends with the agent.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import TYPE_CHECKING

from ..sandbox.inner import CLONE_NEWUSER, checked, die_with_parent, libc
from .inside import JOINED, MESSAGE_BYTES, hand_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

CLONE_NEWNET = 0x40000000


class SocketsInside:
    """Makes sockets in the network of a container. To be used by any thread, until ``close``."""

    def __init__(self, link: socket.socket, end: Callable[[], object]) -> None:
        """link: to a process in the network, which is in ``hand_out``. end: ends that, after the link.

        Raises OSError when the process could not join.
        """
        self._turn = threading.Lock()
        self._link = link
        self._end = end
        said = self._link.recv(MESSAGE_BYTES)
        if said != JOINED:
            self.close()
            raise OSError(said.decode("utf-8", "replace") or "the network of the container can't be joined")

    def listener(self, port: int) -> socket.socket:
        """Returns a socket that listens on 127.0.0.1 inside. Raises OSError."""
        made = self._made()
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("127.0.0.1", port))
            made.listen()
        except BaseException:
            made.close()
            raise
        return made

    def connected(self, port: int) -> socket.socket:
        """Returns a connection to a server inside. Raises OSError."""
        made = self._made()
        try:
            made.connect(("127.0.0.1", port))
        except BaseException:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Ends the process. Its sockets go on."""
        self._link.close()
        self._end()

    def _made(self) -> socket.socket:
        with self._turn:
            self._link.send(b"make")
            _, descriptors, _, _ = socket.recv_fds(self._link, MESSAGE_BYTES, 1)
        if not descriptors:
            raise OSError("no socket came from the network of the container")
        return socket.socket(fileno=descriptors[0])


def join_network(pid: int) -> SocketsInside:
    """Starts a child that makes sockets in the network of a process. Raises OSError."""
    joined = _namespaces(pid)
    link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        child = os.fork()
        if child == 0:
            _make_sockets(theirs, joined)
    finally:
        for _, descriptor in joined:
            os.close(descriptor)
    theirs.close()
    return SocketsInside(link, lambda: os.waitpid(child, 0))


def _namespaces(pid: int) -> list[tuple[int, int]]:
    """Returns (kind, descriptor) of the namespaces to join, in their order."""
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    user = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(user).st_ino == os.stat("/proc/self/ns/user").st_ino:
        os.close(user)
        return [(CLONE_NEWNET, network)]
    return [(CLONE_NEWUSER, user), (CLONE_NEWNET, network)]


def _make_sockets(link: socket.socket, joined: list[tuple[int, int]]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        for kind, descriptor in joined:
            checked(libc.setns(descriptor, kind), "the network of the container can't be joined")
        # Above all the agent's lock, which would say that the agent lives.
        os.closerange(3, link.fileno())
        os.closerange(link.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        hand_out(link)
    except OSError as error:
        link.send(str(error).encode()[:MESSAGE_BYTES])
    finally:
        os._exit(0)
