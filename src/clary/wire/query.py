"""The query protocol of STS and IAM: a form in, XML out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from clary.domain.errors import SerializationError

from .form import read_pairs
from .http import HttpRequest, HttpResponse
from .mismatch import Mismatch, not_a
from .text_values import read_text, spelled_kind
from .xml_text import element, escape
from .xml_write import xml_writers

if TYPE_CHECKING:
    from botocore.model import OperationModel

Tree = dict[str, Any]
"""``Tags.member.1.Key=x`` as nested dicts. The text of a node has the empty name."""

_MAX_DEPTH = 16
_MAX_PARAMETERS = 5_000
"""The most parameters of a request. The lists of SimulatePrincipalPolicy are the longest."""


def read_form(request: HttpRequest) -> list[tuple[str, str]]:
    """Returns the parameters of a request: of its form body and of its query string.

    Raises SerializationError.
    """
    try:
        body = request.body.decode("ascii")
    except UnicodeDecodeError:
        raise SerializationError("a form body has to be percent-encoded ASCII") from None
    # They are counted before they are decoded.
    if request.query.count("&") + body.count("&") >= _MAX_PARAMETERS:
        raise SerializationError(f"the form has more than {_MAX_PARAMETERS} parameters")
    return read_pairs(request.query) + read_pairs(body)


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    document: dict[str, Any] = _read(shape, _grow(read_form(request)))
    return document


def respond(operation: OperationModel, result: dict[str, Any], request_id: str) -> HttpResponse:
    name, shape = operation.name, operation.output_shape
    out = [f'<{name}Response xmlns="{escape(operation.metadata["xmlNamespace"])}">']
    if shape is not None:
        wrapper = shape.serialization["resultWrapper"]
        xml_writers(operation.service_model.service_name).of(shape)(out, wrapper, result)
    out.append(f"<ResponseMetadata>{element('RequestId', request_id)}</ResponseMetadata></{name}Response>")
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return HttpResponse(200, headers, "".join(out).encode())


def _grow(pairs: list[tuple[str, str]]) -> Tree:
    tree: Tree = {}
    for key, value in pairs:
        steps = key.split(".")
        if len(steps) > _MAX_DEPTH:
            raise SerializationError(
                f"the parameter {key[:64]!r} is nested more than {_MAX_DEPTH} levels deep"
            )
        # An empty step would be the text of the node above. No member has an empty name.
        if "" in steps:
            raise SerializationError(f"the parameter {key[:64]!r} has an empty step between its dots")
        node = tree
        for step in steps:
            node = node.setdefault(step, {})
        node[""] = value
    return tree


def _read(shape: Shape, node: Tree) -> Any:
    if isinstance(shape, StructureShape):
        return _read_structure(shape, node)
    if isinstance(shape, ListShape):
        return _read_list(shape, node)
    if isinstance(shape, MapShape):
        return _read_map(shape, node)
    if "" not in node:
        raise not_a(node, spelled_kind(shape))
    return read_text(shape, node[""])


def _read_structure(shape: StructureShape, node: Tree) -> dict[str, Any]:
    document = {}
    for name, member in shape.members.items():
        below = node.get(member.serialization.get("name", name))
        if below is not None:
            try:
                document[name] = _read(member, below)
            except Mismatch as mismatch:
                raise mismatch.within(name) from None
    return document


def _read_list(shape: ListShape, node: Tree) -> list[Any]:
    if not shape.serialization.get("flattened"):
        node = node.get(shape.member.serialization.get("name", "member"), {"": node.get("", "")})
    return [_read_step(shape.member, below, index) for index, below in _numbered(node)]


def _read_map(shape: MapShape, node: Tree) -> dict[str, Any]:
    if not shape.serialization.get("flattened"):
        node = node.get("entry", {"": node.get("", "")})
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    items = {}
    for index, entry in _numbered(node):
        key = _read_step(shape.key, entry.get(key_name, {"": ""}), index)
        items[key] = _read_step(shape.value, entry.get(value_name, {"": ""}), index)
    return items


def _read_step(shape: Shape, node: Tree, index: int) -> Any:
    try:
        return _read(shape, node)
    except Mismatch as mismatch:
        raise mismatch.within("member").within(str(index)) from None


def _numbered(node: Tree) -> list[tuple[int, Tree]]:
    """Returns the numbered nodes in order. Clients write an empty list as an empty text."""
    found = []
    for step, below in node.items():
        if step == "":
            if below != "":
                raise not_a(below, "a List")
        elif step.isascii() and step.isdigit() and len(step) <= 9:
            found.append((int(step), below))
        else:
            raise Mismatch(f"{step[:64]!r} is not the number of a list's element")
    return sorted(found, key=lambda pair: pair[0])
