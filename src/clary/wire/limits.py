"""How large a request may be, from the model of its operation.

Where every text and list of an input has a greatest length, the body has one too, with all of it escaped.
Elsewhere the protocol's own bound holds. S3's objects are not bodies in this sense: they go to the disk.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .models import SERVICES, find_operation_model, service_model
from .route import service_of

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from .http import HttpRequest

PRIVATE = "clary"
"""What hosts sign for; it has no model."""

_FLOOR_BYTES = 64 << 10
"""Room for white space and for members that a newer client knows."""

_PROTOCOL_BYTES = {
    # PutLogEvents: 1 MiB of text, of which a control character is six bytes.
    "json": 8 << 20,
    # A policy document of 128 KiB, percent-encoded, and some tags.
    "query": 2 << 20,
    # CompleteMultipartUpload: 10,000 parts with a checksum each. DeleteObjects: 1,000 keys of 1 KiB.
    "rest-xml": 4 << 20,
    # InvokeEndpoint: 6 MiB of payload.
    "rest-json": 8 << 20,
}
_OTHER_BYTES = 8 << 20
_ESCAPED_BYTES = 12
"""A character outside of the first plane, as JSON (two escapes of 6) or a form (4 bytes of 3) writes it."""
_SCALAR_BYTES = 40
_FRAME_BYTES = 32
"""Around a member or an element: quotes, commas, ``Tags.member.50.Key=``."""


@cache
def body_limit(operation: OperationModel) -> int:
    """The greatest number of bytes that a body of this operation may have."""
    shape, protocol = operation.input_shape, operation.service_model.protocol
    bound = 0 if shape is None else _bound(shape, frozenset())
    greatest = _PROTOCOL_BYTES.get(protocol, _OTHER_BYTES)
    return greatest if bound is None else min(max(bound, _FLOOR_BYTES), greatest)


def limit_before_routing(signing_name: str, request: HttpRequest) -> int:
    """The same, of a request whose operation may stand in the very body."""
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    service = service_of(signing_name)
    operation = find_operation_model(service, target) if target and service in SERVICES else None
    if operation is not None:
        return body_limit(operation)
    if signing_name == PRIVATE:
        return _OTHER_BYTES
    return _service_limit(service) if service in SERVICES and not target else _FLOOR_BYTES


@cache
def _service_limit(service: str) -> int:
    if service == "sagemaker":
        # Without a target it is one of the two services that are signed alike.
        return _PROTOCOL_BYTES["rest-json"]
    model = service_model(service)
    return max(body_limit(model.operation_model(name)) for name in model.operation_names)


def _bound(shape: Shape, above: frozenset[str]) -> int | None:
    """None where the model sets none: a text of any length, or a shape that contains itself."""
    if isinstance(shape, StructureShape):
        if shape.name in above or shape.is_document_type:
            return None
        return _sum(
            [_FRAME_BYTES, *map(len, shape.members)],
            [_bound(member, above | {shape.name}) for member in shape.members.values()],
        )
    greatest = shape.metadata.get("max")
    if isinstance(shape, ListShape | MapShape):
        held = [shape.member] if isinstance(shape, ListShape) else [shape.key, shape.value]
        one = _sum([], [_bound(each, above) for each in held])
        return None if greatest is None or one is None else _FRAME_BYTES + greatest * one
    if shape.type_name not in ("string", "character", "blob"):
        return _FRAME_BYTES + _SCALAR_BYTES
    enum = shape.metadata.get("enum")
    if enum:
        greatest = max(map(len, enum))
    return None if greatest is None else _FRAME_BYTES + greatest * _ESCAPED_BYTES


def _sum(sizes: list[int], bounds: list[int | None]) -> int | None:
    known = [_FRAME_BYTES + bound for bound in bounds if bound is not None]
    return sum(sizes) + sum(known) if len(known) == len(bounds) else None
