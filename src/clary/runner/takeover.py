"""Takes the records of a server that is gone. One that comes back finds another name in them."""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from clary.kinds.catalogue import all_kinds
from clary.store.records import RecordMissing

from .job import Job
from .kept import all_kept

if TYPE_CHECKING:
    from .context import RunnerContext

Document = dict[str, Any]

log = logging.getLogger("clary.runner")


def take_over(ctx: RunnerContext, server: Document) -> None:
    """Writes the name of this server into the records of another one. Repeated, it does the rest.

    Hosts that this server can reach, on the same machine, go on under handles that say where they are. All
    others count as lost.
    """
    records, name, taken = ctx.records, server["Name"], 0

    kinds = all_kinds()
    unfinished = [
        Job(kind, job)
        for kind in kinds.values()
        for job in records.names(kind.record_kind, statuses=kind.unfinished)
    ]
    for job in (*unfinished, *all_kept(records, kinds)):
        with contextlib.suppress(RecordMissing):
            if (records.find(job.kind.record_kind, job.name) or {}).get("_Server") == name:
                mine = partial(_mine, ctx, server, job)
                taken += records.update(job.kind.record_kind, job.name, mine)["_Server"] == ctx.server
    log.warning("server %s is gone; this one takes %d jobs over", name, taken)


def _mine(ctx: RunnerContext, server: Document, job: Job, record: Document) -> Document:
    """Returns the changes of a record that another server had."""
    if record.get("_Server") != server["Name"]:
        return {}
    hosts = {host: ctx.adopted(handle, server) for host, handle in record.get("_Hosts", {}).items()}
    # Of starts that were not written down. The other server may live: it ends those that are not named here.
    found = {
        host: handle
        for host, host_id in job.host_ids(record).items()
        if host not in hosts and (handle := ctx.adopted(host_id, server)) != host_id
    }
    changes = {"_Hosts": hosts, "_Found": found}
    return {"_Server": ctx.server, **{member: value for member, value in changes.items() if value}}
