"""What an error of a database means, whichever database it is of."""

from __future__ import annotations

import sqlite3

GONE = ("08", "57P", "53300", "25006", "55P03", "25P03", "25P04")
"""The beginnings of PostgreSQL's codes of errors after which the same request may succeed later."""

DISK_FULL, TOO_LONG = "53100", "54000"


def is_gone(error: BaseException) -> bool:
    """Whether the connection was lost, or the database takes no more of them now."""
    if error.__cause__ is not None and is_gone(error.__cause__):
        return True
    original = _original(error)
    if type(original).__module__.partition(".")[0] != "psycopg":
        return False
    code: str | None = getattr(original, "sqlstate", None)
    if code is not None:
        return code.startswith(GONE)
    # Without a code it is the driver that noticed.
    return any(each.__name__ in ("OperationalError", "InterfaceError") for each in type(original).__mro__)


def is_full(error: BaseException) -> bool:
    """Whether the disk of the database is full."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == DISK_FULL


def is_too_long(error: BaseException) -> bool:
    """Whether a text is too long for an index of PostgreSQL: about 2,700 bytes that can't be compressed."""
    return getattr(error, "sqlstate", None) == TOO_LONG


def _original(error: BaseException) -> BaseException:
    """The driver's own error, which SQLAlchemy keeps in ``orig``."""
    original = getattr(error, "orig", None)
    return original if isinstance(original, BaseException) else error
