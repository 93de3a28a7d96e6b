"""Which server of a shared database takes care of a record that has hosts.

    record without hosts    every server looks at it; what one writes, the others find written
    first start of a host   a server writes its name into the record (``_Server``), then starts the host
    from then on            that server alone takes care of the record; the others let it be
    the server is gone      another one takes the record over, after DEAD_S: its hosts count as lost

The name is written before the host starts. So whenever a server is killed, no other one starts the host
again: when it is back, it finds the host running, or starts it. A database with one server needs none of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.kinds.catalogue import all_kinds
from clary.store.drivers import DatabaseUnavailable
from clary.store.records import RecordExists, RecordMissing

from .job import Job
from .kept import all_kept

if TYPE_CHECKING:
    from clary.store.leases import Lease

    from .context import RunnerContext

Document = dict[str, Any]

KIND = "clary-server"

BEAT_S = 5.0
"""How often a server says that it is alive."""

DEAD_S = 60.0
"""A server that has not said so for this long is gone."""

LEASE_S, SHARED_LEASE_S = 60.0, 15.0
"""With several servers a lease also keeps others from a record that none has taken yet."""

log = logging.getLogger("clary.runner")


class Servers:
    """This server among those of its database. Safe to use from any thread."""

    def __init__(self, ctx: RunnerContext) -> None:
        self._ctx = ctx
        self._holder = ctx.server or secrets.token_hex(8)
        self._shared = bool(ctx.server)

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Ends the leases of the process before this one. Call it before the first lease."""
        # Only one server holds the state folder, so leases of a killed server need not run out.
        self._ctx.records.end_leases(self._holder if self._shared else None)
        if self._shared:
            tasks.create_task(self._run(), name="servers of the database")

    def is_elsewhere(self, record: Document) -> bool:
        """Whether another server takes care of a record."""
        return self._shared and record.get("_Server", self._holder) != self._holder

    def lease(self, job: Job) -> Lease | None:
        """Leases a record; None when another server has it, or it is gone."""
        for_s = SHARED_LEASE_S if self._shared else LEASE_S
        return self._ctx.records.lease(
            job.kind.record_kind, job.name, holder=self._holder, for_s=for_s, unless=self.is_elsewhere
        )

    def claim(self, lease: Lease) -> Lease:
        """Takes care of a record from now on. Raises LeaseLost."""
        if not self._shared or "_Server" in lease.document:
            return lease
        return replace(lease, document=self._ctx.records.apply(lease, {"_Server": self._holder}))

    async def _run(self) -> None:
        while True:
            # Without the database no server is taken for dead: all are asked by its clock.
            with contextlib.suppress(DatabaseUnavailable):
                await asyncio.to_thread(self._beat)
            await asyncio.sleep(BEAT_S)

    def _beat(self) -> None:
        records = self._ctx.records
        now = records.lease_time()
        try:
            records.update(KIND, self._holder, {"SeenAt": now})
        except RecordMissing:
            with contextlib.suppress(RecordExists):
                records.insert(KIND, self._holder, {"Name": self._holder, "SeenAt": now})
        for server in list(records.each(KIND)):
            if server["SeenAt"] < now - DEAD_S:
                self._take_over(server["Name"])

    def _take_over(self, server: str) -> None:
        """Takes the records of a server that is gone. One that comes back finds out."""
        records = self._ctx.records
        taken = 0

        def mine(record: Document) -> Document:
            nonlocal taken
            if record.get("_Server") != server:
                return {}
            taken += 1
            return {"_Server": self._holder}

        kinds = all_kinds()
        unfinished = [
            Job(kind, name)
            for kind in kinds.values()
            for name in records.names(kind.record_kind, statuses=kind.unfinished)
        ]
        for job in (*unfinished, *all_kept(records, kinds)):
            with contextlib.suppress(RecordMissing):
                if (records.find(job.kind.record_kind, job.name) or {}).get("_Server") == server:
                    records.update(job.kind.record_kind, job.name, mine)
        with contextlib.suppress(RecordMissing):
            records.delete(KIND, server)
        log.warning("server %s is gone; this one takes %d jobs over", server, taken)
