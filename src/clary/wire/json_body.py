"""Parses and serializes JSON bodies."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import orjson

from clary.domain.errors import SerializationError

from .instants import epoch_seconds

MAX_DEPTH = 100
"""The levels of nesting that a body may have. Python's stack ends at a few hundred."""

MAX_VALUES = 200_000
"""The limit for strings, commas and brackets together. 10,000 events of PutLogEvents have 90,000."""

# An unterminated string extends to the end of the body, so that no byte is scanned twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]|,', re.DOTALL)


def load_object(body: bytes) -> dict[str, Any]:
    """Parses the JSON object of a request; an empty body is an empty object. Raises SerializationError."""
    if not body:
        return {}
    brackets = body.count(b"{") + body.count(b"[")
    if brackets > MAX_DEPTH or brackets + body.count(b",") + body.count(b'"') > MAX_VALUES:
        _measure(body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SerializationError(f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise SerializationError("the body has to be a JSON object")
    return value


def dump(value: Any) -> bytes:
    """Serializes a JSON value; datetimes in it become epoch seconds."""
    return orjson.dumps(value, _instant, orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def _instant(value: Any) -> float:
    if isinstance(value, datetime):
        return epoch_seconds(value)
    raise TypeError


def _measure(body: bytes) -> None:
    """Raises SerializationError for a body with too many values, before any value is built."""
    depth = 0
    for count, found in enumerate(_TOKEN.finditer(body), 1):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise SerializationError(f"the body is nested more than {MAX_DEPTH} levels deep")
        elif first in b"]}":
            depth -= 1
        if count > MAX_VALUES:
            raise SerializationError(f"the body holds more than {MAX_VALUES} values")
