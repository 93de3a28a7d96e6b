"""Which server of a shared database takes care of a record that has hosts.

    record without hosts    every server looks at it; what one writes, the others find written
    first start of a host   a server writes its name into the record (``_Server``), then starts the host
    from then on            that server alone takes care of the record; the others let it be
    the server is silent    another one takes the record over (``pulse.py``, ``takeover.py``)

The name is written before the host starts. So whenever a server is killed, no other one starts the host
again: when it is back, it finds the host running, or starts it. A database with one server needs none of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.store.drivers import DatabaseUnavailable
from clary.store.records import LeaseLost, RecordExists, RecordMissing

from .job import own_handles
from .pulse import SilentServers
from .takeover import take_over

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clary.store.leases import Lease

    from .context import RunnerContext
    from .job import Job

Document = dict[str, Any]

KIND = "clary-server"

LEASE_S, SHARED_LEASE_S = 60.0, 15.0
"""With several servers a lease also keeps others from a record that none has taken yet."""


class Servers:
    """This server among those of its database. Safe to use from any thread."""

    def __init__(self, ctx: RunnerContext) -> None:
        self._ctx = ctx
        self._holder = ctx.server or secrets.token_hex(8)
        self._shared = bool(ctx.server)
        self._watch = SilentServers(ctx.pulse)

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Ends the leases of the process before this one. Call it before the first lease."""
        # Only one server holds the state folder, so leases of a killed server need not run out.
        self._ctx.records.end_leases(self._holder if self._shared else None)
        if self._shared:
            # Others take over only from a server that they know: before this one takes its first record.
            self._beat()
            tasks.create_task(self._run(), name="servers of the database")

    def is_elsewhere(self, record: Document) -> bool:
        """Whether another server takes care of a record."""
        return self._shared and record.get("_Server", self._holder) != self._holder

    def has_taken_over(self, record: Document) -> bool:
        """Whether hosts of this server's record were started by another one."""
        return self._shared and any("@" in handle for handle in record.get("_Hosts", {}).values())

    def unwanted(self, handles: Iterable[str], records: Iterable[tuple[Job, Document]]) -> set[str]:
        """Returns those handles of this server that belong to none of the records, here or at another."""
        left = set(handles)
        for job, record in records:
            if self.is_elsewhere(record):
                taken = own_handles(record)
                left = {handle for handle in left if self._ctx.as_adopted(handle) not in taken}
            else:
                left -= job.handles(record)
        return left

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
        self.require_acting()
        return replace(lease, document=self._ctx.records.apply(lease, {"_Server": self._holder}))

    def require_acting(self) -> None:
        """To be called right before something starts. Raises LeaseLost when others may have taken over.

        A process that was stopped for a minute goes on in the middle of a line.
        """
        if self._shared and not self._ctx.pulse.may_act():
            raise LeaseLost("this server has not reached the database for too long to start anything")

    async def _run(self) -> None:
        while True:
            # Without the database no server is taken for dead.
            with contextlib.suppress(DatabaseUnavailable):
                await asyncio.to_thread(self._beat)
            await asyncio.sleep(self._ctx.pulse.beat_s)

    def _beat(self) -> None:
        records, pulse = self._ctx.records, self._ctx.pulse
        begun_at = pulse.clock()
        now = records.lease_time()
        document = {"Name": self._holder, "SeenAt": now, "DeadS": pulse.dead_s, **pulse.facts()}
        try:
            records.update(KIND, self._holder, document)
        except RecordMissing:
            with contextlib.suppress(RecordExists):
                records.insert(KIND, self._holder, document)
        others = [server for server in records.each(KIND) if server["Name"] != self._holder]
        pulse.beaten(begun_at, has_others=bool(others))
        for server in self._watch.gone(others):
            take_over(self._ctx, server)
            with contextlib.suppress(RecordMissing):
                records.delete(KIND, server["Name"])
