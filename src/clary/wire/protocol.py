"""The protocol of a request. CloudWatch has three, and clients of different age use different ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import SERVICES, service_model

if TYPE_CHECKING:
    from .http import HttpRequest

CBOR, JSON, QUERY = "smithy-rpc-v2-cbor", "json", "query"
EC2, REST_XML = "ec2", "rest-xml"

_REST_XML_NAMES = frozenset({"cloudfront", "route53", "s3express", "s3-object-lambda", "s3-outposts"})
"""Services with the REST-XML protocol, by the names they are signed for."""


def protocol_of(service: str, request: HttpRequest) -> str:
    """Returns the protocol of a request; guesses it for a service that is not served."""
    if service not in SERVICES:
        return _of_stranger(service, request)
    model = service_model(service)
    offered = model.metadata.get("protocols", [])
    if len(offered) < 2:
        return model.protocol
    asked = _rpc_kind(request) or QUERY
    return asked if asked in offered else model.protocol


def _of_stranger(signing_name: str, request: HttpRequest) -> str:
    """Guesses the protocol of another service. REST-JSON counts as JSON: their errors are alike."""
    if signing_name == EC2:
        return EC2
    rpc = _rpc_kind(request)
    if rpc is not None:
        return rpc
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if form or "Action=" in request.query:
        return QUERY
    return REST_XML if signing_name in _REST_XML_NAMES else JSON


def _rpc_kind(request: HttpRequest) -> str | None:
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return CBOR
    return JSON if "x-amz-target" in request.headers else None
