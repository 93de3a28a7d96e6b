"""The kind of endpoints."""

from __future__ import annotations

from clary.domain.errors import NotFound
from clary.kinds.cluster import Cluster
from clary.kinds.kind import Kind

from .answered import answered
from .cluster import LOG_GROUP, host_specs, hosts, image, role, streams
from .instance_metrics import instance_total
from .lineage import follow_lineage
from .record import make
from .search import SEARCH_MEMBERS
from .state import launched, next_state, waiting


def _missing(name: str) -> NotFound:
    # AWS answers a ValidationException with these words, and waiters look for them.
    return NotFound(f'Could not find endpoint "{name}".', code="ValidationException")


KIND = Kind(
    record_kind="endpoint",
    noun="Endpoint",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group=LOG_GROUP,
        own_group=True,
        # No name of an endpoint has a dot.
        id_prefix="endpoint.",
        image=image,
        hosts=hosts,
        specs=host_specs,
        streams=streams,
        role=role,
        total=instance_total,
        waiting=waiting,
        launched=launched,
        together=False,
        serves=True,
    ),
    unfinished=("Creating", "InService", "Updating", "RollingBack", "Deleting"),
    stopping="Deleting",
    terminal=("Failed",),
    answered=answered,
    follow_lineage=follow_lineage,
    search_members=SEARCH_MEMBERS,
    missing=_missing,
)
