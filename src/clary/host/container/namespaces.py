"""Sockets that listen in the network of a container.

A process joins the container's namespaces, makes the sockets and hands them out. It is a child of the agent:
a process with several threads can't join another user's namespaces, as those of an engine without root are.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from ..sandbox.inner import CLONE_NEWUSER, checked, libc

if TYPE_CHECKING:
    from typing import NoReturn

CLONE_NEWNET = 0x40000000
_BACKLOG = 128


def listeners_inside(pid: int, ports: tuple[int, ...]) -> list[socket.socket]:
    """Returns sockets that listen on 127.0.0.1 in the network of a process. Raises OSError."""
    joined = [(CLONE_NEWNET, os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC))]
    user = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(user).st_ino == os.stat("/proc/self/ns/user").st_ino:
        os.close(user)
    else:
        joined.insert(0, (CLONE_NEWUSER, user))  # first: it brings the right to join the other
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        child = os.fork()
        if child == 0:
            _listen_and_send(theirs, joined, ports)
        theirs.close()
        message, descriptors, _, _ = socket.recv_fds(ours, 1024, len(ports))
        os.waitpid(child, 0)
    finally:
        ours.close()
        for _, descriptor in joined:
            os.close(descriptor)
    if len(descriptors) != len(ports):
        raise OSError(message.decode("utf-8", "replace") or "the network of the container can't be joined")
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]


def _listen_and_send(link: socket.socket, joined: list[tuple[int, int]], ports: tuple[int, ...]) -> NoReturn:
    try:
        for kind, descriptor in joined:
            checked(libc.setns(descriptor, kind), "the network of the container can't be joined")
        listeners = []
        for port in ports:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen(_BACKLOG)
            listeners.append(listener.detach())
        socket.send_fds(link, [b"listening"], listeners)
    except OSError as error:
        link.send(str(error).encode()[:1000])
    finally:
        os._exit(0)
