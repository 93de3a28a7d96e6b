"""Connections to model servers, kept between requests: for each address those that are idle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from .model_connection import ModelConnection, ModelGone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    from .model_connection import ModelHead
    from .object_body import ObjectBody

ModelAddress = tuple[str, int]
"""IP address and port of a container."""

KEPT = 64
"""How many idle connections an address keeps."""
IDLE_S = 1.5
"""For how long one is kept. Servers close theirs after 2 seconds (gunicorn) or 5 (uvicorn)."""
STALE_S = 0.1
"""A kept connection that ends so soon, without an answer, was closed before the request reached it."""


Address = TypeVar("Address", bound="Hashable")


class NotListening(ConnectionError):
    """Nobody listens at the address. Nothing was sent."""


class ModelServers(Generic[Address]):
    """The idle connections. For the event loop only. connect: makes one; raises NotListening."""

    def __init__(self, connect: Callable[[Address], Awaitable[ModelConnection]]) -> None:
        self._connect = connect
        self._idle: dict[Address, list[ModelConnection]] = {}
        self._swept_at = 0.0

    async def exchange(
        self, address: Address, head: bytes, body: bytes | ObjectBody
    ) -> tuple[ModelConnection, ModelHead]:
        """Sends a request and waits for the head of its response. ``give_back`` the connection at the end.

        Raises NotListening, and ModelGone when the server ended the connection without an answer.
        """
        if not isinstance(body, bytes):
            connection = await self._connect(address)
            return connection, await _exchange_pieces(connection, head, body)
        kept = self._take(address)
        if kept is not None:
            sent_at = _now()
            try:
                return kept, await _exchange(kept, head, body)
            except ModelGone as gone:
                if not gone.untouched or _now() - sent_at > STALE_S:
                    raise
        connection = await self._connect(address)
        return connection, await _exchange(connection, head, body)

    def give_back(self, address: Address, connection: ModelConnection) -> None:
        """Keeps a connection for the next request; closes one whose response is not complete."""
        now = _now()
        if now - self._swept_at > IDLE_S:
            self._swept_at = now
            self._sweep(now)
        idle = self._idle.setdefault(address, [])
        if connection.is_reusable and len(idle) < KEPT:
            connection.idle_since = now
            idle.append(connection)
        elif not connection.is_closed:
            connection.close()

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _take(self, address: Address) -> ModelConnection | None:
        idle = self._idle.get(address)
        while idle:
            # The one that was used last: the others become old and are closed.
            connection = idle.pop()
            if connection.is_closed:
                continue
            if _now() - connection.idle_since <= IDLE_S:
                return connection
            connection.close()
        return None

    def _sweep(self, now: float) -> None:
        """Closes what has been idle for too long: servers of endpoints that are gone are among them."""
        for address, idle in list(self._idle.items()):
            for connection in idle:
                if now - connection.idle_since > IDLE_S and not connection.is_closed:
                    connection.close()
            self._idle[address] = [each for each in idle if not each.is_closed]
            if not self._idle[address]:
                del self._idle[address]


async def connect_to_model(address: ModelAddress) -> ModelConnection:
    try:
        _, connection = await asyncio.get_running_loop().create_connection(ModelConnection, *address)
    except OSError as error:
        raise NotListening(f"nobody listens at {address[0]}:{address[1]} ({error.strerror})") from None
    return connection


async def _exchange_pieces(connection: ModelConnection, head: bytes, body: ObjectBody) -> ModelHead:
    connection.send(head, b"")
    try:
        async for piece in body.pieces():
            if not await connection.send_more(piece):
                break
        return await connection.head()
    except BaseException:
        connection.close()
        raise


async def _exchange(connection: ModelConnection, head: bytes, body: bytes) -> ModelHead:
    connection.send(head, body)
    try:
        return await connection.head()
    except BaseException:
        # Also when the wait is cancelled: what comes later belongs to no request.
        connection.close()
        raise


def _now() -> float:
    return asyncio.get_running_loop().time()
