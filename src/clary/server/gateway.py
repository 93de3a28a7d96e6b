"""One request, there and back: bytes → caller → operation → document → bytes.

    read_signature ── keyring ── verify ── route ── parse ── validate ── authorize ── operation ── respond

Nothing here knows a resource. What goes wrong becomes the error shape of the service that was asked.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import orjson

from clary.domain.errors import BadRequest, PlatformError, SerializationError, UnknownOperation
from clary.server import streams
from clary.server.operation import run_operation
from clary.server.registry import find_operation
from clary.services.access.authorize import authorize, may
from clary.services.context import Context
from clary.wire import codec, sigv4
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.models import service_model
from clary.wire.route import guess_service, route
from clary.wire.validate import validate

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.server.platform import Platform
    from clary.wire.sigv4 import Signature

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger("clary.server")

BODY_LIMIT_BYTES = 32 * 1024 * 1024
"""The largest body of a request that is not an S3 object."""

GLOBAL_SERVICES = frozenset({"iam", "sts"})
"""Signed for us-east-1 by clients everywhere."""


@dataclass(slots=True)
class Asked:
    """What is known so far of a request, for the error shape when the next step fails."""

    service: str
    operation: str | None = None
    request_id: str = ""


class Gateway:
    """The ASGI application of the wire."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _read_head(scope)
        asked = Asked(service=guess_service(request), request_id=_request_id())
        try:
            response = await self._answer(request, asked, scope, receive)
        except streams.ClientGone:
            return
        except PlatformError as error:
            response = _error_response(asked, error, request)
        except Exception:
            log.exception("%s %s failed (request %s)", request.method, request.path, asked.request_id)
            bug = PlatformError(f"internal failure; the server's log has it under {asked.request_id}")
            response = _error_response(asked, bug, request)
        await _send(response, request.method, send)

    async def _answer(
        self, request: HttpRequest, asked: Asked, scope: Scope, receive: Receive
    ) -> HttpResponse:
        now = self._platform.now()
        signature = sigv4.read_signature(request)
        asked.service = signature.service
        secret, caller = self._platform.keyring.resolve(signature.access_key_id, signature.session_token, now)
        self._check_region(signature)
        source_ip = str((scope.get("client") or ("127.0.0.1",))[0])

        if signature.service == "s3":
            sigv4.verify(signature, request, secret, now=now, body_sha256=None)
            return await self._answer_s3(request, asked, signature, secret, caller, source_ip, receive)

        body = await _read_body(receive)
        request = HttpRequest(request.method, request.path, request.query, request.headers, body)
        sigv4.verify(signature, request, secret, now=now, body_sha256=hashlib.sha256(body).hexdigest())
        if signature.service == "clary":
            return await self._answer_private(request, asked, caller)
        asked.service, asked.operation = route(signature.service, request)
        model = service_model(asked.service).operation_model(asked.operation)
        function = find_operation(asked.service, asked.operation)
        params = codec.parse(model, request)
        validate(model, params)
        result = await self._call(function, asked, params, caller, source_ip)
        return codec.respond(model, result, asked.request_id)

    async def _answer_s3(
        self,
        request: HttpRequest,
        asked: Asked,
        signature: Signature,
        secret: str,
        caller: Caller,
        source_ip: str,
        receive: Receive,
    ) -> HttpResponse:
        asked.service, asked.operation = route("s3", request)
        model = service_model("s3").operation_model(asked.operation)
        streamed = asked.operation in ("PutObject", "UploadPart")
        if not streamed:
            body = await _read_body(receive)
            streams.check_payload_hash(body, signature.payload_hash)
            request = HttpRequest(request.method, request.path, request.query, request.headers, body)
        function = find_operation("s3", asked.operation)
        params = codec.parse(model, request)
        validate(model, params)
        if not streamed:
            result = await self._call(function, asked, params, caller, source_ip)
        else:
            self._authorize(asked, params, caller, source_ip)
            params["Body"] = await streams.receive_body(
                _chunks(receive), self._platform.blobs, request, params, signature, secret
            )
            result = await self._run(function, asked, params, caller, source_ip)
        return codec.respond(model, result, asked.request_id)

    async def _answer_private(self, request: HttpRequest, asked: Asked, caller: Caller) -> HttpResponse:
        """The few operations the host agent needs and AWS has no name for: JSON in, JSON out."""
        prefix = "/_clary/"
        if request.method != "POST" or not request.path.startswith(prefix):
            raise UnknownOperation(
                f"{request.method} {request.path} is not an operation of the service clary"
            )
        asked.operation = request.path.removeprefix(prefix)
        function = find_operation("clary", asked.operation)
        try:
            params = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise SerializationError("the body is not JSON") from None
        if not isinstance(params, dict) or not isinstance(params.get("Host"), str):
            raise SerializationError('the body has to be a JSON object with a "Host"')
        result = await self._call(function, asked, params, caller, "127.0.0.1")
        return HttpResponse(200, {"content-type": "application/json"}, orjson.dumps(result))

    async def _call(
        self,
        function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
        asked: Asked,
        params: dict[str, Any],
        caller: Caller,
        source_ip: str,
    ) -> dict[str, Any]:
        self._authorize(asked, params, caller, source_ip)
        return await self._run(function, asked, params, caller, source_ip)

    async def _run(
        self,
        function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
        asked: Asked,
        params: dict[str, Any],
        caller: Caller,
        source_ip: str,
    ) -> dict[str, Any]:
        context = self._context(caller, source_ip)
        if asked.service == "sagemaker" and (asked.operation or "").startswith("Describe"):
            # One record by its key: 0.1 ms, and a reader waits for no writer. The way through a thread
            # and back costs more than that (measured: 1,520 a second with it, 2,360 without).
            return function(context, params) or {}
        if asked.service == "s3":
            # Its content lies in files, which no transaction brings back: the store orders the two itself.
            return await anyio.to_thread.run_sync(function, context, params) or {}
        return await anyio.to_thread.run_sync(
            run_operation, self._platform.database, asked.operation or "", function, context, params
        )

    def _authorize(self, asked: Asked, params: dict[str, Any], caller: Caller, source_ip: str) -> None:
        platform = self._platform
        authorize(
            caller,
            platform.records,
            asked.service,
            asked.operation or "",
            params,
            account=platform.settings.account,
            region=platform.settings.region,
            source_ip=source_ip,
            now=platform.now(),
            resource_tags=platform.tags.get,
        )

    def _context(self, caller: Caller, source_ip: str) -> Context:
        platform = self._platform

        def caller_may(action: str, resource: str) -> bool:
            return may(
                caller,
                platform.records,
                action,
                resource,
                source_ip=source_ip,
                now=platform.now(),
                region=platform.settings.region,
            )

        return Context(
            caller=caller,
            account=platform.settings.account,
            region=platform.settings.region,
            records=platform.records,
            tags=platform.tags,
            links=platform.links,
            blobs=platform.blobs,
            logs=platform.logs,
            metrics=platform.metrics,
            keyring=platform.keyring,
            machines=platform.machines,
            now=platform.now,
            may=caller_may,
        )

    def _check_region(self, signature: Signature) -> None:
        region = self._platform.settings.region
        # A presigned address of the older kind is signed for no region.
        if signature.region == region or signature.service in GLOBAL_SERVICES or signature.version == 2:
            return
        if signature.service == "s3":
            raise BadRequest(
                f"The authorization header is malformed; the region '{signature.region}' is wrong; "
                f"expecting '{region}'",
                code="AuthorizationHeaderMalformed",
                members={"Region": region},
            )
        raise BadRequest(
            f"Credential should be scoped to a valid region, not '{signature.region}': "
            f"this server is '{region}'. "
            'Run eval "$(clary env)" to set it.',
            code="InvalidSignatureException",
            http_status=403,
        )


