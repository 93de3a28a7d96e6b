"""Converts XML to documents, by shape."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from botocore.model import ListShape, MapShape, Shape, StructureShape

from clary.domain.errors import SerializationError

from .mismatch import Mismatch, not_a
from .text_values import read_text, spelled_kind

_MAX_ELEMENTS = 100_000
"""The most elements of a body. CompleteMultipartUpload has 10,000 parts with number, ETag and checksums."""
_SLICE_CHARACTERS = 64 << 10
"""The parser holds the interpreter lock while it parses a piece."""


def load_xml(body: bytes, root_name: str) -> Element:
    """Parses the root element of a body. Raises SerializationError unless it has this name.

    A document type is refused, so no entity is expanded. Only UTF-8 is accepted: in UTF-16 the check would
    not find a document type, and a byte order mark takes precedence over the encoding that we set.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SerializationError("the XML may not hold a document type")
    if body.count(b"<") > 2 * _MAX_ELEMENTS:
        raise SerializationError(f"the XML holds more than {_MAX_ELEMENTS} elements")
    parser = XMLParser(target=TreeBuilder(), encoding="utf-8")
    try:
        text = body.decode("utf-8")
        for start in range(0, len(text), _SLICE_CHARACTERS):
            parser.feed(text[start : start + _SLICE_CHARACTERS])
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):
        raise SerializationError(
            "The XML you provided was not well-formed or did not validate against our published schema"
        ) from None
    if _local(root.tag) != root_name:
        raise SerializationError(f"the XML's root is <{_local(root.tag)[:64]}>; <{root_name}> is expected")
    return root


def read_xml(shape: Shape, node: Element) -> Any:
    """Returns the value of an element. Raises Mismatch."""
    if isinstance(shape, StructureShape):
        return _read_structure(shape, node)
    if isinstance(shape, ListShape):
        name = shape.member.serialization.get("name", "member")
        return _read_list(shape, [below for below in node if _local(below.tag) == name])
    if isinstance(shape, MapShape):
        return _read_map(shape, [below for below in node if _local(below.tag) == "entry"])
    if len(node) > 0:
        raise not_a({}, spelled_kind(shape))
    return read_text(shape, node.text or "")


def _read_structure(shape: StructureShape, node: Element) -> dict[str, Any]:
    below: dict[str, list[Element]] = {}
    for child in node:
        below.setdefault(_local(child.tag), []).append(child)
    document = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        if member.serialization.get("xmlAttribute"):
            value = _attribute(node, wire_name)
            if value is not None:
                document[name] = value
        elif wire_name in below:
            try:
                document[name] = _read_member(member, below[wire_name])
            except Mismatch as mismatch:
                raise mismatch.within(name) from None
    return document


def _read_member(shape: Shape, nodes: list[Element]) -> Any:
    if shape.serialization.get("flattened"):
        return _read_map(shape, nodes) if isinstance(shape, MapShape) else _read_list(shape, nodes)
    return read_xml(shape, nodes[0])


def _read_list(shape: Shape, nodes: list[Element]) -> list[Any]:
    assert isinstance(shape, ListShape)
    items: list[Any] = []
    for node in nodes:
        try:
            items.append(read_xml(shape.member, node))
        except Mismatch as mismatch:
            raise mismatch.within("member").within(str(len(items) + 1)) from None
    return items


def _read_map(shape: MapShape, nodes: list[Element]) -> dict[str, Any]:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    items = {}
    for node in nodes:
        parts = {_local(part.tag): part for part in node}
        if key_name not in parts or value_name not in parts:
            raise Mismatch(f"an entry of a map needs <{key_name}> and <{value_name}>")
        items[read_xml(shape.key, parts[key_name])] = read_xml(shape.value, parts[value_name])
    return items


def _attribute(node: Element, wire_name: str) -> str | None:
    """Compares ``xsi:type`` without its prefix, which the sender may choose."""
    wanted = wire_name.partition(":")[2] or wire_name
    for name, value in node.attrib.items():
        if _local(name) == wanted:
            return value
    return None


def _local(name: str) -> str:
    return name.rpartition("}")[2]
