"""Flattens a document into attributes.

{"Status": {"PrimaryStatus": "Completed"}, "Channels": [{"Name": "a"}, {"Name": "b"}]}

Status.PrimaryStatus   place 0          "Completed"   leads
Channels.Name          place 0          "a"           leads
Channels.Name          place 1 << 20    "b"
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Key = tuple[str, int]
"""(path, place)"""

Value = tuple[str | None, float | None, int]
"""(string, number, 1 for the first value of its path, by which the record is sorted)"""

Flat = dict[Key, Value]

ELEMENT_BITS = 20
"""A place is the index in the outermost list, shifted by so many bits, plus the index of the value inside
that element."""

_MAPS_OF_TEXTS = ("HyperParameters.", "CustomerMetadataProperties.")

LONGEST = 1025
"""Characters kept of a string. The value of a filter has at most 1,024, so equality is not affected."""

LONGEST_BYTES = 2_000
"""Bytes kept of it. The index of a server takes about 2,700 of one row."""


def kept(text: str) -> str:
    """Returns what the index has of a string."""
    text = text[:LONGEST]
    return text if text.isascii() else text.encode()[:LONGEST_BYTES].decode(errors="ignore")


def flatten(members: Mapping[str, Any]) -> Flat:
    """Returns the attributes of top-level members. A null has none."""
    flat: Flat = {}
    for member, value in members.items():
        if isinstance(value, str) and member != "HyperParameters":
            flat[member, 0] = (kept(value), None, 1)
        else:
            _add(flat, member, value, None)
    for metric in members.get("FinalMetricDataList") or ():
        _add(flat, f"FinalMetricDataList.{metric.get('MetricName')}", metric.get("Value"), None)
    return flat


def number_of(text: str) -> float | None:
    """Parses a finite number; None when the text is not one."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _add(flat: Flat, path: str, value: Any, element: int | None) -> None:
    """Adds the attributes of a value.

    element: index in the outermost list that the value is in; None outside of lists.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            _add(flat, f"{path}.{name}", inner, element)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _add(flat, path, inner, index if element is None else element)
    else:
        string, number = _spelled(path, value)
        if string is None and number is None:
            return
        place = (element or 0) << ELEMENT_BITS
        while (path, place) in flat:
            place += 1
        flat[path, place] = (string, number, int(_leads(flat, path, element)))


def _spelled(path: str, value: Any) -> tuple[str | None, float | None]:
    if isinstance(value, str):
        # These are strings on the wire; those that are numbers are also compared as numbers.
        number = number_of(value) if path.startswith(_MAPS_OF_TEXTS) else None
        return kept(value), number
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, int | float):
        return None, _finite(value)
    return None, None


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _leads(flat: Flat, path: str, element: int | None) -> bool:
    """Whether this is the first value of the path."""
    if element is None:
        return (path, 0) not in flat
    return not any((path, before << ELEMENT_BITS) in flat for before in range(element + 1))
