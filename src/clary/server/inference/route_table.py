"""Where the requests of endpoints go: their routes, read once and again when a record changes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clary.domain.errors import PlatformError
from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.generations import serving_generation, variants
from clary.kinds.endpoint.routes import routes_of, shift_of

from .failures import unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.endpoint.routes import Routes
    from clary.store.records import Records

Document = dict[str, Any]


class EndpointElsewhere(PlatformError):
    """Another server of the database runs the endpoint. Clients that see it repeat the request."""

    code, http_status = "ServiceUnavailable", 503

    def __init__(self, endpoint: str, server: str) -> None:
        super().__init__(f"Endpoint {endpoint} is moving to another server; try again in a moment.")
        self.endpoint = endpoint
        self.server = server

    def unreached(self, why: str) -> PlatformError:
        """The same, for a server that does not answer."""
        return unavailable(f"Endpoint {self.endpoint} runs at server {self.server}, {why}.")


@dataclass(slots=True)
class RoutedEndpoint:
    """What the gateway knows of one endpoint.

    server: the one that runs it; empty while none does.
    roles: the execution role of each variant. is_current: its record has not changed since it was read.
    """

    name: str
    arn: str
    status: str
    routes: Routes
    roles: Mapping[str, str]
    server: str
    is_current: bool = field(default=True)
    share: float = field(default=0.0)
    """Of the requests, from 0 to 1, that go to ``other``."""
    other: RoutedEndpoint | None = field(default=None)
    """The endpoint as a new generation serves it, while traffic moves to that one."""

    def outdate(self) -> None:
        """The record has changed."""
        self.is_current = False
        if self.other is not None:
            self.other.is_current = False


class RouteTable:
    """The routes of endpoints that were asked for. ``find`` and ``changed`` are for the event loop only."""

    def __init__(self, records: Records, server: str = "") -> None:
        """server: the name of this one, where the database has several."""
        self._records = records
        self._server = server
        self._known: dict[str, RoutedEndpoint] = {}
        self._changes = 0
        self._waiting: set[asyncio.Future[None]] = set()
        records.on_change(self._forget)

    def find(self, name: str) -> RoutedEndpoint | None:
        """Returns the routes of an endpoint; None when there is none of that name."""
        known = self._known.get(name)
        if known is not None:
            return known
        changes = self._changes
        record = self._records.find(KIND.record_kind, name)
        if record is None:
            return None
        found = _routed(record)
        self._known[name] = found
        if changes != self._changes:
            # A change came while the record was read: perhaps of this one.
            self._known.pop(name, None)
            found.outdate()
        return found

    def is_here(self, endpoint: RoutedEndpoint) -> bool:
        """Whether no other server runs an endpoint."""
        return not self._server or endpoint.server in ("", self._server)

    def knows(self, name: str) -> bool:
        """Whether the routes of an endpoint are in memory."""
        return name in self._known

    async def changed(self, within_s: float) -> None:
        """Waits until the record of some endpoint changes, or for so many seconds."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=within_s)
        finally:
            self._waiting.discard(waiter)

    def _forget(self, kind: str, name: str) -> None:
        """Called by any thread, after each commit."""
        if kind != KIND.record_kind:
            return
        self._changes += 1
        known = self._known.pop(name, None)
        if known is not None:
            known.outdate()
        for waiter in list(self._waiting):
            with contextlib.suppress(RuntimeError):  # The loop has been closed: the server ends.
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)


def _routed(record: Document) -> RoutedEndpoint:
    known = KIND.name(record), KIND.arn(record), KIND.status(record)
    server = record.get("_Server", "")
    found = RoutedEndpoint(*known, routes_of(record), _roles(serving_generation(record)), server)
    shift = shift_of(record)
    if shift is not None:
        found.share = shift.share
        found.other = RoutedEndpoint(*known, shift.routes, _roles(shift.generation), server)
    return found


def _roles(generation: Document | None) -> dict[str, str]:
    found = () if generation is None else variants(generation)
    return {variant["VariantName"]: variant["RoleArn"] for _, variant in found}


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
