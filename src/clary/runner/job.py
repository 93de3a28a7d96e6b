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
    """One job: names are unique within a kind only."""

    kind: Kind
    name: str

    @property
    def owner(self) -> str:
        """What it is called in the queue for the machine."""
        return f"{self.kind.record_kind}/{self.name}"

    def host_ids(self, record: Document) -> dict[str, str]:
        """Host name to the id under which the backend starts it, of the present attempt."""
        # The record's creation is in the id: a job of the same name, deleted and made again, is another.
        made = hashlib.sha256(repr(record["CreationTime"]).encode()).hexdigest()[:8]
        cluster = self.kind.cluster
        first = f"{cluster.id_prefix}{self.name}-{made}-{record.get('_Attempt', 0)}"
        return {host.name: f"{first}-{host.name}" for host in cluster.hosts(record)}

    def __str__(self) -> str:
        return f"{self.kind.record_kind} {self.name}"
