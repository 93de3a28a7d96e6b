"""Passes one request on to the registry server, and its answer back, in pieces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from clary.domain.errors import ServiceUnavailable
from clary.server.inference.answer_body import CutOff
from clary.server.inference.model_connection import ModelConnection, ModelGone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from clary.server.incoming import Incoming
    from clary.server.inference.model_connection import ModelHead

_PASSED_ON = ("accept", "content-length", "content-range", "content-type", "range")


class RegistryAnswer:
    """The answer to one request. ``close`` has to be called."""

    def __init__(self, connection: ModelConnection, head: ModelHead) -> None:
        self._connection = connection
        self.head = head

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yields the body. Raises CutOff when it ends early."""
        try:
            while piece := await self._connection.piece():
                yield piece
        except ModelGone as gone:
            raise CutOff(str(gone)) from None

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])

    def close(self) -> None:
        self._connection.close()


async def ask(
    path: str, method: str, target: str, headers: Mapping[str, str], body: bytes | Incoming
) -> RegistryAnswer:
    """Sends a request to the socket at ``path``. Raises ServiceUnavailable, and ClientGone from the body.

    The memory that it takes does not depend on the size of the body.
    """
    try:
        _, connection = await asyncio.get_running_loop().create_unix_connection(ModelConnection, path)
    except OSError as error:
        raise ServiceUnavailable(f"The registry server of images does not answer: {error.strerror}") from None
    lines = [f"{method} {target} HTTP/1.1", "host: registry", "connection: close"]
    lines += [f"{name}: {headers[name]}" for name in _PASSED_ON if name in headers]
    in_chunks = not isinstance(body, bytes) and not body.complete and "content-length" not in headers
    if in_chunks:
        lines.append("transfer-encoding: chunked")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    try:
        if isinstance(body, bytes):
            connection.send(head, body)
        else:
            connection.send(head, b"")
            await _send_pieces(connection, body, in_chunks)
        return RegistryAnswer(connection, await connection.head())
    except ModelGone as gone:
        connection.close()
        raise ServiceUnavailable(f"The registry server of images gave no answer: {gone}") from None
    except BaseException:
        connection.close()
        raise


async def _send_pieces(connection: ModelConnection, body: Incoming, in_chunks: bool) -> None:
    if body.complete:
        return
    async for piece in body.pieces():
        framed = b"%x\r\n%b\r\n" % (len(piece), piece) if in_chunks else piece
        if not await connection.send_more(framed):
            return
    if in_chunks:
        await connection.send_more(b"0\r\n\r\n")
