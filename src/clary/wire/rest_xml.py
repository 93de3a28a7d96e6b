"""The REST-XML protocol of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from .http import HttpRequest, HttpResponse
from .rest import input_places, output_places, read_head, status_of, write_head
from .s3_head import read_s3_text
from .xml_read import load_xml, read_xml
from .xml_text import element, escape
from .xml_write import xml_writers

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
"""The root elements of S3's responses. They are not in the model, because botocore's parser ignores them;
other clients check them."""

_STATUSES = {"PutBucketTagging": 204}
"""Statuses of S3 that differ from the model."""


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    document = read_head(operation, request, read_s3_text)
    places = input_places(operation)
    if places.payload is not None:
        payload = shape.members[places.payload]
        if payload.serialization.get("streaming"):
            return document
        value = _read_payload(payload, request.body)
        if value is not None:
            document[places.payload] = value
    elif places.body and request.body:
        root = load_xml(request.body, shape.serialization.get("name", shape.name))
        in_body = {name for name, _ in places.body}
        document.update((name, value) for name, value in read_xml(shape, root).items() if name in in_body)
    return document


def respond(operation: OperationModel, result: dict[str, Any], request_id: str) -> HttpResponse:
    headers = {"x-amz-request-id": request_id, "x-amz-id-2": request_id, **write_head(operation, result)}
    # A response with a ContentRange is a part of the object.
    status = (
        206
        if "ContentRange" in result and operation.name in ("GetObject", "HeadObject")
        else _STATUSES.get(operation.name) or status_of(operation)
    )
    places, shape = output_places(operation), operation.output_shape
    if operation.name == "HeadBucket":
        headers.setdefault("content-type", "application/xml")
    if shape is None or operation.http["method"] == "HEAD":
        return HttpResponse(status, headers, b"")
    if operation.name == "GetBucketLocation":
        return _xml(status, headers, _location(result))
    if places.payload is not None:
        return _payload(status, headers, places.payload, shape.members[places.payload], result)
    if not places.body:
        return HttpResponse(status, headers, b"")
    body = {name: result[name] for name, _ in places.body if name in result}
    root = _ROOTS.get(operation.name, f"{operation.name}Result")
    return _xml(status, headers, _document(shape, root, body))


def _read_payload(shape: Shape, body: bytes) -> Any:
    """Returns None for an empty body in place of a structure."""
    if isinstance(shape, StructureShape | ListShape | MapShape):
        return read_xml(shape, load_xml(body, shape.serialization.get("name", shape.name))) if body else None
    return body if shape.type_name == "blob" else body.decode("utf-8", errors="replace")


def _payload(
    status: int, headers: dict[str, str], name: str, shape: Shape, result: dict[str, Any]
) -> HttpResponse:
    value = result.get(name)
    if value is None:
        return HttpResponse(status, headers, b"")
    if shape.serialization.get("streaming") or shape.serialization.get("eventstream"):
        return HttpResponse(status, headers, value)
    if not isinstance(shape, StructureShape):
        return HttpResponse(status, headers, value.encode() if isinstance(value, str) else value)
    return _xml(status, headers, _document(shape, shape.serialization.get("name", shape.name), value))


def _document(shape: Shape, root: str, value: dict[str, Any]) -> str:
    out: list[str] = []
    xml_writers("s3").of(shape)(out, root, value)
    # The writer's root element has no namespace; S3's has one.
    out[0] = f'{out[0][: len(root) + 1]} xmlns="{_NAMESPACE}"{out[0][len(root) + 1 :]}'
    return "".join(out)


def _location(result: dict[str, Any]) -> str:
    """Returns the only response whose root element is a text. us-east-1 is written as an empty text."""
    region = result.get("LocationConstraint") or ""
    return element("LocationConstraint", region).replace(
        "<LocationConstraint>", f'<LocationConstraint xmlns="{escape(_NAMESPACE)}">', 1
    )


def _xml(status: int, headers: dict[str, str], document: str) -> HttpResponse:
    headers.setdefault("content-type", "application/xml")
    return HttpResponse(status, headers, (_PROLOGUE + document).encode())
