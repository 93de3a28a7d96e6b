"""Requests without a signature. Some operations of AWS accept them, none that is served here does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, UnknownOperation
from clary.server.registry import find_operation
from clary.wire.http import HttpRequest
from clary.wire.protocol import QUERY, protocol_of
from clary.wire.route import unsigned_operation

if TYPE_CHECKING:
    from clary.server.incoming import Incoming

UNSIGNED_BYTES = 384 << 10
"""AssumeRoleWithSAML's assertion has 100,000 characters, each of which may be percent-encoded."""


async def refuse_unsigned(request: HttpRequest, incoming: Incoming) -> None:
    """Raises UnknownOperation for an operation that needs no signature at AWS and is not served here.

    Such a client has no keys: the message "not signed" would lead it to the wrong cause.
    """
    if "authorization" in request.headers:
        return
    try:
        body = await incoming.read(UNSIGNED_BYTES) if protocol_of("", request) == QUERY else b""
        whole = HttpRequest(request.method, request.path, request.query, request.headers, body)
        operation = unsigned_operation(whole)
    except UnknownOperation:
        raise
    except BadRequest:
        return
    if operation is not None:
        find_operation("sts", operation)
