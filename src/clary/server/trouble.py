"""Maps exceptions that are neither our bug nor the caller's mistake to errors of the wire."""

from __future__ import annotations

import errno
import logging

from clary.domain.errors import OutOfSpace, PlatformError, ServiceUnavailable, ValidationError
from clary.store.backing.failures import BackingError, ContentLost
from clary.store.direct.refusals import DirectRefused, DirectUnavailable
from clary.store.drivers import DatabaseUnavailable
from clary.store.drivers.failures import is_full, is_gone, is_too_long

log = logging.getLogger("clary.server")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def known_trouble(error: BaseException | None) -> PlatformError | None:
    """Returns the error for a full disk, or a database or an S3 that is gone; None for an unknown cause."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if (isinstance(error, OSError) and error.errno in _FULL) or is_full(error):
            return OutOfSpace(
                "No space is left on the disk that holds the server's state; nothing was changed. "
                "Free some, and try again."
            )
        if isinstance(error, DatabaseUnavailable) or is_gone(error):
            # Where the database is, callers need not know; the server's log has it.
            return ServiceUnavailable("The server's database can't be reached at the moment. Try again.")
        if isinstance(error, ContentLost):
            return PlatformError(
                "The content of this object is gone: somebody else has removed it from the S3 that the "
                "server keeps content in. Upload it again.",
                code="ContentLost",
                http_status=410,
            )
        if isinstance(error, DirectRefused):
            return PlatformError(str(error), code=error.code, http_status=error.http_status)
        if isinstance(error, DirectUnavailable):
            # Hosts wait for a server without its database for good, and for this only a while.
            return ServiceUnavailable(f"{error}. Try again.", code="SlowDown")
        if isinstance(error, BackingError):
            # Where the S3 is, and what it said, callers need not know; the server's log has it.
            log.error("%s", error)
            return ServiceUnavailable(
                "The S3 with the content of this server's objects can't be used at the moment. Try again."
            )
        if is_too_long(error):
            return ValidationError(
                "A value is too long for the database of this server: PostgreSQL finds a text of at most "
                "about 2,700 bytes. Shorten it."
            )
        # SQLAlchemy keeps the driver's own error in ``orig``.
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return None
