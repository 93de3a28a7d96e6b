"""What a kind says of itself. The catalogue, the runner's loop and the services know no more of it.

A folder of ``clary.kinds`` exports ``KIND``, a value of this class:

    request   what may be asked for ─┐
    record    the document to keep ──┴─> make
    state     what follows from what was seen ──> next_state, end_without_hosts
    cluster   its hosts, and what each is told ──> cluster
    component what its trial component says ──> component
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clary.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostName, HostSpec
    from clary.store.metrics import Summary
    from clary.store.records import Records

    from .decision import Decision, HostSeen
    from .hosts import ClusterHost, Share
    from .job_component import Component
    from .stores import Stores

Document = dict[str, Any]


ENDED = ("Completed", "Failed", "Stopped")
"""How the statuses of most kinds end."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to keep. then: writes what is made with it, in the same transaction."""

    document: Document
    then: Callable[[], None] = lambda: None


class Make(Protocol):
    def __call__(self, stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
        """Checks a request and completes its record. Raises ValidationError naming the member and the fix.

        begun: the request without its tags, with the name, ARN, owner and times that every record has.
        """


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


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """Where a job saves what others read while it runs; empty where it saves none.

    profiler_off: it may have been on before, so there may be a profile.
    """

    tensors: str
    profile: str
    profiler_off: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """What a kind says of the hosts of its records.

    log_group: where they log. id_prefix: keeps the ids of hosts apart from those of another kind's record of
    the same name; it has a character that no name has.
    """

    log_group: str
    id_prefix: str
    image: Callable[[Document], str]
    hosts: Callable[[Document], list[ClusterHost]]
    """Every host that a record asks for."""
    specs: HostSpecs
    end_without_hosts: EndWithoutHosts
    waiting: Callable[[Document, str], Document]
    """The changes that say what a job that has not started waits for."""
    launched: Callable[[Document, Sequence[str]], Document]
    """The changes when the hosts have been launched; with what the user should know of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of record that the platform keeps in its desired state.

    record_kind: of its records, and the type in their ARNs. noun: what their members begin with,
    ``TrainingJob`` for ``TrainingJobName``.
    """

    record_kind: str
    noun: str
    make: Make
    next_state: Callable[[Document, Sequence[HostSeen], float], Decision]
    """What follows from what was seen of the hosts that were launched, at a time (epoch seconds)."""
    cluster: Cluster
    component: Component | None = None
    """What its trial component says. None: records of this kind are not tracked."""
    unfinished: tuple[str, ...] = ("InProgress", "Stopping")
    stopping: str = "Stopping"
    """The status of a record once a caller has asked for its end."""
    terminal: tuple[str, ...] = ENDED
    answered: Callable[[Document], Document] = dict
    """The record with everything that Describe always answers."""
    search_members: frozenset[str] = field(default_factory=frozenset)
    """The tops of the property names that Search finds. Empty: it is not searched."""
    forget: Callable[[Stores, Document], None] = lambda stores, record: None
    """Deletes what was made with a record, in the transaction that deletes the record."""
    is_wanted: Callable[[Records, Document, HostName], bool] | None = None
    """Whether a host may go on after its job, or beside it. None: no host may."""
    missing: Callable[[str], NotFound] | None = None
    """What a caller is answered who names a record that is not there."""
    final_metrics: Callable[[Sequence[Summary]], Document] | None = None
    """The changes at the end that tell of the metrics. None: there are none."""
    inputs: Callable[[Document], Iterable[tuple[str, str]]] = lambda record: ()
    """(name, URI) of everything that a job reads."""
    saves: Callable[[Document], SavedFiles | None] = lambda record: None
    """What is to be marked as complete before the last status is written."""

    @property
    def words(self) -> str:
        """What sentences call one."""
        return self.record_kind.replace("-", " ")

    @property
    def name_member(self) -> str:
        return f"{self.noun}Name"

    @property
    def arn_member(self) -> str:
        return f"{self.noun}Arn"

    @property
    def status_member(self) -> str:
        return f"{self.noun}Status"

    def name(self, record: Document) -> str:
        return str(record[self.name_member])

    def arn(self, record: Document) -> str:
        return str(record[self.arn_member])

    def status(self, record: Document) -> str:
        return str(record[self.status_member])

    def not_found(self, name: str) -> NotFound:
        return NotFound(f"There is no {self.words} {name}.") if self.missing is None else self.missing(name)

    def host_is_wanted(self, records: Records, record: Document, host: HostName) -> bool:
        """Whether an agent has something to do: its job goes on, or the host may outlive it."""
        if self.status(record) in self.unfinished:
            return True
        return self.is_wanted is not None and self.is_wanted(records, record, host)
