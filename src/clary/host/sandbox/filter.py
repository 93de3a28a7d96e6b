"""System calls that are answered without being made, as a seccomp program for the kernel.

Refused are those that reach what is not divided between hosts, and that no training needs: the kernel's
keys, io_uring, BPF, measurements of other processes, a new user namespace with all rights in it, sockets to
the machine's own host. ``chown`` does nothing and succeeds: a root that owns everything it sees has nothing
to give away, and tar and pip, which try it, would take a refusal for an error.
"""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass
from functools import cache

_ALLOW, _ERRNO, _NOTIFY = 0x7FFF0000, 0x00050000, 0x7FC00000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF: ld [k], jeq #k, jset #k, ret #k
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_NEW_USER_NAMESPACE = 0x10000000
_X32 = 0x40000000
"""In numbers of x86-64: the same calls in another numbering, which would go around every rule."""
_AF_VSOCK = 40


@dataclass(frozen=True, slots=True)
class _Architecture:
    """audit: AUDIT_ARCH_*. calls: system call to number."""

    audit: int
    calls: dict[str, int]


# Newer calls have the same number everywhere.
_COMMON = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "clone3": 435}
_ARCHITECTURES = {
    "x86_64": _Architecture(
        0xC000003E,
        {
            "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
            "userfaultfd": 323, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260, "clone": 56,
            "unshare": 272, "setns": 308, "socket": 41, "bind": 49, "seccomp": 317, **_COMMON,
        },
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        {
            "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
            "userfaultfd": 282, "fchown": 55, "fchownat": 54, "clone": 220, "unshare": 97, "setns": 268,
            "socket": 198, "bind": 200, "seccomp": 277, **_COMMON,
        },
    ),
}  # fmt: skip
_ANSWERS = {
    **dict.fromkeys(("add_key", "request_key", "keyctl", "bpf", "perf_event_open", "setns"), errno.EPERM),
    # As if the kernel were older: libraries know another way. The flags of clone3 can't be looked at.
    **dict.fromkeys(
        ("io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "clone3"), errno.ENOSYS
    ),
    **dict.fromkeys(("chown", "fchown", "lchown", "fchownat"), 0),
}


@cache
def filter_program(machine: str | None = None) -> bytes:
    """The program as the kernel's ``struct sock_filter[]``; empty for a processor that is not known here."""
    known = _ARCHITECTURES.get(machine or os.uname().machine)
    if known is None:
        return b""
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_EQUAL, known.audit, hit=1),
        _line(_RETURN, _ERRNO | errno.ENOSYS),  # programs for another processor, 32 bits for example
        _line(_LOAD, _NUMBER_AT),
        _line(_ANY_BIT, _X32, miss=1),
        _line(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    for name, answer in _ANSWERS.items():
        if name in known.calls:
            lines += [_line(_EQUAL, known.calls[name], miss=1), _line(_RETURN, _ERRNO | answer)]
    for name in ("clone", "unshare"):
        lines += _by_argument(known.calls[name], _ANY_BIT, _NEW_USER_NAMESPACE, errno.EPERM)
    lines += _by_argument(known.calls["socket"], _EQUAL, _AF_VSOCK, errno.EAFNOSUPPORT)
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


@dataclass(frozen=True, slots=True)
class Notifying:
    """A program that asks for ``bind``, and the number of the system call that installs it."""

    lines: bytes
    seccomp: int


@cache
def notifying_program(machine: str | None = None) -> Notifying | None:
    """Returns a further program, beside ``filter_program``; None for a processor that is not known here."""
    known = _ARCHITECTURES.get(machine or os.uname().machine)
    if known is None:
        return None
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_EQUAL, known.audit, miss=3),
        _line(_LOAD, _NUMBER_AT),
        _line(_EQUAL, known.calls["bind"], miss=1),
        _line(_RETURN, _NOTIFY),
        _line(_RETURN, _ALLOW),
    ]
    return Notifying(b"".join(lines), known.calls["seccomp"])


def _by_argument(number: int, test: int, value: int, answer: int) -> list[bytes]:
    """Refuses one call when its first argument passes the test; loads the number again after looking."""
    return [
        _line(_EQUAL, number, miss=4),
        _line(_LOAD, _FIRST_ARGUMENT_AT),
        _line(test, value, miss=1),
        _line(_RETURN, _ERRNO | answer),
        _line(_LOAD, _NUMBER_AT),
    ]


def _line(code: int, value: int, *, hit: int = 0, miss: int = 0) -> bytes:
    """hit, miss: how many lines a jump skips."""
    return struct.pack("=HBBI", code, hit, miss, value)
