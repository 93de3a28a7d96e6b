"""Keeps the servers of a sandbox on the address of their host, in whatever language they are written.

The kernel stops a process that calls ``bind`` and tells this thread (``sandbox/bind_filter.py``). A ``bind``
to every address, on the port of the server, is made here on the host's own one: on a copy of the descriptor,
which is the same socket. Every other ``bind`` goes on as it was asked for. When something about it can't be
read, it goes on too: this is no border of the sandbox, only what lets hosts serve beside each other.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import select
import socket
import struct
import threading

from .injected.site.clary_bind import own_address
from .notes import note_exception

_REQUEST = struct.Struct("=QIIiIQ6Q")  # struct seccomp_notif
_ANSWER = struct.Struct("=QqiI")  # struct seccomp_notif_resp
_RECEIVE, _SEND, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
_GO_ON = 1
_SYS_PIDFD_GETFD = 438
_LONGEST_ADDRESS = 28  # struct sockaddr_in6

_libc = ctypes.CDLL(None, use_errno=True)


def binds_are_announced(release: str | None = None) -> bool:
    """Whether the kernel can do its part. release: as ``uname -r`` says it.

    Linux 5.0 announces calls, and later ones let them go on, copy descriptors and know if a call still waits.
    """
    found = re.match(r"(\d+)\.(\d+)", release or os.uname().release)
    return found is not None and (int(found[1]), int(found[2])) >= (5, 10)


class OwnBinds:
    """A thread that answers until the sandbox has ended. Start the sandbox inside the ``with``.

    theirs: the descriptor of a socket that the sandbox gets.
    """

    def __init__(self, place: tuple[str, int, int]) -> None:
        """place: the host's address, the port of its server, and the one that servers in containers know."""
        self._place = place
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @property
    def theirs(self) -> int:
        return self._theirs.fileno()

    def __enter__(self) -> OwnBinds:
        return self

    def __exit__(self, *_: object) -> None:
        # The sandbox has its end by now. If it was not started, the thread reads the end of the socket.
        self._theirs.close()
        threading.Thread(target=self._run, name="binds", daemon=True).start()

    def _run(self) -> None:
        with self._ours:
            _, descriptors, _, _ = socket.recv_fds(self._ours, 64, 1)
        for listener in descriptors:
            try:
                self._listen(listener)
            except Exception as error:
                note_exception(error)
            finally:
                # Without a listener a process that calls bind gets an error.
                os.close(listener)

    def _listen(self, listener: int) -> None:
        polling = select.poll()
        polling.register(listener, select.POLLIN)
        while True:
            [(_, events)] = polling.poll()
            if not events & select.POLLIN:
                return  # all processes have ended
            request = bytearray(_REQUEST.size)
            try:
                fcntl.ioctl(listener, _RECEIVE, request, True)
            except FileNotFoundError:
                continue  # the process was killed meanwhile
            number, pid, _, _, _, _, descriptor, pointer, length, *_ = _REQUEST.unpack(request)
            try:
                error = self._bind(
                    listener, number, pid, descriptor & 0xFFFFFFFF, pointer, length & 0xFFFFFFFF
                )
            except OSError:
                error = None
            answer = _ANSWER.pack(number, 0, -(error or 0), _GO_ON if error is None else 0)
            try:
                fcntl.ioctl(listener, _SEND, answer)
            except FileNotFoundError:
                continue

    def _bind(
        self, listener: int, number: int, pid: int, descriptor: int, pointer: int, length: int
    ) -> int | None:
        """Returns the error of a bind that was made here, 0 without one; None for one that is to go on.

        Raises OSError.
        """
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            asked = _address_of(os.pread(memory, min(length, _LONGEST_ADDRESS), pointer))
        finally:
            os.close(memory)
        _, port, usual = self._place
        if asked is None or asked[1] not in (port, usual):
            return None
        # The process still waits: what was read, and what follows, is of no other one with its number.
        fcntl.ioctl(listener, _IS_VALID, struct.pack("=Q", number))
        with _copy_of(pid, descriptor) as link:
            wanted = own_address(link, asked, *self._place)
            if wanted == asked:
                return None
            try:
                link.bind(wanted)
            except OSError as error:
                return error.errno or 0
        return 0


def _address_of(raw: bytes) -> tuple[str, int] | None:
    """The address and the port in a ``struct sockaddr``; None for one of another family."""
    if len(raw) < 8:
        return None
    family = int.from_bytes(raw[:2], "little" if struct.pack("=H", 1)[0] else "big")
    port = int.from_bytes(raw[2:4], "big")
    if family == socket.AF_INET:
        return socket.inet_ntop(family, raw[4:8]), port
    if family == socket.AF_INET6 and len(raw) >= 24:
        return socket.inet_ntop(family, raw[8:24]), port
    return None


def _copy_of(pid: int, descriptor: int) -> socket.socket:
    """A copy of a thread's socket. Raises OSError."""
    process = os.pidfd_open(_process_of(pid))
    try:
        copy = _libc.syscall(_SYS_PIDFD_GETFD, process, descriptor, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
    finally:
        os.close(process)
    return socket.socket(fileno=copy)


def _process_of(thread: int) -> int:
    """The process of a thread: the kernel names the thread that called."""
    with open(f"/proc/{thread}/status", "rb") as file:
        for line in file:
            if line.startswith(b"Tgid:"):
                return int(line.split()[1])
    raise ProcessLookupError(thread)