def _read_head(scope: Scope) -> HttpRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path = scope.get("raw_path") or scope["path"].encode()
    return HttpRequest(
        method=scope["method"],
        path=path.decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )


async def _read_body(receive: Receive) -> bytes:
    pieces, size = [], 0
    async for piece in _chunks(receive):
        pieces.append(piece)
        size += len(piece)
        if size > BODY_LIMIT_BYTES:
            raise BadRequest(
                f"the body is larger than {BODY_LIMIT_BYTES} bytes",
                code="RequestEntityTooLarge",
                http_status=413,
            )
    return b"".join(pieces)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise streams.ClientGone
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return


def _error_response(asked: Asked, error: PlatformError, request: HttpRequest) -> HttpResponse:
    if asked.service == "clary":
        body = orjson.dumps({"__type": error.code, "message": error.message, **error.members})
        return HttpResponse(error.http_status, {"content-type": "application/json"}, body)
    response = codec.respond_error(asked.service, error, asked.request_id)
    if request.method == "HEAD":
        response.body = b""
    if "expect" in request.headers:
        # A client that waits for 100-continue skips the body it announced when it is refused; what it
        # sends next on this connection would be read as that body.
        response.headers["connection"] = "close"
    return response


async def _send(response: HttpResponse, method: str, send: Send) -> None:
    body = response.body
    headers = {name.lower(): value for name, value in response.headers.items()}
    headers.setdefault("date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))
    whole = isinstance(body, bytes)
    if whole and method != "HEAD":
        headers["content-length"] = str(len(body))
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    if whole:
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
        return
    async for piece in streams.send_blob(body):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _request_id() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
