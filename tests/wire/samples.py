"""Makes a value for every member of a shape, and serializes requests as a client does."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.handlers import escape_xml_payload
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.models import SERVICES, service_model

TEXT = "a <b> & \"c\" 'd' é\u4e16\r\n\t e"
KEY = "a//b/../ü %+?&=#/'\"/"
INSTANT = datetime(2026, 11, 30, 12, 34, 56, 123000, tzinfo=UTC)

EVENT_STREAMS = {
    "logs:GetLogObject",
    "logs:StartLiveTail",
    "s3:SelectObjectContent",
    "sagemaker-runtime:InvokeEndpointWithResponseStream",
}
"""Operations that answer with an event stream, which is not a document."""


REPLACED = {"GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification"}
"""Deprecated operations of S3 that look like their successors on the wire, so that nobody can reach them."""


def operations() -> list[OperationModel]:
    """Every operation of every service that a request can reach."""
    models = [service_model(name) for name in SERVICES]
    found = [model.operation_model(name) for model in models for name in model.operation_names]
    return [operation for operation in found if operation.name not in REPLACED]


def label(operation: OperationModel) -> str:
    return f"{operation.service_model.service_name}:{operation.name}"


def sample(shape: Shape | None, *, held_by: tuple[str, ...] = ()) -> Any:
    """All members, nested; a shape inside of itself is cut off. Of a union, the first member."""
    if shape is None:
        return {}
    below = (*held_by, shape.name)
    if isinstance(shape, StructureShape):
        members = {
            name: sample(member, held_by=below)
            for name, member in shape.members.items()
            if not _recurs(member, below) and not member.serialization.get("eventstream")
        }
        return dict(list(members.items())[:1]) if shape.is_tagged_union else members
    if isinstance(shape, ListShape):
        return [] if _recurs(shape.member, below) else [sample(shape.member, held_by=below)] * 2
    if isinstance(shape, MapShape):
        if shape.serialization.get("location") == "headers":
            return {"one": "plain text", "two": "more"}
        return {} if _recurs(shape.value, below) else {"one": sample(shape.value, held_by=below)}
    return _scalar(shape)


def as_parsed(shape: Shape | None, value: Any) -> Any:
    """What a value of a client is in a parsed document: instants are epoch seconds."""
    if isinstance(shape, StructureShape):
        return {name: as_parsed(shape.members[name], item) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [as_parsed(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: as_parsed(shape.value, item) for key, item in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def send(operation: OperationModel, params: dict[str, Any], protocol: str = "") -> HttpRequest:
    """The request that botocore makes of parameters. protocol: other than the one it prefers."""
    serializer = create_serializer(protocol or operation.service_model.protocol, include_validation=False)
    request_dict = serializer.serialize_to_request(params, operation)
    if operation.service_model.service_name == "s3" and request_dict["body"][:1] == b"<":
        escape_xml_payload(request_dict)  # what S3's client adds to its serializer
    prepare_request_dict(request_dict, "http://localhost:9000")
    prepared = create_request_object(request_dict).prepare()
    address = urlsplit(prepared.url)
    body = prepared.body
    if hasattr(body, "read"):
        body = body.read()
    return HttpRequest(
        method=prepared.method,
        path=address.path,
        query=address.query,
        headers={name.lower(): _decoded(value) for name, value in prepared.headers.items()},
        body=(body.encode() if isinstance(body, str) else body) or b"",
    )


def receive(operation: OperationModel, response: HttpResponse, protocol: str = "") -> dict[str, Any]:
    """What botocore reads of a response."""
    body = response.body
    if operation.has_streaming_output and response.status < 300:
        body = io.BytesIO(body)
    parsed: dict[str, Any] = create_parser(protocol or operation.service_model.protocol).parse(
        {"status_code": response.status, "headers": HeadersDict(response.headers), "body": body},
        operation.output_shape,
    )
    return parsed


def _recurs(shape: Shape, held_by: tuple[str, ...]) -> bool:
    return shape.name in held_by


def _scalar(shape: Shape) -> Any:
    location = shape.serialization.get("location")
    kind = shape.type_name
    if kind in ("string", "character"):
        if shape.metadata.get("enum"):
            return shape.metadata["enum"][0]
        if location == "uri":
            return KEY if shape.serialization.get("name") == "Key" else "name-1"
        if shape.serialization.get("hostLabel"):
            return "name-1"
        return "plain text" if location or shape.serialization.get("xmlAttribute") else TEXT
    if kind == "timestamp":
        whole = location == "header" or shape.serialization.get("timestampFormat") == "rfc822"
        return INSTANT.replace(microsecond=0) if whole else INSTANT
    if kind == "blob":
        return b"\x00\xffblob"
    return {"integer": 7, "long": 2**40, "float": 1.5, "double": -2.25e-9, "boolean": True}[kind]


def _decoded(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
