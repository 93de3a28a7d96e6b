"""What the two REST protocols share: the parts of requests and responses outside the body.

PUT /{Bucket}/{Key+}?partNumber=3      labels and query parameters
x-amz-meta-colour: blue                headers, and maps of headers with a common prefix
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .form import read_pairs, unquote_strictly
from .mismatch import Mismatch
from .text_values import read_text, write_text

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from .http import HttpRequest

ScalarReader = Callable[[str, Shape, str], Any]
"""(name of the member, shape, text) to value."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class MemberPlaces:
    """Where in a message the members of an input or output shape are."""

    uri: tuple[tuple[str, str, Shape], ...]
    query: tuple[tuple[str, str, Shape], ...]
    header: tuple[tuple[str, str, Shape], ...]
    headers: tuple[tuple[str, str, Shape], ...]
    body: tuple[tuple[str, Shape], ...]
    payload: str | None
    """The member that is the whole body, if any."""


@cache
def input_places(operation: OperationModel) -> MemberPlaces:
    return _places(operation.input_shape)


@cache
def output_places(operation: OperationModel) -> MemberPlaces:
    return _places(operation.output_shape)


def read_head(
    operation: OperationModel, request: HttpRequest, read: ScalarReader | None = None
) -> dict[str, Any]:
    """Returns the members of a request that are not in its body.

    read: parses a scalar where a service has rules of its own; None from it leaves the member out.
    """
    read = read or _read
    places = input_places(operation)
    document: dict[str, Any] = {}
    if places.uri:
        labels = _read_labels(operation, request.path)
        for name, wire_name, shape in places.uri:
            _put(document, name, shape, labels[wire_name], read)
    if places.query and request.query:
        _read_query(places, read_pairs(request.query), document, read)
    for name, wire_name, shape in places.header:
        value = request.headers.get(wire_name.lower())
        if value is not None:
            _put(document, name, shape, value, read)
    for name, prefix, _ in places.headers:
        found = {
            header[len(prefix) :]: value
            for header, value in request.headers.items()
            if header.startswith(prefix.lower()) and len(header) > len(prefix)
        }
        if found:
            document[name] = found
    return document


def write_head(operation: OperationModel, result: dict[str, Any]) -> dict[str, str]:
    """Returns the headers of a response, with names in lower case."""
    places = output_places(operation)
    headers = {}
    # Shapes of S3 have up to forty such members, a result has a few of them.
    table = _output_headers(operation)
    for name, value in result.items():
        if value is not None and name in table:
            wire_name, shape = table[name]
            headers[wire_name] = _header_text(_write_header(shape, value))
    for name, prefix, _ in places.headers:
        for key, value in (result.get(name) or {}).items():
            headers[f"{prefix}{_header_text(key)}".lower()] = _header_text(str(value))
    return headers


@cache
def _output_headers(operation: OperationModel) -> dict[str, tuple[str, Shape]]:
    return {name: (wire_name.lower(), shape) for name, wire_name, shape in output_places(operation).header}


def status_of(operation: OperationModel) -> int:
    status: int = operation.http.get("responseCode", 200)
    return status


@cache
def path_pattern(request_uri: str) -> re.Pattern[str]:
    """Returns a pattern for paths of a template such as ``/{Bucket}/{Key+}``. Its groups are the labels."""
    path = request_uri.partition("?")[0]
    pieces = re.split(r"\{(\w+\+?)\}", path)
    pattern = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pattern += re.escape(piece)
        else:
            pattern += f"(?P<{piece[:-1]}>.+)" if piece.endswith("+") else f"(?P<{piece}>[^/]+)"
    # Clients of S3 write a bucket with and without a slash at the end.
    return re.compile(pattern + "/?" if path == "/{Bucket}" else pattern, re.DOTALL)


def _places(shape: StructureShape | None) -> MemberPlaces:
    found: dict[str, list[tuple[str, str, Shape]]] = {
        "uri": [],
        "querystring": [],
        "header": [],
        "headers": [],
    }
    body: list[tuple[str, Shape]] = []
    for name, member in shape.members.items() if shape is not None else ():
        location = member.serialization.get("location")
        if location in found:
            found[location].append((name, member.serialization.get("name", name), member))
        else:
            body.append((name, member))
    return MemberPlaces(
        uri=tuple(found["uri"]),
        query=tuple(found["querystring"]),
        header=tuple(found["header"]),
        headers=tuple(found["headers"]),
        body=tuple(body),
        payload=shape.serialization.get("payload") if shape is not None else None,
    )


def _read_labels(operation: OperationModel, path: str) -> dict[str, str]:
    found = path_pattern(operation.http["requestUri"]).fullmatch(path)
    if found is None:
        raise Mismatch(f"the path {path[:64]!r} does not name what {operation.name} is about")
    return {label: unquote_strictly(text) for label, text in found.groupdict().items()}


def _read_query(
    places: MemberPlaces, pairs: list[tuple[str, str]], document: dict[str, Any], read: ScalarReader
) -> None:
    first: dict[str, str] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    for name, wire_name, shape in places.query:
        if isinstance(shape, ListShape):
            values = [read(name, shape.member, value) for key, value in pairs if key == wire_name]
            if values:
                document[name] = values
        elif isinstance(shape, MapShape):
            document[name] = first
        elif wire_name in first:
            _put(document, name, shape, first[wire_name], read)


def _put(document: dict[str, Any], name: str, shape: Shape, text: str, read: ScalarReader) -> None:
    if isinstance(shape, ListShape):
        items = [read(name, shape.member, item) for item in _split_list(text)]
        document[name] = [item for item in items if item is not None]
    elif (value := read(name, shape, text)) is not None:
        document[name] = value


def _read(name: str, shape: Shape, text: str) -> Any:
    try:
        return read_text(shape, text)
    except Mismatch as mismatch:
        raise mismatch.within(name) from None


def _split_list(text: str) -> list[str]:
    items, at = [], 0
    while at < len(text):
        found = _LIST_ITEM.match(text, at)
        if found is None or found.end() == at:
            raise Mismatch(f"{text[:64]!r} is not a list of values with commas between")
        quoted = found[1]
        items.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found[2].strip())
        at = found.end()
    return items


def _write_header(shape: Shape, value: Any) -> str:
    if isinstance(shape, ListShape):
        return ",".join(write_text(shape.member, item, timestamps="rfc822") for item in value)
    return write_text(shape, value, timestamps="rfc822")


def _header_text(text: str) -> str:
    """Returns text for a header: on one line and in Latin-1, as HTTP requires."""
    text = _CONTROL.sub(" ", text) if not text.isprintable() else text
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        # RFC 2047: as S3 encodes metadata that is not Latin-1.
        return Header(text, "utf-8", maxlinelen=10_000).encode(linesep="")
    return text
