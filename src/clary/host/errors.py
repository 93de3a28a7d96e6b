"""Errors that end the work of a host early.

HostError
├── ClientError     data, role, script or disk: the user can correct it; becomes the FailureReason
├── StopRequested   SIGTERM arrived while there was no user process to pass it on to
└── Gone            the server no longer accepts anything from this host
"""

from __future__ import annotations

import errno


class HostError(Exception):
    pass


class ClientError(HostError):
    pass


class StopRequested(HostError):
    pass


class Gone(HostError):
    pass


def out_of_space(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
