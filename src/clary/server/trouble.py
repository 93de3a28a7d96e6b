"""Maps exceptions that are neither our bug nor the caller's mistake to errors of the wire."""

from __future__ import annotations

import errno
import sqlite3

from clary.domain.errors import OutOfSpace, PlatformError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def known_trouble(error: BaseException | None) -> PlatformError | None:
    """Returns OutOfSpace when a full disk caused ``error``; None for an unknown cause."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if _is_full_disk(error):
            return OutOfSpace(
                "No space is left on the disk that holds the server's state; nothing was changed. "
                "Free some, and try again."
            )
        # SQLAlchemy keeps the driver's own error in ``orig``.
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return None


def _is_full_disk(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return (
        isinstance(error, sqlite3.OperationalError)
        and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    )
