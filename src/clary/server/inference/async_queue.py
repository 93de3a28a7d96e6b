"""The stored requests of asynchronous endpoints: each is answered once its endpoint has room.

The records are the queue; memory has only their names. A server that starts goes on with all of them. Of
several servers on one database each knows all requests, and answers those to endpoints that it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.store.backing.failures import BackingError
from clary.store.drivers import DatabaseUnavailable
from clary.store.records import RecordMissing

from .async_request import RECORD_KIND
from .route_table import EndpointElsewhere

if TYPE_CHECKING:
    from clary.server.platform import Platform

    from .async_run import AsyncRun
    from .route_table import RouteTable

log = logging.getLogger("clary.server")

Document = dict[str, Any]

CONCURRENT = 4
"""Requests at a time for each instance, where MaxConcurrentInvocationsPerInstance says nothing."""
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A stored request. expires_at: epoch seconds."""

    name: str
    expires_at: float


class AsyncQueue:
    """Starts the answering of requests, for the event loop only. ``run`` has to be running."""

    def __init__(self, platform: Platform, table: RouteTable, answering: AsyncRun) -> None:
        self._platform = platform
        self._table = table
        self._answering = answering
        self._waiting: dict[str, deque[WaitingRequest]] = {}
        self._running: dict[str, set[asyncio.Task[None]]] = {}
        self._news = asyncio.Event()
        self._names: set[str] = set()
        """Of requests that wait or are being answered."""
        self._loop: asyncio.AbstractEventLoop | None = None
        if platform.homes is not None:
            platform.records.on_change(self._changed_somewhere)

    async def add(self, record: Document) -> None:
        """Stores a request. It survives a crash of the server once this returns."""
        name = record["InvocationId"]
        await asyncio.to_thread(self._platform.records.insert, RECORD_KIND, name, record)
        self._enqueue(record)

    async def run(self) -> None:
        """Answers requests, those of earlier servers first, until cancelled."""
        self._loop = asyncio.get_running_loop()
        for record in await asyncio.to_thread(self._stored):
            self._enqueue(record)
        try:
            while True:
                self._news.clear()
                for endpoint in list(self._waiting):
                    # Without its database an endpoint is looked at again, as one without an instance.
                    with contextlib.suppress(DatabaseUnavailable):
                        self._start(endpoint)
                # An endpoint that has no instance yet is looked at again.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if self._waiting else None):
                        await self._news.wait()
        finally:
            tasks = [task for running in self._running.values() for task in running]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _stored(self) -> list[Document]:
        """Returns the requests that have no answer yet, in the order of their arrival."""
        return sorted(self._platform.records.each(RECORD_KIND), key=lambda record: record["CreationTime"])

    def _changed_somewhere(self, kind: str, name: str) -> None:
        """A request was stored or answered, perhaps by another server. Called by any thread."""
        if kind == RECORD_KIND and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # The loop has been closed: the server ends.
                self._loop.call_soon_threadsafe(self._look_at, name)

    def _look_at(self, name: str) -> None:
        try:
            record = self._platform.records.find(RECORD_KIND, name)
        except DatabaseUnavailable:
            return  # What was missed is told again.
        if record is not None:
            self._enqueue(record)
            return
        for waiting in self._waiting.values():
            for request in [each for each in waiting if each.name == name]:
                waiting.remove(request)
                self._names.discard(name)

    def _enqueue(self, record: Document) -> None:
        if record["InvocationId"] in self._names:
            return
        self._names.add(record["InvocationId"])
        waiting = WaitingRequest(record["InvocationId"], record["ExpiresAt"])
        self._waiting.setdefault(record["EndpointName"], deque()).append(waiting)
        self._news.set()

    def _start(self, endpoint: str) -> None:
        """Starts as many requests of an endpoint as it has room for, and those that have waited too long."""
        waiting = self._waiting[endpoint]
        found = self._table.find(endpoint)
        if found is not None and not self._table.is_here(found) and waiting:
            # The server that runs it answers them; this one, if it takes the endpoint over.
            return
        room = self._room(endpoint)
        while waiting and (room is None or len(self._running.get(endpoint, ())) < room):
            self._begin(endpoint, waiting.popleft())
        now = self._platform.now()
        for late in [each for each in waiting if each.expires_at < now]:
            # Answering it says so, and asks no model.
            waiting.remove(late)
            self._begin(endpoint, late)
        if not waiting:
            del self._waiting[endpoint]

    def _begin(self, endpoint: str, request: WaitingRequest) -> None:
        task = asyncio.create_task(self._answer(request.name), name=f"async {endpoint}")
        self._running.setdefault(endpoint, set()).add(task)
        task.add_done_callback(lambda task: self._ended(endpoint, request, task))

    def _room(self, endpoint: str) -> int | None:
        """Returns how many requests an endpoint takes at a time; None for one that is gone."""
        found = self._table.find(endpoint)
        if found is None:
            return None
        config = (found.routes.asynchronous or {}).get("ClientConfig") or {}
        instances = sum(len(variant.instances) for variant in found.routes.variants)
        return instances * int(config.get("MaxConcurrentInvocationsPerInstance", CONCURRENT))

    def _ended(self, endpoint: str, request: WaitingRequest, task: asyncio.Task[None]) -> None:
        running = self._running[endpoint]
        running.discard(task)
        if not running:
            del self._running[endpoint]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, DatabaseUnavailable | BackingError | EndpointElsewhere):
            asyncio.get_running_loop().call_later(LOOK_S, self._wait_again, endpoint, request)
            return
        self._names.discard(request.name)
        if error is not None:
            log.error("an asynchronous request could not be ended", exc_info=error)
        self._news.set()

    def _wait_again(self, endpoint: str, request: WaitingRequest) -> None:
        self._waiting.setdefault(endpoint, deque()).append(request)
        self._news.set()

    async def _answer(self, name: str) -> None:
        record = await asyncio.to_thread(self._platform.records.find, RECORD_KIND, name)
        if record is None:
            return
        await self._answering.answer(record)
        # One that has no place for its answer is still there.
        with contextlib.suppress(RecordMissing):
            await asyncio.to_thread(self._platform.records.delete, RECORD_KIND, name)
