"""Which protocol a request speaks: CloudWatch has three, and clients of different ages choose differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import SERVICES, service_model

if TYPE_CHECKING:
    from .http import HttpRequest

CBOR, JSON, QUERY = "smithy-rpc-v2-cbor", "json", "query"


def protocol_of(service: str, request: HttpRequest) -> str:
    """Of those that the service has; JSON for a service that is not served."""
    if service not in SERVICES:
        return JSON
    model = service_model(service)
    offered = model.metadata.get("protocols", [])
    if len(offered) < 2:
        return model.protocol
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        asked = CBOR
    else:
        asked = JSON if "x-amz-target" in request.headers else QUERY
    return asked if asked in offered else model.protocol
