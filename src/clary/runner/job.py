"""One record that is taken care of, told apart from all others."""

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
        """What a host is called in the queue for the machine; hosts that start together have one place."""
        place = f"{self.kind.record_kind}/{self.name}"
        cluster = self.kind.cluster
        return place if cluster is None or cluster.together else f"{place}/{host}"

    def host_ids(self, record: Document) -> dict[str, str]:
        """Host name to the id under which the backend starts it, of the present attempt."""
        cluster = self.kind.cluster
        if cluster is None:
            return {}
        # The record's creation is in the id: a record of the same name, deleted and made again, is another.
        made = hashlib.sha256(repr(record["CreationTime"]).encode()).hexdigest()[:8]
        first = f"{cluster.id_prefix}{self.name}-{made}"
        names = [host.name for host in cluster.hosts(record)]
        return {name: f"{first}-{cluster.attempt(record, name)}-{name}" for name in names}

    def handles(self, record: Document) -> set[str]:
        """Every handle that may be the record's: also of a start that was not written down."""
        return {*self.host_ids(record).values(), *record.get("_Hosts", {}).values()}

    def __str__(self) -> str:
        return f"{self.kind.record_kind} {self.name}"
