"""Studio's requests: who asks is told by the session's two secrets, and what is asked by the path."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import PlatformError, UnknownOperation
from clary.domain.identity import PrincipalKind
from clary.server.exchange import Receive, Scope, Send, read_head, send_response
from clary.server.incoming import ClientGone, Incoming, Memory
from clary.server.request_context import is_secure, page_facts
from clary.server.request_info import Requester
from clary.server.trouble import known_trouble
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.json_body import load_object

from .change_stream import stream_changes
from .contents import Contents
from .operations import PageOperations
from .pages import SECURITY_HEADERS, page_response
from .same_origin import check_origin, cookies
from .sessions import PAGE_KEY, Sessions
from .shapes import request_shape
from .sign_in import SignIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clary.server.gateway import Gateway
    from clary.server.platform import Platform
    from clary.services.access.facts import RequestFacts

    from .changes import Changes
    from .sessions import Session

log = logging.getLogger("clary.server")

ROOT, API = "/studio", "/studio/api/"
CONTENTS, DOWNLOAD = "s3/", "download/"
"""Below API; see ``contents.py``."""
SMALL_BODY_BYTES = 4 << 10
"""Of what is no operation."""


def is_for_studio(scope: Scope) -> bool:
    """Whether a request is not S3's, where a bucket may have the name studio: those requests are signed."""
    path: str = scope["path"]
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        return False
    if scope["method"] not in ("GET", "HEAD") and not path.startswith(API):
        return False
    query: bytes = scope["query_string"]
    signed = b"X-Amz-" in query or b"AWSAccessKeyId=" in query
    return not signed and all(name != b"authorization" for name, _ in scope["headers"])


