"""Passes requests to endpoints on to the server that runs them, and its answer back as it comes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Any

from clary.runner.servers import KIND
from clary.server.inference.answer_body import AnswerBody, CutOff
from clary.server.inference.model_connection import ModelConnection, ModelGone
from clary.server.inference.model_servers import ModelServers, NotListening
from clary.server.passing_on import ANSWERED_BY, PASSED_ON
from clary.server.peer_address import PeerAddress, peer_address
from clary.wire.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from clary.server.inference.model_connection import ModelHead
    from clary.server.inference.route_table import EndpointElsewhere
    from clary.server.passing_on import PassingOn
    from clary.server.request_info import Sender
    from clary.store.records import Records
    from clary.wire.http import HttpRequest

CONNECT_S = 5.0
ANSWER_S = 75.0
"""Longer than the other server waits for a serverless variant to start, and for its model."""
BODY_S = 10 * 60.0
"""Longer than the other server lets a response stream go on."""

OF_A_CONNECTION = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    PASSED_ON,
}

log = logging.getLogger("clary.server")


class Forwarder:
    """For the event loop only. timeout_s: how long a model may take."""

    def __init__(self, records: Records, passing_on: PassingOn, timeout_s: float) -> None:
        self._records = records
        self._passing_on = passing_on
        self._timeout_s = timeout_s
        self._servers: ModelServers[PeerAddress] = ModelServers(_connect)

    async def forward(
        self, elsewhere: EndpointElsewhere, request: HttpRequest, sender: Sender
    ) -> HttpResponse:
        """Returns what the other server answers. Raises ServiceUnavailable when it does not."""
        server = self._records.find(KIND, elsewhere.server)
        address = None if server is None else peer_address(server)
        if server is None:
            raise elsewhere.unreached("which is gone. Another server takes it over; try again in a moment")
        if address is None:
            raise elsewhere.unreached(
                "which this server can't reach: let it listen on an address of the network (CLARY_HOST), or "
                "say how others reach it (CLARY_URL)"
            )
        header, proof = self._passing_on.header(request, sender.facts, elsewhere.server)
        head = _head(request, header)
        try:
            async with asyncio.timeout(ANSWER_S + self._timeout_s):
                connection, answer = await self._servers.exchange(address, head, request.body)
        except (NotListening, ModelGone, TimeoutError) as error:
            log.warning("server %s at %s:%s: %s", elsewhere.server, address.host, address.port, error)
            raise elsewhere.unreached(
                f"which does not answer at {address.host}:{address.port}. It is taken over if it stays away; "
                "try again in a moment"
            ) from None
        if answer.headers.get(ANSWERED_BY) != proof:
            connection.close()
            raise elsewhere.unreached(f"and at {address.host}:{address.port} is something else")
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in OF_A_CONNECTION and name not in (ANSWERED_BY, "date")
        }
        passed = _Passed(self._servers, address, connection, answer)
        return HttpResponse(answer.status, headers, AnswerBody(passed, passed.pieces()))


class _Passed:
    """An answer that is passed on (``PassedAnswer``)."""

    def __init__(
        self,
        servers: ModelServers[PeerAddress],
        address: PeerAddress,
        connection: ModelConnection,
        head: ModelHead,
    ) -> None:
        self.head = head
        self._servers = servers
        self._address = address
        self._connection: ModelConnection | None = connection

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yields the body. Raises CutOff."""
        connection = self._connection
        assert connection is not None
        try:
            async with asyncio.timeout(BODY_S):
                while piece := await connection.piece():
                    yield piece
        except TimeoutError:
            raise CutOff("it took too long") from None
        except ModelGone:
            raise CutOff("the server that runs the endpoint ended it") from None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._servers.give_back(self._address, connection)


def _head(request: HttpRequest, header: str) -> bytes:
    """Returns the head of the client's own request: its signature is over its Host."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1"]
    given = {name: value for name, value in request.headers.items() if name not in OF_A_CONNECTION}
    given |= {"content-length": str(len(request.body)), PASSED_ON: header}
    lines += [f"{name}: {value}" for name, value in given.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


async def _connect(address: PeerAddress) -> ModelConnection:
    context: Any = None
    if address.certificate:
        # Not an authority, but the very certificate that the database says is trusted.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(CONNECT_S):
            transport, connection = await asyncio.get_running_loop().create_connection(
                ModelConnection, address.host, address.port, ssl=context
            )
    except (OSError, TimeoutError) as error:
        raise NotListening(f"{getattr(error, 'strerror', None) or 'no answer'}") from None
    if not address.is_shown(transport.get_extra_info("ssl_object")):
        connection.close()
        raise NotListening("it shows another certificate than it has told the others")
    return connection
