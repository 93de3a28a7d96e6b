"""How a host's work can end early.

HostError
├── ClientError     data, role, script or disk: what the user can mend; becomes the FailureReason
├── StopRequested   a SIGTERM came while there was no user process to pass it to
└── Gone            the server says that this host is no longer wanted: nobody is left to report to
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
