"""Serves one request: bytes → caller → operation → document → bytes.

    read_signature ── keyring ── verify ── route ── parse ── validate ── authorize ── operation ── respond
                          └── before the body is read: everything about the signature that the head tells

A large body is parsed in a thread, and only for a caller whose policies allow the operation on something.
Nothing here knows a resource. Errors are sent in the error shape of the service.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from clary.domain.errors import (
    BadRequest,
    PlatformError,
    SerializationError,
    Unauthenticated,
    UnknownOperation,
)
from clary.domain.hosts.protocol import HEADER, OTHER_HOST, OTHER_VERSION, version
from clary.server import streams
from clary.server.exchange import Receive, Scope, Send, error_response, read_head, send_response
from clary.server.incoming import ClientGone, Incoming, Memory
from clary.server.operation import run_operation
from clary.server.registry import find_operation
from clary.server.request_context import authorize_request, context_of, facts_of
from clary.server.request_id import new_request_id
from clary.server.signed_region import check_region
from clary.server.trouble import known_trouble
from clary.server.unsigned import refuse_unsigned
from clary.services.access.early import refuse_early
from clary.wire import codec, sigv4
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.json_body import load_object
from clary.wire.limits import PRIVATE, body_limit, limit_before_routing
from clary.wire.models import service_model
from clary.wire.protocol import protocol_of
from clary.wire.route import SIGNING_NAMES, guess_service, not_here, route, service_of
from clary.wire.s3_address import in_plain_form, is_form
from clary.wire.validate import validate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from botocore.model import OperationModel

    from clary.domain.identity import Caller
    from clary.server.platform import Platform
    from clary.server.registry import Operation
    from clary.services.access.facts import RequestFacts
    from clary.services.context import Context
    from clary.store.staging import StagedBlob
    from clary.wire.sigv4 import Signature

Result = TypeVar("Result")

log = logging.getLogger("clary.server")

SMALL_BODY_BYTES = 64 << 10
"""Bodies up to this size are accepted for every operation, and parsed on the event loop: that takes less time
than a change of threads."""

OPERATION_THREADS = 40


@dataclass(slots=True)
class Asked:
    """What is known of a request so far. An error response needs it."""

    service: str
    operation: str | None = None
    request_id: str = ""


Parsed = tuple["OperationModel", "Operation", dict[str, Any]]
"""The operation's model, its function, and the parameters of the request."""