class Studio:
    """The ASGI application of what lies under /studio."""

    def __init__(self, platform: Platform, gateway: Gateway, port: int) -> None:
        self._platform = platform
        self._operations = PageOperations(platform, gateway.operations, gateway.parsers)
        self._sessions = Sessions(platform.records, platform.keyring, platform.settings.account, platform.now)
        self._contents = Contents(platform, gateway.operations, gateway.s3, self._sessions)
        self._sign_in = SignIn(platform, self._sessions)
        # Servers on several ports of one host name share their cookies.
        self._cookie = f"clary-studio-{port}"
        self._memory = Memory(16 << 20)

    @property
    def _changes(self) -> Changes:
        return self._platform.changes

    def close(self) -> None:
        self._sign_in.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_head(scope)
        incoming = Incoming(request.headers, receive, self._memory)
        source_ip = str((scope.get("client") or ("127.0.0.1",))[0])
        try:
            if request.path.startswith(API):
                response = await self._api(request, source_ip, incoming)
            else:
                response = _page(request)
        except ClientGone:
            return
        except PlatformError as error:
            response = _error(error)
        except Exception as error:
            trouble = known_trouble(error)
            if trouble is None:
                log.exception("%s %.200s failed", request.method, request.path)
                trouble = PlatformError("internal failure; the server's log has it")
            response = _error(trouble)
        finally:
            incoming.release()
        if hasattr(response.body, "__aiter__"):
            await _send_stream(response, send, incoming)
        else:
            await send_response(response, request.method, send, incoming)

    async def _api(self, request: HttpRequest, source_ip: str, incoming: Incoming) -> HttpResponse:
        asked = request.path.removeprefix(API)
        cookie = cookies(request).get(self._cookie, "")
        facts = page_facts(request, source_ip)
        if asked.startswith(DOWNLOAD) and request.method in ("GET", "HEAD"):
            ticket = asked.removeprefix(DOWNLOAD).partition("/")[0]
            return await self._contents.download(ticket, cookie, request, facts, incoming)
        of_content = asked.startswith(CONTENTS) and request.method in ("GET", "HEAD", "PUT")
        if request.method != "POST" and not of_content:
            raise PlatformError(
                "Studio's API takes POST only, but for contents of objects",
                code="MethodNotAllowed",
                http_status=405,
                headers={"allow": "POST"},
            )
        check_origin(request)
        if asked == "login":
            return await self._login(request, source_ip, incoming)
        session = self._sessions.find(cookie, request.headers.get(PAGE_KEY, ""))
        requester = Requester(session.caller, facts)
        if of_content:
            return await self._contents.answer(asked.removeprefix(CONTENTS), request, requester, incoming)
        if asked == "session":
            return _json(self._told(session))
        if asked == "logout":
            self._sessions.end(session)
            return _json({}, {"set-cookie": self._cookie_header("", 0, request)})
        if asked == "sessions":
            return _json({"Sessions": self._sessions.of_same(session)})
        if asked == "password":
            wanted = load_object(await incoming.read(SMALL_BODY_BYTES))
            await self._sign_in.change(session, facts, wanted)
            return _json({})
        if asked == "end-other-sessions":
            return _json({"Ended": self._sessions.end_others(session)})
        if asked == "shape":
            wanted = load_object(await incoming.read(SMALL_BODY_BYTES))
            return _json(request_shape(str(wanted.get("Service")), str(wanted.get("Operation"))))
        if asked == "changes":
            return await self._stream(session, facts, load_object(await incoming.read(SMALL_BODY_BYTES)))
        if asked == "download-link":
            wanted = load_object(await incoming.read(SMALL_BODY_BYTES))
            return _json(await self._contents.link(session, requester, wanted))
        service, _, operation = asked.partition("/")
        if not operation:
            raise UnknownOperation(f"{request.path[:128]} is nothing of Studio's API")
        return await self._operations.answer(service, operation, request, requester, incoming)

    async def _login(self, request: HttpRequest, source_ip: str, incoming: Incoming) -> HttpResponse:
        wanted = load_object(await incoming.read(SMALL_BODY_BYTES))
        new = await self._sign_in.begin(wanted, source_ip, request.headers.get("user-agent", ""))
        told = self._told(self._sessions.find(new.cookie, new.page_key))
        cookie = self._cookie_header(new.cookie, int(new.expires_at - self._platform.now()), request)
        return _json(
            {**told, "PageKey": new.page_key, "Landing": new.landing or None}, {"set-cookie": cookie}
        )

    def _told(self, session: Session) -> dict[str, Any]:
        """What the page knows of its session, its server, and where the stream of changes is now."""
        caller, settings = session.caller, self._platform.settings
        return {
            "Principal": {
                "Kind": caller.kind.value,
                # A session of a role is named after the person: the user profile of a domain.
                "Name": caller.session_name or caller.name,
                "Arn": caller.arn,
                "UserProfile": caller.user_profile or None,
            },
            "IsRoot": caller.kind is PrincipalKind.ROOT,
            "ExpiresAt": session.expires_at,
            "Account": settings.account,
            "Region": settings.region,
            "Position": self._changes.position,
        }

    async def _stream(self, session: Session, facts: RequestFacts, asked: dict[str, Any]) -> HttpResponse:
        position = asked.get("Position")
        events = stream_changes(
            self._platform,
            self._changes,
            self._sessions,
            session,
            facts,
            position if isinstance(position, str) else "",
        )
        first = await anext(events)
        headers = {"content-type": "text/event-stream", "cache-control": "no-store", **SECURITY_HEADERS}
        return HttpResponse(200, headers, _rejoined(first, events))

    def _cookie_header(self, value: str, lives_s: int, request: HttpRequest) -> str:
        secure = "; Secure" if is_secure(request) else ""
        return f"{self._cookie}={value}; Path={ROOT}/; Max-Age={lives_s}; HttpOnly; SameSite=Strict{secure}"


def _page(request: HttpRequest) -> HttpResponse:
    if request.path == ROOT:
        return HttpResponse(307, {**SECURITY_HEADERS, "location": f"{ROOT}/"})
    return page_response(request.path.removeprefix(f"{ROOT}/"), request.headers.get("accept-encoding", ""))


def _json(document: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    fixed = {"content-type": "application/json", "cache-control": "no-store", **SECURITY_HEADERS}
    return HttpResponse(200, {**fixed, **(headers or {})}, orjson.dumps(document))


def _error(error: PlatformError) -> HttpResponse:
    response = _json({"__type": error.code, "message": error.message}, error.headers)
    response.status = error.http_status
    return response


async def _rejoined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each


async def _send_stream(response: HttpResponse, send: Send, incoming: Incoming) -> None:
    """Sends what the body yields, as it yields it, until it ends or the client has gone."""
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})

    async def forward() -> None:
        async for piece in response.body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    forwarding = asyncio.ensure_future(forward())
    gone = asyncio.ensure_future(incoming.gone())
    try:
        await asyncio.wait((forwarding, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)
        await response.body.aclose()
    await send({"type": "http.response.body", "body": b""})
