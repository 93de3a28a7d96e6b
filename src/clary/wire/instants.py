"""Timestamps: epoch seconds in documents, three formats on the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from .mismatch import Mismatch

_EARLIEST, _LATEST = -62135596800.0, 253402300800.0  # years 1 to 9999, what a datetime can hold
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")


def epoch_seconds(value: float | datetime) -> float:
    """Converts the timestamp that an operation returned to epoch seconds. A naive datetime counts as UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).timestamp()
    return value


def checked(seconds: float) -> float:
    """Raises Mismatch for an instant outside of the years 1 to 9999."""
    if not _EARLIEST <= seconds < _LATEST:
        raise Mismatch(f"{seconds!r} is not a valid timestamp: it is outside of the years 1 to 9999")
    return float(seconds)


def read_instant(text: str) -> float:
    """Parses an ISO 8601 or RFC 822 date, or a number, to epoch seconds. Raises Mismatch."""
    text = text.strip()
    try:
        if _ISO.fullmatch(text):
            return checked(_from_iso(text))
        if re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", text):
            return checked(float(text))
        return checked(epoch_seconds(parsedate_to_datetime(text)))
    except (ValueError, TypeError, IndexError, OverflowError):
        raise Mismatch(f"{text[:64]!r} is not a valid timestamp, such as 2026-11-30T12:00:00Z") from None


def write_iso(seconds: float, *, milliseconds: bool) -> str:
    """Returns ``2026-11-30T12:00:00Z``; with milliseconds when asked for, or when they are not zero."""
    instant = datetime.fromtimestamp(round(seconds, 3), UTC)
    whole = not milliseconds and instant.microsecond == 0
    # isoformat takes a fifth of strftime's time, and pads the years before 1000.
    return instant.isoformat(timespec="seconds" if whole else "milliseconds").removesuffix("+00:00") + "Z"


def write_rfc822(seconds: float) -> str:
    """Returns ``Mon, 30 Nov 2026 12:00:00 GMT``: whole seconds, rounded down."""
    return _rfc822(int(seconds // 1))


@lru_cache(maxsize=1024)
def _rfc822(second: int) -> str:
    return formatdate(second, usegmt=True)


def _from_iso(text: str) -> float:
    # fromisoformat takes three or six digits of a fraction; clients send one to nine.
    text = re.sub(r"\.(\d+)", lambda found: "." + found[1][:6].ljust(6, "0"), text)
    return epoch_seconds(datetime.fromisoformat(text))
