"""Contents of S3 objects for a page: through S3's own gateway, with a session in the place of a signature.

    GET, HEAD, PUT /studio/api/s3/<Bucket>/<Key>?...   GetObject, HeadObject, PutObject, UploadPart
    POST /studio/api/download-link                     a link for one object
    GET  /studio/api/download/<ticket>/<name>          the object, as a file that the browser saves

All else of S3 is asked as operations in JSON, as of every service. A link is followed by the browser itself,
which can't send the page's key. So it holds a ticket that is signed here. The ticket is good for one object,
in the browser of its session, for LINK_S, and not after the session's end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from clary.domain.errors import BadRequest, Denied, PlatformError, UnknownOperation
from clary.domain.signing import UNSIGNED_PAYLOAD
from clary.server.browser_guard import GUARD
from clary.server.registry import find_operation
from clary.server.request_id import new_request_id
from clary.server.request_info import Requester, RequestInfo, Sender
from clary.wire import codec
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.protocol import JSON
from clary.wire.route import route
from clary.wire.signature import Signature

from .download_ticket import Ticket, make_ticket, read_ticket

if TYPE_CHECKING:
    from typing import Any

    from clary.server.incoming import Incoming
    from clary.server.operation import Operations
    from clary.server.platform import Platform
    from clary.server.s3_gateway import S3Gateway
    from clary.services.access.facts import RequestFacts

    from .sessions import Session, Sessions

OPERATIONS = frozenset({"GetObject", "HeadObject", "PutObject", "UploadPart"})
LINK_S = 10 * 60.0
"""For how long a link begins a download, and goes on with one that broke off."""

_HEADERS = frozenset(
    {
        "content-length",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "range",
        "transfer-encoding",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-tagging",
    }
)
"""What a page may say of a content. Browsers add others (``cache-control``) that S3 would store."""
_HEADER_PREFIXES = ("x-amz-meta-", "x-amz-checksum-")


class Contents:
    """For the event loop's thread."""

    def __init__(self, platform: Platform, operations: Operations, s3: S3Gateway, sessions: Sessions) -> None:
        self._platform = platform
        self._operations = operations
        self._s3 = s3
        self._sessions = sessions
        self._key = platform.state.token_key()

    async def answer(
        self, address: str, request: HttpRequest, requester: Requester, incoming: Incoming
    ) -> HttpResponse:
        """Serves a content. address: <Bucket>/<Key>, percent-encoded. Errors are JSON. Raises ClientGone."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in _HEADERS or name.startswith(_HEADER_PREFIXES)
        }
        # Without the host, which may look like the one of a bucket.
        plain = HttpRequest(request.method, f"/{address}", request.query, headers)
        info = RequestInfo("s3", new_request_id())
        try:
            bucket, _, key = address.partition("/")
            if not bucket or not key or route("s3", plain)[1] not in OPERATIONS:
                raise UnknownOperation("this address reads and writes contents of objects only")
            response = await self._s3.answer_plain(plain, info, self._sender(requester), incoming)
        except PlatformError as error:
            response = codec.respond_error("s3", error, info.request_id, protocol=JSON)
            if request.method == "HEAD" or response.status == 304:
                response.body = b""
        # Bytes as they are stored: a browser would unpack them, and could not unpack a range.
        response.headers.pop("content-encoding", None)
        response.headers.update(GUARD)
        response.headers["cache-control"] = "no-store"
        return response

    async def link(self, session: Session, requester: Requester, wanted: dict[str, Any]) -> dict[str, Any]:
        """Returns the address of a download. Raises what HeadObject raises: who may not read gets none."""
        bucket, key, version = (wanted.get(name) for name in ("Bucket", "Key", "VersionId"))
        if not (isinstance(bucket, str) and isinstance(key, str) and isinstance(version, str | None)):
            raise BadRequest("a link needs Bucket and Key, and VersionId for another version than the last")
        params = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
        info = RequestInfo("s3", new_request_id(), "HeadObject")
        await self._operations.call(find_operation("s3", "HeadObject"), info, params, requester)
        expires_at = min(self._platform.now() + LINK_S, session.expires_at)
        ticket = make_ticket(Ticket(session.id, bucket, key, version or "", expires_at), self._key)
        return {"Address": f"/studio/api/download/{ticket}/{quote(_file_name(key), safe='')}"}

    async def download(
        self, ticket: str, cookie: str, request: HttpRequest, facts: RequestFacts, incoming: Incoming
    ) -> HttpResponse:
        """Serves the object of a link as a file to save. Raises Denied and Unauthenticated."""
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Denied("A download starts from Studio's own page.", http_status=403)
        wanted = read_ticket(ticket, self._key, self._platform.now())
        session = self._sessions.of_ticket(wanted.session_id, cookie)
        query = f"versionId={quote(wanted.version, safe='')}" if wanted.version else ""
        address = f"{quote(wanted.bucket, safe='')}/{quote(wanted.key, safe='')}"
        response = await self.answer(
            address, replace(request, query=query), Requester(session.caller, facts), incoming
        )
        if response.status in (200, 206):
            name = quote(_file_name(wanted.key), safe="")
            response.headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    def _sender(self, requester: Requester) -> Sender:
        """The page's session, where the gateway reads a signature."""
        signature = Signature(
            access_key_id="",
            session_token="",
            date="",
            signed_at=0.0,
            day="",
            region=self._platform.settings.region,
            service="s3",
            signed_headers=(),
            signature="",
            payload_hash=UNSIGNED_PAYLOAD,
        )
        return Sender(requester.caller, requester.facts, signature, "")


def _file_name(key: str) -> str:
    return key.rstrip("/").rpartition("/")[2] or "object"
