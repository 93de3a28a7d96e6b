"""Serves requests to endpoints (SageMaker Runtime).

    signature ──> parameters ──> authorization ──> operation (server/inference) ──> model server

Nothing is sent to a model before the signature of the whole request is verified. So a body is in memory,
within the limit for the bodies of all requests; an answer is passed on as it comes.
"""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING, Any

from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.routes import MAX_PAYLOAD_BYTES
from clary.server.forwarding import Forwarder
from clary.server.inference.answer_body import AnswerBody
from clary.server.inference.async_queue import AsyncQueue
from clary.server.inference.async_run import AsyncRun
from clary.server.inference.capture import DataCapture
from clary.server.inference.choice import InstanceChoice
from clary.server.inference.demand import ServerlessDemand
from clary.server.inference.dispatcher import Dispatcher
from clary.server.inference.failures import EndpointAccount, unavailable
from clary.server.inference.head_parameters import parse_invocation
from clary.server.inference.invocation import BEGUN_AT
from clary.server.inference.meter import InvocationMeter
from clary.server.inference.model_servers import ModelServers, connect_to_model
from clary.server.inference.operations import Inference
from clary.server.inference.route_table import EndpointElsewhere, RouteTable
from clary.server.parsing import parse_parameters
from clary.server.registry import find_operation
from clary.wire import codec, event_stream, sigv4
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.models import service_model

if TYPE_CHECKING:
    from collections.abc import Container

    from clary.server.incoming import Incoming
    from clary.server.inference.in_flight import InFlight
    from clary.server.operation import Operations
    from clary.server.parsing import Parsers
    from clary.server.platform import Platform
    from clary.server.request_info import RequestInfo, Sender

SERVICE = "sagemaker-runtime"
"""In botocore's models. Its requests are signed for ``sagemaker``, and have no X-Amz-Target."""

_PATH = re.compile(r"/endpoints/[^/]+/(invocations|invocations-response-stream|async-invocations)")
_OPERATIONS = {
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}


def runtime_operation(request: HttpRequest) -> str:
    """Returns the operation of a request to an endpoint; empty for any other request."""
    found = _PATH.fullmatch(request.path) if request.method == "POST" else None
    return "" if found is None else _OPERATIONS[found[1]]


class RuntimeGateway:
    """The part of the gateway for SageMaker Runtime. in_flight: the requests on their way to models."""

    def __init__(self, platform: Platform, operations: Operations, parsers: Parsers) -> None:
        settings = platform.settings
        self._operations = operations
        self._parsers = parsers
        self._demand = ServerlessDemand(platform.records, platform.now)
        self._servers = ModelServers(connect_to_model)
        account = EndpointAccount(settings.account, settings.region)
        self.table = RouteTable(
            platform.records, "" if platform.homes is None else platform.state.server_name()
        )
        self._pulse = platform.pulse
        self._forwarder = Forwarder(platform.records, platform.passing_on, settings.invoke_timeout_s)
        limit = settings.invoke_mb << 20
        self._body_bytes = limit or MAX_PAYLOAD_BYTES
        choice = InstanceChoice(self.table, account, self._demand, random.random, limit)
        self.meter = InvocationMeter(platform.metrics, platform.now)
        self.capture = DataCapture(platform, random.random)
        timeout_s = settings.invoke_timeout_s
        dispatcher = Dispatcher(
            choice, self._servers, account, timeout_s, self.meter, self.capture, random.random
        )
        self.queue = AsyncQueue(platform, self.table, AsyncRun(platform, dispatcher))
        self._inference = Inference(dispatcher, self.capture, self.queue, platform.now)
        self.in_flight: InFlight = choice.in_flight

    def hosts_in_use(self, record_kind: str, name: str) -> Container[str]:
        """Returns the hosts of a record that requests are on their way to. Any thread may call."""
        return self.in_flight.hosts_in_use(name) if record_kind == KIND.record_kind else ()

    def close(self) -> None:
        """Writes what is in memory. Call it when no request is on its way any more."""
        self._demand.close()
        self.capture.write()
        self.meter.write()

    async def answer(
        self, request: HttpRequest, info: RequestInfo, sender: Sender, incoming: Incoming
    ) -> HttpResponse:
        """Serves a request whose head has been verified, and whose body has not been read."""
        info.service = SERVICE
        begun_at = asyncio.get_running_loop().time()
        model = service_model(SERVICE).operation_model(info.operation)
        body = await incoming.read(self._body_bytes)
        whole = HttpRequest(request.method, request.path, request.query, request.headers, body)

        def verify_and_parse() -> dict[str, Any]:
            sigv4.verify_body(sender.signature, whole, sender.secret)
            if info.operation == "InvokeEndpointAsync":
                return parse_parameters(model, whole)
            return parse_invocation(model, whole)

        params = await self._parsers.run(len(body), verify_and_parse)
        function = find_operation(SERVICE, info.operation)
        await self._operations.authorize(info, params, sender)
        if not self._pulse.may_act():
            raise unavailable(
                f"This server has not reached its database for {self._pulse.silent_s():.0f} s; another one "
                "may have taken its endpoints over; try again, or ask another one."
            )
        try:
            result = await function(self._inference, {**params, BEGUN_AT: begun_at})
        except EndpointElsewhere as elsewhere:
            if info.proof:
                # Once is enough: the two servers do not agree yet on where it is.
                raise
            return await self._forwarder.forward(elsewhere, whole, sender)
        response = codec.respond(model, result, info.request_id)
        if isinstance(response.body, AnswerBody):
            if model.has_event_stream_output:
                response.headers["content-type"] = event_stream.CONTENT_TYPE
            elif response.body.length is not None:
                response.headers["content-length"] = str(response.body.length)
        return response
