"""Converts documents to XML, by shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .shapes import shape_key
from .text_values import write_text
from .xml_text import element, escape

Writer = Callable[[list[str], str, Any], None]
"""Appends the element ``name`` that holds a value."""

_LOCATIONS = ("header", "headers", "statusCode")


class XmlWriters:
    """The writers of one service. milliseconds: whether timestamps always have a fraction."""

    def __init__(self, *, milliseconds: bool) -> None:
        self._milliseconds = milliseconds
        self._made: dict[Any, Writer] = {}

    def of(self, shape: Shape) -> Writer:
        key = shape_key(shape)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(shape)
        return made

    def _make(self, shape: Shape) -> Writer:
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return self._scalar(shape)

    def _scalar(self, shape: Shape) -> Writer:
        def write(out: list[str], name: str, value: Any) -> None:
            text = write_text(shape, value, timestamps="iso8601", milliseconds=self._milliseconds)
            out.append(element(name, text))

        return write

    def _structure(self, shape: StructureShape) -> Writer:
        namespace = _namespace(shape)

        @cache
        def members() -> tuple[list[tuple[str, str]], list[tuple[str, str, Writer]]]:
            # On first use, not when made: a shape may contain itself.
            attributes, elements = [], []
            for name, member in shape.members.items():
                if member.serialization.get("xmlAttribute"):
                    attributes.append((name, member.serialization["name"]))
                elif member.serialization.get("location") not in _LOCATIONS:
                    elements.append((name, element_name(member, name), self.of(member)))
            return attributes, elements

        def write(out: list[str], name: str, document: Any) -> None:
            attributes, elements = members()
            found = [
                f' {wire_name}="{escape(str(document[member]))}"'
                for member, wire_name in attributes
                if document.get(member) is not None
            ]
            out.append(f"<{name}{namespace}{''.join(found)}>")
            for member, wire_name, write_item in elements:
                item = document.get(member)
                if item is not None:
                    write_item(out, wire_name, item)
            out.append(f"</{name}>")

        return write

    def _list(self, shape: ListShape) -> Writer:
        write_item = self.of(shape.member)
        if shape.serialization.get("flattened"):

            def write_flat(out: list[str], name: str, items: Any) -> None:
                for item in items:
                    write_item(out, name, item)

            return write_flat
        item_name = shape.member.serialization.get("name", "member")

        def write(out: list[str], name: str, items: Any) -> None:
            out.append(f"<{name}>")
            for item in items:
                write_item(out, item_name, item)
            out.append(f"</{name}>")

        return write

    def _map(self, shape: MapShape) -> Writer:
        write_key, write_value = self.of(shape.key), self.of(shape.value)
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        flat = shape.serialization.get("flattened")

        def write(out: list[str], name: str, items: Any) -> None:
            entry = name if flat else "entry"
            if not flat:
                out.append(f"<{name}>")
            for key, item in items.items():
                out.append(f"<{entry}>")
                write_key(out, key_name, key)
                write_value(out, value_name, item)
                out.append(f"</{entry}>")
            if not flat:
                out.append(f"</{name}>")

        return write


@cache
def xml_writers(service: str) -> XmlWriters:
    return XmlWriters(milliseconds=service == "s3")


def element_name(member: Shape, name: str) -> str:
    """Returns the name of a member's element. A flattened list has the name of its member."""
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        held: str | None = member.member.serialization.get("name")
        if held is not None:
            return held
    wire_name: str = member.serialization.get("name", name)
    return wire_name


def _namespace(shape: StructureShape) -> str:
    """Returns the namespace declaration of a shape, such as Grantee's for ``xsi:type``."""
    declared = shape.serialization.get("xmlNamespace")
    if not isinstance(declared, dict) or not declared.get("prefix"):
        return ""
    return f' xmlns:{declared["prefix"]}="{escape(declared["uri"])}"'
