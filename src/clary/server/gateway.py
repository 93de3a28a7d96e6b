"""Serves one request: bytes → caller → operation → document → bytes.

    read_signature ── keyring ── verify ── route ── parse ── validate ── authorize ── operation ── respond
                          └── before the body is read: everything about the signature that the head tells

A large body is parsed in a thread, and only for a caller whose policies allow the operation on something.
Nothing here knows a resource. Errors are sent in the error shape of the service.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import (
    BadRequest,
    PlatformError,
    SerializationError,
    Unauthenticated,
    UnknownOperation,
)
from clary.domain.hosts.protocol import HEADER, OTHER_HOST, OTHER_VERSION, version
from clary.domain.identity import PrincipalKind
from clary.server.browser_guard import guard, may_be_shown, refuse_code
from clary.server.exchange import Receive, Scope, Send, error_response, read_head, send_response
from clary.server.incoming import ClientGone, Incoming, Memory
from clary.server.operation import Operations
from clary.server.parsing import SMALL_BODY_BYTES, Parsers, parse_parameters
from clary.server.passing_on import ANSWERED_BY, as_sent
from clary.server.registry import OWN, find_operation, is_operation
from clary.server.request_context import facts_of
from clary.server.request_id import new_request_id
from clary.server.request_info import RequestInfo, Sender
from clary.server.runtime_gateway import RuntimeGateway, runtime_operation
from clary.server.s3_gateway import S3Gateway
from clary.server.signed_region import check_region
from clary.server.trouble import known_trouble
from clary.server.unsigned import refuse_unsigned
from clary.services.access.early import refuse_early
from clary.wire import codec, sigv4
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.json_body import load_object
from clary.wire.limits import PRIVATE, limit_before_routing
from clary.wire.models import service_model
from clary.wire.protocol import protocol_of
from clary.wire.route import SIGNING_NAMES, guess_service, not_here, route, service_of
from clary.wire.s3_address import is_form

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from clary.server.platform import Platform
    from clary.server.registry import Operation

log = logging.getLogger("clary.server")

PRIVATE_PATH = "/_clary/"


class Gateway:
    """The ASGI application that serves operations."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._memory = Memory()
        self.parsers = Parsers()
        self.operations = Operations(platform)
        self.s3 = S3Gateway(platform, self.operations, self.parsers)
        self.runtime = RuntimeGateway(platform, self.operations, self.parsers)

    def close(self) -> None:
        """Waits until no operation is running."""
        self.runtime.close()
        self.parsers.close()
        self.operations.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_head(scope)
        info = RequestInfo("", new_request_id())
        incoming = Incoming(request.headers, receive, self._memory)
        try:
            response = await self._answer(request, info, scope, incoming)
        except ClientGone:
            return
        except PlatformError as error:
            response = self._error(error, request, info)
        except Exception as error:
            trouble = known_trouble(error)
            if trouble is None:
                log.exception("%s %.200s failed (request %s)", request.method, request.path, info.request_id)
                trouble = PlatformError(f"internal failure; the server's log has it under {info.request_id}")
            else:
                log.error("%s %.200s: %s", request.method, request.path, trouble.message)
            response = self._error(trouble, request, info)
        finally:
            incoming.release()
        if may_be_shown(request):
            guard(response)
        if info.proof:
            response.headers[ANSWERED_BY] = info.proof
        await send_response(response, request.method, send, incoming)

    @staticmethod
    def _error(error: PlatformError, request: HttpRequest, info: RequestInfo) -> HttpResponse:
        # The service is not known before the signature is read.
        return error_response(info.service or guess_service(request), error, request, info.request_id)

    async def _answer(
        self, request: HttpRequest, info: RequestInfo, scope: Scope, incoming: Incoming
    ) -> HttpResponse:
        now = self._platform.now()
        source_ip = str((scope.get("client") or ("127.0.0.1",))[0])
        passed = self._platform.passing_on.read(request)
        if passed is not None:
            info.proof, source_ip, request = passed.proof, passed.source_ip, as_sent(request, passed)
        if may_be_shown(request):
            refuse_code(request)
        if is_form(request):
            return await self.s3.answer_form(request, info, source_ip, incoming)
        try:
            signature = sigv4.read_signature(request)
        except Unauthenticated:
            await refuse_unsigned(request, incoming)
            raise
        info.service = service_of(signature.service)
        if signature.service == PRIVATE and request.headers.get(HEADER) != version():
            # Before the credentials: another version may know them in another way.
            raise BadRequest(OTHER_HOST, code=OTHER_VERSION)
        secret, caller = self._platform.keyring.resolve(signature.access_key_id, signature.session_token, now)
        if signature.service not in SIGNING_NAMES and signature.service != PRIVATE:
            raise not_here(signature.service)
        check_region(self._platform, signature, request)
        sender = Sender(caller, facts_of(request, signature, source_ip, now), signature, secret)
        if signature.service == "s3":
            sigv4.verify(signature, request, secret, now=now, body_sha256=None)
            return await self.s3.answer(request, info, sender, incoming)
        sigv4.verify_head(signature, request, secret, now=now)
        if signature.service == "sagemaker" and (operation := runtime_operation(request)):
            info.operation = operation
            return await self.runtime.answer(request, info, sender, incoming)
        small = incoming.is_at_most(SMALL_BODY_BYTES)
        body = await incoming.read(
            SMALL_BODY_BYTES if small else limit_before_routing(signature.service, request)
        )
        whole = HttpRequest(request.method, request.path, request.query, request.headers, body)
        if signature.service == PRIVATE:
            return await self._answer_private(whole, info, sender)
        return await self._answer_aws(whole, info, sender)

    async def _answer_aws(self, request: HttpRequest, info: RequestInfo, sender: Sender) -> HttpResponse:
        """Serves an operation of AWS. ``verify_head`` has been called, ``verify_body`` has not."""

        def verify_and_parse() -> tuple[OperationModel, Operation, dict[str, Any]]:
            sigv4.verify_body(sender.signature, request, sender.secret)
            info.service, info.operation = route(sender.signature.service, request)
            model = service_model(info.service).operation_model(info.operation)
            function = find_operation(info.service, info.operation)
            if len(request.body) > SMALL_BODY_BYTES:
                refuse_early(sender.caller, self._platform.records, info.service, info.operation)
            return model, function, parse_parameters(model, request)

        model, function, params = await self.parsers.run(len(request.body), verify_and_parse)
        result = await self.operations.call(function, info, params, sender)
        return codec.respond(model, result, info.request_id, protocol=protocol_of(info.service, request))

    async def _answer_private(self, request: HttpRequest, info: RequestInfo, sender: Sender) -> HttpResponse:
        """Serves an operation that AWS does not have: of host agents, or of users. JSON in, JSON out."""

        def verify_and_parse() -> dict[str, Any]:
            sigv4.verify_body(sender.signature, request, sender.secret)
            return load_object(request.body)

        params = await self.parsers.run(len(request.body), verify_and_parse)
        if request.method != "POST" or not request.path.startswith(PRIVATE_PATH):
            raise UnknownOperation(
                f"{request.method} {request.path} is not an operation of the service clary"
            )
        info.operation = request.path.removeprefix(PRIVATE_PATH)
        if sender.caller.kind is not PrincipalKind.HOST and is_operation(OWN, info.operation):
            own = find_operation(OWN, info.operation)
            # It checks itself who may do it: no policy names our own operations.
            result = await self.operations.run(own, info, params, sender)
            return HttpResponse(200, {"content-type": "application/json"}, orjson.dumps(result))
        function = find_operation("clary", info.operation)
        if not isinstance(params.get("Host"), str):
            raise SerializationError('the body has to be a JSON object with a "Host"')
        result = await self.operations.call(function, info, params, sender)
        if "Body" in result:
            return HttpResponse(200, {"content-type": "application/octet-stream"}, result["Body"])
        return HttpResponse(200, {"content-type": "application/json"}, orjson.dumps(result))
