"""The key of one record in the loop."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clary.kinds.kind import Kind

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One record: names are unique within a kind only."""

    kind: Kind
    name: str

    def owner(self, host: str) -> str:
        """The owner of a place in the queue for the machine; hosts that start together share one."""
        place = f"{self.kind.record_kind}/{self.name}"
        cluster = self.kind.cluster
        return place if cluster is None or cluster.together else f"{place}/{host}"

    def host_ids(self, record: Document) -> dict[str, str]:
        """Host name to the id under which the backend starts it, of the present attempt."""
        cluster = self.kind.cluster
        if cluster is None:
            return {}
        # With the record's creation time: after a delete, a new record of the same name is another one.
        made = hashlib.sha256(repr(record["CreationTime"]).encode()).hexdigest()[:8]
        first = f"{cluster.id_prefix}{self.name}-{made}"
        names = [host.name for host in cluster.hosts(record)]
        return {name: f"{first}-{cluster.attempt(record, name)}-{name}" for name in names}

    def handles(self, record: Document) -> set[str]:
        """Every handle that may belong to the record, also of a start that was not recorded."""
        return {*self.host_ids(record).values(), *own_handles(record)}

    def __str__(self) -> str:
        return f"{self.kind.record_kind} {self.name}"


def own_handles(record: Document) -> set[str]:
    """The handles of a record's started hosts, and of ended ones that it has taken from another record.

    Also of those that a server which is gone had started, and not written down (``_Found``).
    """
    own = set() if "_PassedOn" in record else {*record.get("_Hosts", {}).values()}
    return own | {*record.get("_Kept", {}).get("Handles", {}).values(), *record.get("_Found", {}).values()}
