"""The ASGI side of one request: reads its head, sends its response."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from clary.server import streams
from clary.server.inference.answer_body import AnswerBody, CutOff
from clary.wire import codec
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.limits import PRIVATE
from clary.wire.protocol import protocol_of

if TYPE_CHECKING:
    from clary.domain.errors import PlatformError
    from clary.server.incoming import Incoming

log = logging.getLogger("clary.server")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def read_head(scope: Scope) -> HttpRequest:
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
        secure=scope.get("scheme") == "https",
    )


def error_response(service: str, error: PlatformError, request: HttpRequest, request_id: str) -> HttpResponse:
    """Returns an error in the protocol of the client."""
    if service == PRIVATE:
        body = orjson.dumps({"__type": error.code, "message": error.message, **error.members})
        return HttpResponse(error.http_status, {"content-type": "application/json"}, body)
    response = codec.respond_error(service, error, request_id, protocol=protocol_of(service, request))
    if request.method == "HEAD":
        response.body = b""
    return response


async def send_response(response: HttpResponse, method: str, send: Send, incoming: Incoming) -> None:
    """Sends a response, and lets a client that is still sending its request finish."""
    body = response.body
    headers = {name.lower(): value for name, value in response.headers.items()}
    headers.setdefault("date", _http_date(int(time.time())))
    whole = isinstance(body, bytes)
    if whole and method != "HEAD":
        headers["content-length"] = str(len(body))
    if incoming.closes:
        headers["connection"] = "close"
    start = {
        "type": "http.response.start",
        "status": response.status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }
    if not whole:
        await _send_pieces(start, body, send, incoming)
        return
    await send(start)
    if not incoming.complete:
        # The client has the whole response now; the connection stays open until its body is complete.
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await incoming.leave()
        body = b""
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


async def _send_pieces(start: dict[str, Any], body: Any, send: Send, incoming: Incoming) -> None:
    """Sends a response whose body comes in pieces: an object of S3, or the answer of a model."""
    gone = asyncio.ensure_future(incoming.gone())
    try:
        source: Any = body if isinstance(body, AnswerBody) else streams.send_blob(body)
        async with contextlib.aclosing(source) as pieces:
            await send(start)
            async for piece in pieces:
                if gone.done():
                    return  # The client has gone: nobody would get the rest.
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except CutOff as cut:
        # Returning before the end of the body closes the connection.
        log.warning("an answer was cut off: %s", cut)
    finally:
        gone.cancel()


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(second))