class Gateway:
    """The ASGI application that serves operations."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._memory = Memory()
        # Few, so that the event loop never waits long for the interpreter lock.
        self._parsers = ThreadPoolExecutor(2, thread_name_prefix="clary-parse")
        self._operations = ThreadPoolExecutor(OPERATION_THREADS, thread_name_prefix="clary-operation")

    def close(self) -> None:
        """Waits until no operation is running."""
        self._parsers.shutdown(cancel_futures=True)
        self._operations.shutdown(cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_head(scope)
        asked = Asked(service=guess_service(request), request_id=new_request_id())
        incoming = Incoming(request.headers, receive, self._memory)
        try:
            response = await self._answer(request, asked, scope, incoming)
        except ClientGone:
            return
        except PlatformError as error:
            response = error_response(asked.service, error, request, asked.request_id)
        except Exception as error:
            trouble = known_trouble(error)
            if trouble is None:
                log.exception("%s %.200s failed (request %s)", request.method, request.path, asked.request_id)
                trouble = PlatformError(f"internal failure; the server's log has it under {asked.request_id}")
            else:
                log.error("%s %.200s: %s", request.method, request.path, trouble.message)
            response = error_response(asked.service, trouble, request, asked.request_id)
        finally:
            incoming.release()
        await send_response(response, request.method, send, incoming)

    async def _answer(
        self, request: HttpRequest, asked: Asked, scope: Scope, incoming: Incoming
    ) -> HttpResponse:
        now = self._platform.now()
        source_ip = str((scope.get("client") or ("127.0.0.1",))[0])
        if is_form(request):
            return await self._answer_form(request, asked, source_ip, incoming)
        try:
            signature = sigv4.read_signature(request)
        except Unauthenticated:
            await refuse_unsigned(request, incoming)
            raise
        asked.service = service_of(signature.service)
        if signature.service == PRIVATE and request.headers.get(HEADER) != version():
            # Before the credentials: another version may know them in another way.
            raise BadRequest(OTHER_HOST, code=OTHER_VERSION)
        secret, caller = self._platform.keyring.resolve(signature.access_key_id, signature.session_token, now)
        if signature.service not in SIGNING_NAMES and signature.service != PRIVATE:
            raise not_here(signature.service)
        check_region(self._platform, signature, request)
        facts = facts_of(request, signature, source_ip, now)

        if signature.service == "s3":
            sigv4.verify(signature, request, secret, now=now, body_sha256=None)
            return await self._answer_s3(request, asked, signature, secret, caller, facts, incoming)

        sigv4.verify_head(signature, request, secret, now=now)
        small = incoming.is_at_most(SMALL_BODY_BYTES)
        body = await incoming.read(
            SMALL_BODY_BYTES if small else limit_before_routing(signature.service, request)
        )
        request = HttpRequest(request.method, request.path, request.query, request.headers, body)

        def verify_and_parse() -> Parsed | dict[str, Any]:
            sigv4.verify_body(signature, request, secret)
            if signature.service == PRIVATE:
                return load_object(body)
            asked.service, asked.operation = route(signature.service, request)
            model = service_model(asked.service).operation_model(asked.operation)
            function = find_operation(asked.service, asked.operation)
            if len(body) > SMALL_BODY_BYTES:
                refuse_early(caller, self._platform.records, asked.service, asked.operation)
            return self._parse(model, function, request)

        parsed = await self._off_the_loop(len(body), verify_and_parse)
        if isinstance(parsed, dict):
            return await self._answer_private(request, asked, caller, facts, parsed)
        model, function, params = parsed
        result = await self._call(function, asked, params, caller, facts)
        return codec.respond(model, result, asked.request_id, protocol=protocol_of(asked.service, request))

    async def _answer_s3(
        self,
        request: HttpRequest,
        asked: Asked,
        signature: Signature,
        secret: str,
        caller: Caller,
        facts: RequestFacts,
        incoming: Incoming,
    ) -> HttpResponse:
        request = in_plain_form(request, signature)
        asked.service, asked.operation = route("s3", request)
        model = service_model("s3").operation_model(asked.operation)
        streamed = asked.operation in ("PutObject", "UploadPart")
        function = find_operation("s3", asked.operation)
        if streamed:
            result = await self._store(request, asked, signature, secret, caller, facts, incoming.pieces())
            return codec.respond(model, result, asked.request_id)
        body = await incoming.read(body_limit(model))
        request = HttpRequest(request.method, request.path, request.query, request.headers, body)

        def check_and_parse() -> Parsed:
            streams.check_payload_hash(body, signature.payload_hash)
            return self._parse(model, function, request)

        _, _, params = await self._off_the_loop(len(body), check_and_parse)
        result = await self._call(function, asked, params, caller, facts)
        return codec.respond(model, result, asked.request_id)

    async def _answer_form(
        self, request: HttpRequest, asked: Asked, source_ip: str, incoming: Incoming
    ) -> HttpResponse:
        """Serves an upload from a browser's form. Its signature is one of the fields."""
        from clary.server.post_form import (
            read_form,
        )  # imported on first use: few servers need it, and it takes 17 ms

        asked.service, asked.operation = "s3", "PutObject"
        form = await read_form(request, incoming.pieces())
        now, signature = self._platform.now(), form.signature
        secret, caller = self._platform.keyring.resolve(signature.access_key_id, signature.session_token, now)
        check_region(self._platform, signature, request)
        form.check(secret, now)
        facts = replace(facts_of(request, signature, source_ip, now), auth_type="POST")
        result = await self._store(form.as_put(), asked, signature, secret, caller, facts, form.file())
        return form.respond(result, asked.request_id)

    async def _store(
        self,
        request: HttpRequest,
        asked: Asked,
        signature: Signature,
        secret: str,
        caller: Caller,
        facts: RequestFacts,
        pieces: AsyncIterator[bytes],
    ) -> dict[str, Any]:
        """Serves PutObject and UploadPart. The caller is authorized before the content is read."""
        model = service_model("s3").operation_model(asked.operation or "")
        function = find_operation("s3", asked.operation or "")
        _, _, params = self._parse(model, function, request)
        self._authorize(asked, params, caller, facts)
        context = context_of(self._platform, caller, facts)

        def keep(staged: StagedBlob) -> dict[str, Any]:
            params["Body"] = staged
            return function(context, params) or {}

        return await streams.receive_body(
            pieces, self._platform.blobs, request, params, signature, secret, keep
        )

    def _parse(self, model: OperationModel, function: Operation, request: HttpRequest) -> Parsed:
        params = codec.parse(model, request)
        validate(model, params)
        return model, function, params

    async def _off_the_loop(self, size_bytes: int, parse: Callable[[], Result]) -> Result:
        """Calls ``parse``: in a thread when the body is large, so that the event loop goes on."""
        if size_bytes <= SMALL_BODY_BYTES:
            return parse()
        return await asyncio.get_running_loop().run_in_executor(self._parsers, parse)

    async def _answer_private(
        self,
        request: HttpRequest,
        asked: Asked,
        caller: Caller,
        facts: RequestFacts,
        params: dict[str, Any],
    ) -> HttpResponse:
        """Serves the operations that only host agents use and AWS does not have. JSON in, JSON out."""
        prefix = "/_clary/"
        if request.method != "POST" or not request.path.startswith(prefix):
            raise UnknownOperation(
                f"{request.method} {request.path} is not an operation of the service clary"
            )
        asked.operation = request.path.removeprefix(prefix)
        function = find_operation("clary", asked.operation)
        if not isinstance(params.get("Host"), str):
            raise SerializationError('the body has to be a JSON object with a "Host"')
        result = await self._call(function, asked, params, caller, facts)
        return HttpResponse(200, {"content-type": "application/json"}, orjson.dumps(result))

    async def _call(
        self,
        function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
        asked: Asked,
        params: dict[str, Any],
        caller: Caller,
        facts: RequestFacts,
    ) -> dict[str, Any]:
        """Authorizes and runs the operation. Raises Denied and what the operation raises."""
        self._authorize(asked, params, caller, facts)
        return await self._run(function, asked, params, caller, facts)

    async def _run(
        self,
        function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
        asked: Asked,
        params: dict[str, Any],
        caller: Caller,
        facts: RequestFacts,
    ) -> dict[str, Any]:
        context = context_of(self._platform, caller, facts)
        if asked.service == "sagemaker" and (asked.operation or "").startswith("Describe"):
            # One record by its key: 0.1 ms, and a reader waits for no writer. The way through a thread
            # and back costs more than that (measured: 1,520 a second with it, 2,360 without).
            return function(context, params) or {}
        loop = asyncio.get_running_loop()
        if asked.service == "s3":
            # The content is in files, which a transaction can't undo: the store keeps both consistent itself.
            return await loop.run_in_executor(self._operations, function, context, params) or {}
        return await loop.run_in_executor(
            self._operations,
            run_operation,
            self._platform.database,
            asked.operation or "",
            function,
            context,
            params,
        )

    def _authorize(self, asked: Asked, params: dict[str, Any], caller: Caller, facts: RequestFacts) -> None:
        operation = asked.operation or ""
        authorize_request(self._platform, caller, asked.service, operation, params, facts)
