"""Converts scalars from and to text: in forms, XML, headers and URIs."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

from .instants import epoch_seconds, read_instant, write_iso, write_rfc822
from .mismatch import Mismatch, not_a

if TYPE_CHECKING:
    from botocore.model import Shape

_LIMITS = {"integer": 2**31, "long": 2**63}
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def read_text(shape: Shape, text: str) -> Any:
    """Parses the text of a scalar. Raises Mismatch."""
    kind = shape.type_name
    if kind in ("string", "character"):
        return text
    if kind in _LIMITS:
        return _read_whole(kind, text)
    if kind == "boolean":
        try:
            return _BOOLEANS[text.strip().lower()]
        except KeyError:
            raise not_a(text, "a Boolean") from None
    if kind == "timestamp":
        return read_instant(text)
    if kind == "blob":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise Mismatch("a Blob has to be base64") from None
    if kind in ("float", "double"):
        try:
            return float(text)
        except ValueError:
            raise not_a(text, "a Double") from None
    raise not_a(text, spelled_kind(shape))


def write_text(shape: Shape, value: Any, *, timestamps: str, milliseconds: bool = False) -> str:
    """Writes a scalar. timestamps: the format (iso8601 or rfc822) where the shape has none."""
    kind = shape.type_name
    if kind == "string":
        return str(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        seconds = epoch_seconds(value)
        spelled = shape.serialization.get("timestampFormat", timestamps)
        if spelled == "rfc822":
            return write_rfc822(seconds)
        return f"{seconds:g}" if spelled == "unixTimestamp" else write_iso(seconds, milliseconds=milliseconds)
    if kind == "blob":
        return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")
    if kind in ("float", "double") and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value)


def spelled_kind(shape: Shape) -> str:
    """Returns the type of a shape as messages name it: "an Integer"."""
    return f"{'an' if shape.type_name == 'integer' else 'a'} {shape.type_name.capitalize()}"


def _read_whole(kind: str, text: str) -> int:
    declared = "an Integer" if kind == "integer" else "a Long"
    stripped = text.strip()
    # The length is checked before int(): a body may hold megabytes of digits.
    if len(stripped) > 20 or not stripped.isascii() or not stripped.lstrip("+-").isdigit():
        raise not_a(text, declared)
    try:
        value = int(stripped)
    except ValueError:
        raise not_a(text, declared) from None
    if not -_LIMITS[kind] <= value < _LIMITS[kind]:
        raise Mismatch(f"{value} is out of the range of {declared}")
    return value
