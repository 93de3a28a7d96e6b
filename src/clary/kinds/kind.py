"""What differs between kinds of jobs. The loop in ``jobs.py`` is the same for all of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec
    from clary.store.metrics import Summary

    from .decision import Decision, HostSeen
    from .hosts import ClusterHost, Share

Document = dict[str, Any]


class HostSpecs(Protocol):
    def __call__(
        self,
        record: Document,
        *,
        shares: dict[str, Share],
        environment: EnvironmentSpec,
        algorithm: str,
        endpoint: Endpoint,
        credentials: dict[str, AgentCredentials],
        log_streams: dict[str, tuple[str, int]],
    ) -> dict[str, HostSpec]:
        """Host name to its spec. ``shares``, ``credentials`` and ``log_streams`` go by host name too.

        log_streams: the stream, and how many events it has already.
        """


class EndWithoutHosts(Protocol):
    def __call__(self, record: Document, now: float, *, reason: str = "") -> Decision:
        """A job that ends before it has any host: stopped while it waited, or refused by what it needs."""


@dataclass(frozen=True, slots=True, eq=False)
class JobKind:
    """One kind of job: how its records are spelled, and pure functions of them.

    noun: what the members of a record begin with, ``TrainingJob`` for ``TrainingJobName``.
    handle_prefix: keeps handles apart from those of a job of another kind with the same name.
    """

    record_kind: str
    noun: str
    log_group: str
    handle_prefix: str
    image: Callable[[Document], str]
    members: Callable[[Document], list[ClusterHost]]
    """Every host of the cluster that a record asks for."""
    host_specs: HostSpecs
    next_state: Callable[[Document, Sequence[HostSeen], float], Decision]
    """What follows from what was seen of the hosts that were launched, at a time (epoch seconds)."""
    end_without_hosts: EndWithoutHosts
    waiting: Callable[[Document, str], Document]
    """The changes that say what a job that has not started waits for."""
    launched: Callable[[Document, Sequence[str]], Document]
    """The changes when the hosts have been launched; with what the user should know of them."""
    with_metrics: Callable[[Sequence[Summary]], Document]
    """The changes at the end that tell of the job's metrics."""

    def status(self, record: Document) -> str:
        return str(record[f"{self.noun}Status"])

    def arn(self, record: Document) -> str:
        return str(record[f"{self.noun}Arn"])


@dataclass(frozen=True, slots=True)
class Job:
    """One job, to tell it from all others: names are unique within a kind only."""

    kind: JobKind
    name: str

    @property
    def owner(self) -> str:
        """What it is called in the queue for the machine."""
        return f"{self.kind.record_kind}/{self.name}"

    def host_ids(self, record: Document) -> dict[str, str]:
        """Host name to the id under which the backend starts it, of the present attempt."""
        # The record's creation is in the id: a job of the same name, deleted and made again, is another.
        made = hashlib.sha256(repr(record["CreationTime"]).encode()).hexdigest()[:8]
        first = f"{self.kind.handle_prefix}{self.name}-{made}-{record.get('_Attempt', 0)}"
        return {member.host_name: f"{first}-{member.host_name}" for member in self.kind.members(record)}

    def __str__(self) -> str:
        return f"{self.kind.record_kind} {self.name}"
