"""Operations that a page asks for by name: JSON both ways, whatever protocol their service has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import PlatformError, UnknownOperation
from clary.server.parsing import SMALL_BODY_BYTES, parse_parameters
from clary.server.registry import find_operation
from clary.server.request_id import new_request_id
from clary.server.request_info import Requester, RequestInfo
from clary.services.access.early import refuse_early
from clary.wire import codec
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.json_body import load_object
from clary.wire.limits import body_limit
from clary.wire.models import find_operation_model
from clary.wire.protocol import JSON

if TYPE_CHECKING:
    from clary.server.incoming import Incoming
    from clary.server.operation import Operations
    from clary.server.parsing import Parsers
    from clary.server.platform import Platform
    from clary.services.context import Context

SERVICES = frozenset({"sagemaker", "sagemaker-metrics", "logs", "cloudwatch", "sts", "iam", "s3"})
"""Of S3, all but what moves contents (``contents.py``): those are no JSON."""

OWN = "studio"
"""The service of what AWS has no operation for (``services/studio``)."""

OWN_BODY_BYTES = 1 << 20


class PageOperations:
    """Validates, authorizes and runs them as the gateway does with those that come signed."""

    def __init__(self, platform: Platform, operations: Operations, parsers: Parsers) -> None:
        self._platform = platform
        self._operations = operations
        self._parsers = parsers

    async def answer(
        self, service: str, operation: str, request: HttpRequest, requester: Requester, incoming: Incoming
    ) -> HttpResponse:
        """Returns the result, or the error in AWS's JSON form. Raises ClientGone."""
        info = RequestInfo(service, new_request_id(), operation)
        try:
            return await self._answer(info, request, requester, incoming)
        except PlatformError as error:
            return codec.respond_error(info.service, error, info.request_id, protocol=JSON)

    async def _answer(
        self, info: RequestInfo, request: HttpRequest, requester: Requester, incoming: Incoming
    ) -> HttpResponse:
        if info.service == OWN:
            return await self._answer_own(info, requester, incoming)
        model = find_operation_model(info.service, info.operation) if info.service in SERVICES else None
        if model is None:
            asked = f"{info.service[:64]}/{info.operation[:64]}"
            info.service = "sagemaker"
            raise UnknownOperation(f"there is no operation {asked} for a page")
        if model.has_streaming_input or model.has_streaming_output:
            raise UnknownOperation(
                f"{info.operation} moves a content: GET or PUT /studio/api/s3/<Bucket>/<Key> does that"
            )
        function = find_operation(info.service, info.operation)
        body = await incoming.read(body_limit(model))
        whole = HttpRequest(request.method, request.path, request.query, request.headers, body)

        def parse() -> dict[str, Any]:
            if len(body) > SMALL_BODY_BYTES:
                refuse_early(requester.caller, self._platform.records, info.service, info.operation)
            return parse_parameters(model, whole, JSON)

        params = await self._parsers.run(len(body), parse)
        result = await self._operations.call(function, info, params, requester)
        return codec.respond(model, result, info.request_id, protocol=JSON)

    async def _answer_own(self, info: RequestInfo, requester: Requester, incoming: Incoming) -> HttpResponse:
        try:
            function = find_operation(OWN, info.operation)
        except UnknownOperation:
            asked = info.operation[:64]
            raise UnknownOperation(f"there is no operation {OWN}/{asked} for a page") from None
        body = await incoming.read(OWN_BODY_BYTES)
        params = await self._parsers.run(len(body), lambda: load_object(body))

        def answer(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
            # In the thread of the operation: a result may be large.
            result: Any = function(ctx, request) or {}
            if isinstance(result, bytes):
                return {"content": result, "type": "application/octet-stream"}
            content = orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY)
            return {"content": content, "type": "application/json"}

        result = await self._operations.run(answer, info, params, requester)
        headers = {"content-type": result["type"], "cache-control": "no-store"}
        return HttpResponse(200, headers, result["content"])
