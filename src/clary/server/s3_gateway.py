"""Serves requests to S3, whose content is not read into memory.

ordinary requests     signed by their headers or URL; a small body
PutObject, UploadPart the same, and a body that goes to the disk
uploads by a form     signed by a field of the form; a file that goes to the disk
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.server import streams
from clary.server.parsing import parse_parameters
from clary.server.registry import find_operation
from clary.server.request_context import facts_of
from clary.server.request_info import Sender
from clary.server.signed_region import check_region
from clary.wire import codec
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.limits import body_limit
from clary.wire.models import service_model
from clary.wire.route import route
from clary.wire.s3_address import in_plain_form

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clary.server.incoming import Incoming
    from clary.server.operation import Operations
    from clary.server.parsing import Parsers
    from clary.server.platform import Platform
    from clary.server.request_info import RequestInfo
    from clary.store.staging import StagedBlob

STREAMED = frozenset({"PutObject", "UploadPart"})


class S3Gateway:
    """The part of the gateway for S3."""

    def __init__(self, platform: Platform, operations: Operations, parsers: Parsers) -> None:
        self._platform = platform
        self._operations = operations
        self._parsers = parsers

    async def answer(
        self, request: HttpRequest, info: RequestInfo, sender: Sender, incoming: Incoming
    ) -> HttpResponse:
        """Serves a request whose signature has been verified, except for the hash of its body."""
        return await self.answer_plain(in_plain_form(request, sender.signature), info, sender, incoming)

    async def answer_plain(
        self, request: HttpRequest, info: RequestInfo, sender: Sender, incoming: Incoming
    ) -> HttpResponse:
        """The same for a request in path style, with its headers where headers are."""
        info.service, info.operation = route("s3", request)
        model = service_model("s3").operation_model(info.operation)
        function = find_operation("s3", info.operation)
        if info.operation in STREAMED:
            result = await self._store(request, info, sender, incoming.pieces())
            return codec.respond(model, result, info.request_id)
        body = await incoming.read(body_limit(model))
        whole = HttpRequest(request.method, request.path, request.query, request.headers, body)

        def check_and_parse() -> dict[str, Any]:
            streams.check_payload_hash(body, sender.signature.payload_hash)
            return parse_parameters(model, whole)

        params = await self._parsers.run(len(body), check_and_parse)
        result = await self._operations.call(function, info, params, sender)
        if info.operation == "GetObject" and not isinstance(result["Body"], bytes):
            await streams.begin_to_send(result["Body"])
        return codec.respond(model, result, info.request_id)

    async def answer_form(
        self, request: HttpRequest, info: RequestInfo, source_ip: str, incoming: Incoming
    ) -> HttpResponse:
        """Serves an upload from a browser's form. Its signature is one of the fields."""
        # Imported on first use: few servers need it, and it takes 17 ms.
        from clary.server.post_form import read_form

        info.service, info.operation = "s3", "PutObject"
        form = await read_form(request, incoming.pieces())
        now, signature = self._platform.now(), form.signature
        secret, caller = self._platform.keyring.resolve(signature.access_key_id, signature.session_token, now)
        check_region(self._platform, signature, request)
        form.check(secret, now)
        facts = replace(facts_of(request, signature, source_ip, now), auth_type="POST")
        sender = Sender(caller, facts, signature, secret)
        result = await self._store(form.as_put(), info, sender, form.file())
        return form.respond(result, info.request_id)

    async def _store(
        self, request: HttpRequest, info: RequestInfo, sender: Sender, pieces: AsyncIterator[bytes]
    ) -> dict[str, Any]:
        """Serves PutObject and UploadPart. The caller is authorized before the content is read."""
        function = find_operation("s3", info.operation)
        params = parse_parameters(service_model("s3").operation_model(info.operation), request)
        await self._operations.authorize(info, params, sender)
        context = self._operations.context_for(sender)

        def keep(staged: StagedBlob) -> dict[str, Any]:
            params["Body"] = staged
            return function(context, params) or {}

        return await streams.receive_body(
            pieces, self._platform.blobs, request, params, sender.signature, sender.secret, keep
        )
