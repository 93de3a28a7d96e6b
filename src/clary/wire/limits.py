"""The size limit of a request, from the model of its operation.

Where the model limits every text and list of an input, it limits the body too, with every character escaped.
Otherwise the limit of the protocol holds. The content of S3 objects is not limited here: it goes to the disk.
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
"""The service that hosts sign for; it has no model."""

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
"""The longest spelling of a character: two escapes of 6 bytes in JSON, or 4 escapes of 3 in a form."""
_SCALAR_BYTES = 40
_FRAME_BYTES = 32
"""Around a member or an element: quotes, commas, ``Tags.member.50.Key=``."""


@cache
def body_limit(operation: OperationModel) -> int:
    """Returns the most bytes that a body of this operation may have."""
    shape, protocol = operation.input_shape, operation.service_model.protocol
    bound = 0 if shape is None else _bound(shape, frozenset())
    greatest = _PROTOCOL_BYTES.get(protocol, _OTHER_BYTES)
    return greatest if bound is None else min(max(bound, _FLOOR_BYTES), greatest)


def limit_before_routing(signing_name: str, request: HttpRequest) -> int:
    """Returns the limit for a request whose operation may be named only in its body."""
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
        # Without a target it is a request to one of the two other services that are signed as sagemaker.
        return _PROTOCOL_BYTES["rest-json"]
    model = service_model(service)
    return max(body_limit(model.operation_model(name)) for name in model.operation_names)


def _bound(shape: Shape, above: frozenset[str]) -> int | None:
    """Returns None where the model has no limit: a text of any length, or a shape that contains itself."""
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
