"""What the loop may use: the stores, the backend, the machine and the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clary.domain.identity import Caller, PrincipalKind

from .pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from clary.compute.backend import Backend
    from clary.compute.capacity import Capacity, HostSize
    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostName
    from clary.kinds.kind import SavedFiles
    from clary.kinds.stores import Machines
    from clary.store.links import Links
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.records import Records
    from clary.store.tags import Tags

    from .notifications import Notifier


class Images(Protocol):
    """The environments of images, as the loop uses them."""

    async def ready(self, image_uri: str, on_progress: Callable[[str], None]) -> ReadyImage:
        """Returns the environment of an image, built if necessary.

        Raises PlatformError with a reason for the user.
        """


@dataclass(frozen=True, slots=True)
class ReadyImage:
    """software: its description for users. packages: all installed packages, each as ``torch==2.6.0``."""

    environment: EnvironmentSpec
    algorithm: str
    note: str
    software: str = ""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerContext:
    """Everything that a step of the loop may use. ``now`` is the clock (epoch seconds)."""

    account: str
    region: str
    records: Records
    tags: Tags
    links: Links
    logs: LogStore
    metrics: MetricStore
    machines: Machines
    notifier: Notifier
    backend: Backend
    capacity: Capacity
    images: Images
    host_size: Callable[[str, int], HostSize]
    """(instance type, number of such hosts) to what each gets."""
    agent_credentials: Callable[[HostName], AgentCredentials]
    """Returns credentials for the agent of a host, valid for that host only."""
    endpoint: Endpoint
    """Where hosts on this machine reach the server."""
    begin_trials: Callable[[SavedFiles, HostName], Sequence[str]]
    """(what a job saves, one of its hosts) to lines for its log: removes marks that an earlier job has left.

    It may send requests to this server, so it is called in a thread.
    """
    end_trials: Callable[[SavedFiles, HostName], Sequence[str]]
    """(what a job saves, one of its hosts) to lines for its log: marks that the saved files are complete.

    It sends requests to this server, so it is called in a thread.
    """
    now: Callable[[], float]
    read_object: Callable[[str, int], bytes | None] = lambda uri, most_bytes: None
    """(URI of an object, the most bytes) to its content; None if there is none, or if it is larger.

    It waits for the disk, so it is called in a thread.
    """
    in_use: Callable[[str, str], Container[str]] = lambda record_kind, name: ()
    """(kind and name of a record) to the names of its hosts that answer requests of clients now."""
    endpoint_at: Callable[[str], Endpoint] | None = None
    """From the address of a node to where its hosts reach the server. Raises BadRequest when they can't."""
    server: str = ""
    """The name of this server among those of its database; empty where it is the only one."""
    pulse: Pulse = field(default_factory=Pulse)
    """Whether this server is alive, for others."""
    adopted: Callable[[str, dict[str, Any]], str] = lambda handle, server: handle
    """(handle of a host, record of a server that is gone) to the handle of the same host here."""
    serving_overcommit: float = 1.0
    """How many times the capacity of the machine is promised to hosts that serve (``Cluster.serves``)."""

    def as_adopted(self, handle: str) -> str:
        """Returns the handle of a host of this server, as another one knows it that has taken it over."""
        return f"{handle}@{self.server}"

    def endpoint_of(self, address: str) -> Endpoint:
        """Returns where hosts of a node reach the server. Raises BadRequest when they can't.

        address: of the node; empty: this machine.
        """
        return self.endpoint if self.endpoint_at is None or not address else self.endpoint_at(address)

    def stores_of(self, owner_arn: str) -> OwnedStores:
        """Returns the stores for records that the loop creates in the name of a record's owner."""
        kind, _, name = owner_arn.rpartition(":")[2].partition("/")
        known = {each.value: each for each in PrincipalKind}
        caller = Caller(known.get(kind, PrincipalKind.ROOT), self.account, owner_arn, name or kind, "", "")
        return OwnedStores(
            caller,
            self.account,
            self.region,
            self.records,
            self.tags,
            self.links,
            self.logs,
            self.metrics,
            self.machines,
            self.now,
        )


@dataclass(frozen=True, slots=True)
class OwnedStores:
    """The stores that the making of a record touches (``kinds.stores.Stores``), in the name of a caller."""

    caller: Caller
    account: str
    region: str
    records: Records
    tags: Tags
    links: Links
    logs: LogStore
    metrics: MetricStore
    machines: Machines
    now: Callable[[], float]
