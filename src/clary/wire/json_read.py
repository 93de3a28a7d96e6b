"""Converts JSON values to documents, by shape.

Each shape becomes one function, which is made on first use and kept. It visits the members that a request
has, not all members of the model. Members are found by their wire name; unknown and null ones are dropped, as
by AWS. A wrong type raises Mismatch.

Of a list or map that is longer than its shape allows, one element more than allowed is read: enough for
validation to refuse it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .instants import checked, read_instant
from .mismatch import Mismatch, not_a
from .shapes import json_name, shape_key

Reader = Callable[[Any], Any]

_INT32, _INT64 = 2**31, 2**63
_FLOAT_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class JsonReaders:
    """The readers of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._made: dict[Any, Reader] = {}

    def of(self, shape: Shape) -> Reader:
        key = shape_key(shape)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(shape)
        return made

    def _make(self, shape: Shape) -> Reader:
        if isinstance(shape, StructureShape):
            return _read_anything if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _SCALARS[shape.type_name]

    def _structure(self, shape: StructureShape) -> Reader:
        table: dict[str, tuple[str, Reader]] = {}

        def fill() -> None:
            # On first use, not when made: a shape may contain itself.
            found = {
                json_name(self._service, name, member): (name, self.of(member))
                for name, member in shape.members.items()
            }
            table.update(found)

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise not_a(value, "a Structure")
            if not table:
                fill()
            document = {}
            for key, item in value.items():
                entry = table.get(key)
                if entry is not None and item is not None:
                    name, read_item = entry
                    try:
                        document[name] = read_item(item)
                    except Mismatch as mismatch:
                        raise mismatch.within(name) from None
            return document

        return read

    def _list(self, shape: ListShape) -> Reader:
        read_item = self.of(shape.member)
        greatest = shape.metadata.get("max")

        def read(value: Any) -> list[Any]:
            if type(value) is not list:
                raise not_a(value, "a List")
            items: list[Any] = []
            for item in value if greatest is None else islice(value, greatest + 1):
                try:
                    # A null element stays, so that validation can name it.
                    items.append(None if item is None else read_item(item))
                except Mismatch as mismatch:
                    raise mismatch.within("member").within(str(len(items) + 1)) from None
            return items

        return read

    def _map(self, shape: MapShape) -> Reader:
        read_item = self.of(shape.value)
        greatest = shape.metadata.get("max")

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise not_a(value, "a Map")
            items = {}
            for key, item in value.items() if greatest is None else islice(value.items(), greatest + 1):
                try:
                    items[key] = None if item is None else read_item(item)
                except Mismatch as mismatch:
                    raise mismatch.within(key) from None
            return items

        return read


@cache
def json_readers(service: str) -> JsonReaders:
    return JsonReaders(service)


def _read_anything(value: Any) -> Any:
    return value


def _read_string(value: Any) -> str:
    if type(value) is not str:
        raise not_a(value, "a String")
    return value


def _read_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise not_a(value, "a Boolean")
    return value


def _read_integer(value: Any) -> int:
    return _whole(value, "an Integer", _INT32)


def _read_long(value: Any) -> int:
    return _whole(value, "a Long", _INT64)


def _whole(value: Any, declared: str, limit: int) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise not_a(value, declared)
    if not -limit <= value < limit:
        raise Mismatch(f"{value} is out of the range of {declared}")
    return value


def _read_float(value: Any) -> float:
    # True and False are numbers to botocore and to users of log_parameter, who would get an error for them.
    if type(value) is float or type(value) is int or type(value) is bool:
        return float(value)
    if type(value) is str and value in _FLOAT_WORDS:
        return _FLOAT_WORDS[value]
    raise not_a(value, "a Double")


def _read_timestamp(value: Any) -> float:
    if type(value) is float or type(value) is int:
        return checked(value)
    if type(value) is str:
        return read_instant(value)
    raise not_a(value, "a Timestamp")


def _read_blob(value: Any) -> bytes:
    if type(value) is not str:
        raise not_a(value, "a Blob")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Mismatch("a Blob has to be base64") from None


_SCALARS: dict[str, Reader] = {
    "string": _read_string,
    "character": _read_string,
    "boolean": _read_boolean,
    "integer": _read_integer,
    "long": _read_long,
    "float": _read_float,
    "double": _read_float,
    "timestamp": _read_timestamp,
    "blob": _read_blob,
}
