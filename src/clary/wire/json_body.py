"""The bytes of a JSON body."""

from __future__ import annotations

import re
from typing import Any

import orjson

from clary.domain.errors import SerializationError

MAX_DEPTH = 100
"""Levels of nesting that a body may have. Python's own stack would end at a few hundred."""

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def load_object(body: bytes) -> dict[str, Any]:
    """The JSON object a request carries; an empty body is an empty one. Raises SerializationError."""
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SerializationError(f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise SerializationError("the body has to be a JSON object")
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise SerializationError(f"the body is nested more than {MAX_DEPTH} levels deep")
    return value


def dump(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def _depth(body: bytes) -> int:
    """Of a body that is known to be valid JSON."""
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest
