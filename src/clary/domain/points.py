"""Checks a metric point, whether a caller or the agent of a host has sent it."""

from __future__ import annotations

import math
from typing import Any

MAX_NAME = 255
MAX_STEP = 2**31 - 1
LATEST_S = 253402300800.0
"""The year 10000: later instants cannot be written as a date."""


_NUMBERS = (float, int)


def flaw(name: Any, at: Any, step: Any, value: Any) -> str:
    """Returns what is wrong with a point, as a sentence without a full stop; empty for a valid point.

    at: epoch seconds. The infinities and NaN are values.
    """
    if (
        type(name) is not str
        or not 0 < len(name) <= MAX_NAME
        or "\n" in name
        or not (name.isascii() or _text(name))
    ):
        return f"its name has to be 1 to {MAX_NAME} characters in one line"
    if type(at) not in _NUMBERS or not 0 <= at < LATEST_S:
        return f"its time {_shown(at)} has to be in epoch seconds, from 1970 to the year 9999"
    if step is not None and (type(step) is not int or not 0 <= step <= MAX_STEP):
        return f"its step {_shown(step)} has to be a whole number from 0 to {MAX_STEP}"
    if type(value) is not float and not _number(value):
        return f"its value {_shown(value)} has to be a number"
    return ""


def finite(value: Any) -> bool:
    return _number(value) and math.isfinite(value)


def _number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**1023)


def _text(name: str) -> bool:
    """Whether a text can be stored: half of a surrogate pair is not a character."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    return repr(value)[:40]
