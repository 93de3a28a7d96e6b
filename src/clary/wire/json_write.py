"""Converts documents to JSON values, by shape.

Members that the shape does not declare are dropped, so a stored record may hold private members that no
caller sees. Members that are None are dropped too.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .shapes import json_name, shape_key

Writer = Callable[[Any], Any]


class JsonWriters:
    """The writers of one service. ``None`` means that a value is written as it is.

    Timestamps are: ``json_body.dump`` writes both epoch seconds and datetimes.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._made: dict[Any, Writer | None] = {}

    def of(self, shape: Shape) -> Writer | None:
        key = shape_key(shape)
        if key not in self._made:
            self._made[key] = self._make(shape)
        return self._made[key]

    def _make(self, shape: Shape) -> Writer | None:
        if isinstance(shape, StructureShape):
            return None if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _SCALARS.get(shape.type_name)

    def _structure(self, shape: StructureShape) -> Writer:
        table: dict[str, tuple[str, Writer | None]] = {}
        is_plain = False

        def fill() -> None:
            # On first use, not when made: a shape may contain itself.
            nonlocal is_plain
            found = {
                name: (json_name(self._service, name, member), self.of(member))
                for name, member in shape.members.items()
            }
            table.update(found)
            is_plain = all(entry == (name, None) for name, entry in found.items())

        def write(document: Any) -> dict[str, Any]:
            if not table:
                fill()
            if is_plain and document.keys() <= table.keys() and None not in document.values():
                given: dict[str, Any] = document
                return given
            value = {}
            for name, item in document.items():
                entry = table.get(name)
                if entry is not None and item is not None:
                    wire_name, write_item = entry
                    value[wire_name] = item if write_item is None else write_item(item)
            return value

        return write

    def _list(self, shape: ListShape) -> Writer:
        write_item = self.of(shape.member)
        if write_item is None:
            return list
        return lambda items: [None if item is None else write_item(item) for item in items]

    def _map(self, shape: MapShape) -> Writer:
        write_item = self.of(shape.value)
        if write_item is None:
            return lambda items: {str(key): item for key, item in items.items() if item is not None}
        return lambda items: {str(key): write_item(item) for key, item in items.items() if item is not None}


@cache
def json_writers(service: str) -> JsonWriters:
    return JsonWriters(service)


def _write_float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _write_blob(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


_SCALARS: dict[str, Writer] = {
    "float": _write_float,
    "double": _write_float,
    "blob": _write_blob,
}
