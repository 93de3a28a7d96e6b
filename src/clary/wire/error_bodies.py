"""Serializes errors in each protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2

from . import cbor_rpc
from .errors import spelling
from .http import HttpResponse
from .json_body import dump
from .models import SERVICES, service_model
from .protocol import CBOR, EC2, QUERY, REST_XML
from .xml_text import element, escape

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from clary.domain.errors import PlatformError


def respond_error(
    service_name: str,
    error: PlatformError,
    request_id: str,
    operation_model: OperationModel | None = None,
    *,
    protocol: str | None = None,
) -> HttpResponse:
    """Returns an error in the protocol that clients of a service read.

    The response to a HEAD has no body. It is left out here when the operation model says HEAD; otherwise the
    caller drops it. protocol: of the request, where its service has several, or is not served.
    """
    if protocol is None:
        protocol = service_model(service_name).protocol if service_name in SERVICES else "json"
    if protocol == REST_XML and service_name in SERVICES:
        return _s3_error(error, request_id, operation_model)
    if protocol == EC2:
        return _ec2_error(error, request_id)
    if protocol in (QUERY, REST_XML):
        return _query_error(service_name, error, request_id)
    status, headers, body = _rpc_error(service_name, error, request_id)
    if protocol == CBOR:
        return HttpResponse(status, {**headers, **cbor_rpc.HEADERS}, cbor2.dumps(body))
    return HttpResponse(status, {**headers, "content-type": "application/x-amz-json-1.1"}, dump(body))


def _rpc_error(
    service_name: str, error: PlatformError, request_id: str
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Returns status, headers and document."""
    metadata = service_model(service_name).metadata if service_name in SERVICES else {}
    headers = {"x-amzn-requestid": request_id}
    # A service that had the query protocol first sends its error codes of that time in a header.
    compatible = "awsQueryCompatible" in metadata
    code, status = spelling(error, "query" if compatible else "json", service_name)
    shape = _error_shape(service_name, code)
    kind = shape.name if compatible and shape is not None else code
    if compatible:
        headers["x-amzn-query-error"] = f"{code};{'Receiver' if status >= 500 else 'Sender'}"
    headers["x-amzn-errortype"] = kind
    message_member = "Message" if shape is not None and "Message" in shape.members else "message"
    return status, headers, {"__type": kind, message_member: error.message, **error.members}


def _query_error(service_name: str, error: PlatformError, request_id: str) -> HttpResponse:
    code, status = spelling(error, "query")
    members = "".join(element(name, _text(value)) for name, value in error.members.items())
    namespace = (
        f' xmlns="{escape(service_model(service_name).metadata["xmlNamespace"])}"'
        if service_name in SERVICES
        else ""
    )
    body = (
        f"<ErrorResponse{namespace}><Error>"
        f"{element('Type', 'Receiver' if status >= 500 else 'Sender')}{element('Code', code)}"
        f"{element('Message', error.message)}{members}</Error>"
        f"{element('RequestId', request_id)}</ErrorResponse>"
    )
    return HttpResponse(status, {"content-type": "text/xml", "x-amzn-requestid": request_id}, body.encode())


def _ec2_error(error: PlatformError, request_id: str) -> HttpResponse:
    code, status = spelling(error, "query")
    one = f"<Error>{element('Code', code)}{element('Message', error.message)}</Error>"
    body = f"<Response><Errors>{one}</Errors>{element('RequestID', request_id)}</Response>"
    return HttpResponse(status, {"content-type": "text/xml", "x-amzn-requestid": request_id}, body.encode())


def _s3_error(error: PlatformError, request_id: str, operation_model: OperationModel | None) -> HttpResponse:
    code, status = spelling(error, "s3")
    headers = {"x-amz-request-id": request_id, "x-amz-id-2": request_id, **error.headers}
    if status == 304 or (operation_model is not None and operation_model.http["method"] == "HEAD"):
        return HttpResponse(status, headers, b"")
    members = "".join(element(name, _text(value)) for name, value in error.members.items())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error>{element('Code', code)}{element('Message', error.message)}{members}"
        f"{element('RequestId', request_id)}{element('HostId', request_id)}</Error>"
    )
    return HttpResponse(status, {**headers, "content-type": "application/xml"}, body.encode())


def _error_shape(service_name: str, code: str) -> Any | None:
    """Returns the shape of an error in the model; None for codes that all services have."""
    if service_name not in SERVICES:
        return None
    # The stubs call a code a number; it is the name of a shape.
    return service_model(service_name).shape_for_error_code(code)  # type: ignore[arg-type]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
