"""What a kind says of the hosts of its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from clary.domain.hosts import HostName

from .hosts import loopback_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec

    from .decision import RecordKey
    from .hosts import ClusterHost, Share

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HostStart:
    """What a host is started with.

    environment: None for a host without an image. log_position: how many events the stream has already.
    kept: the id of the ended host whose place it takes; empty for a host that takes none's.
    address: of its node, and interface, the node's that has it; empty on this machine. across_machines:
    whether the hosts that start with it are on several nodes.
    gpu_ids: as of the spec.
    """

    share: Share
    environment: EnvironmentSpec | None
    algorithm: str
    credentials: AgentCredentials
    log_stream: str = ""
    log_position: int = 0
    kept: str = ""
    address: str = ""
    interface: str = ""
    across_machines: bool = False
    gpu_ids: tuple[str, ...] = ()

    @property
    def network_interface(self) -> str:
        """The interface that has the host's address."""
        environment = self.environment
        # Containers of one machine have a network of their own.
        if environment is not None and environment.container is not None and not self.across_machines:
            return environment.network_interface
        return self.interface or "lo"

    @property
    def image_environment(self) -> EnvironmentSpec:
        """For kinds whose hosts all have an image."""
        assert self.environment is not None
        return self.environment


@dataclass(frozen=True, slots=True)
class InstanceTotal:
    """The series of the utilization of an instance. others: its hosts beside the one that is asked about."""

    owner: str
    others: Sequence[str]


class HostSpecs(Protocol):
    def __call__(
        self,
        record: Document,
        starts: Mapping[str, HostStart],
        *,
        endpoint: Endpoint,
        records: Mapping[RecordKey, Document | None],
    ) -> dict[str, HostSpec]:
        """Host name to its spec, for the hosts of ``starts``. records: those that the kind follows."""


def host_addresses(
    starts: Mapping[str, HostStart], hosts: Iterable[str], job_arn: str, created_at: float
) -> dict[str, str]:
    """Host name to address: that of its node, or a loopback address of its own (``loopback_address``)."""
    return {
        host: (starts[host].address if host in starts else "") or loopback_address(job_arn, created_at, host)
        for host in hosts
    }


def one_stream(record: Document, job_name: str, host: str) -> tuple[str, ...]:
    """The log stream of a host. Another attempt goes on in it: the SDK looks for streams only once."""
    return (f"{job_name}/{host}-{round(record['CreationTime'] * 1000)}",)


def one_attempt(record: Document, host: str) -> int:
    """The number of earlier starts of a host, of all hosts together or of this one alone."""
    return int(record.get("_Attempt", 0)) + int(record.get("_Attempts", {}).get(host, 0))


@dataclass(frozen=True, slots=True)
class Reuse:
    """How a record takes what another one of its kind has kept (``Kind.keeps``).

    matches: (record, kept record) to whether it may. reused: from the kept record, the name of the taker and
    the time to the changes of the kept record, after which it keeps nothing.
    """

    matches: Callable[[Document, Document], bool]
    reused: Callable[[Document, str, float], Document]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """How the hosts of a record are started.

    log_group: where they log; own_group: each record in a group of its own below it. id_prefix: keeps the
    ids of hosts apart from those of another kind's record of the same name; it has a character that no name
    has.
    together: they are started at once and wait for one another; else each when its turn comes.
    queues: they wait for the machine's capacity; else they start at once, beside what the machine runs.
    serves: they stay to answer requests. They mostly wait, so their part of the machine is promised several
    times; and one that ends is started again at once, the first time.
    agent_kind: in whose name their agents speak; empty: the kind's own.
    """

    log_group: str
    id_prefix: str
    hosts: Callable[[Document], list[ClusterHost]]
    """Every host that a record asks for."""
    image: Callable[[Document, str], str]
    """The image of a host, by its name; empty: it runs in Clary's own environment."""
    specs: HostSpecs
    waiting: Callable[[Document, str], Document]
    """The changes that tell callers what hosts wait for that have not started."""
    launched: Callable[[Document, Sequence[str]], Document] = lambda record, notes: {}
    """From the record and notes for the user to the changes after a launch."""
    streams: Callable[[Document, str, str], Sequence[str]] = one_stream
    """The log streams of a host, from the names of its record and its own; the first one is its own."""
    attempt: Callable[[Document, str], int] = one_attempt
    role: Callable[[Document, str], str] = lambda record, host: str(record["RoleArn"])
    """The execution role of a host, by its name."""
    total: Callable[[Document, str], InstanceTotal | None] = lambda record, host: None
    """Where the utilization of a host's instance is kept, beside that of the host. One host of each instance
    has an answer: it is sampled with that host."""
    yields: Callable[[Document], bool] = lambda record: False
    """Whether the hosts of a record give way to those that do not: they wait behind them, and are interrupted
    for them (``Kind.interrupt``)."""
    reuses: Reuse | None = None
    """None: no record takes what another one has kept."""
    together: bool = True
    queues: bool = True
    serves: bool = False
    own_group: bool = False
    agent_kind: str = ""

    def group_of(self, name: str) -> str:
        """The log group of a record's hosts."""
        return f"{self.log_group}/{name}" if self.own_group else self.log_group

    def agent(self, record_kind: str, name: str, host: str) -> HostName:
        """The name under which the agent of a host calls the server."""
        return HostName(self.agent_kind or record_kind, name, host)
