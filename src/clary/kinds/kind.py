"""What a kind tells of itself. The catalogue, the loop and the services know nothing else of it.

A folder of ``clary.kinds`` exports ``KIND``, a value of this class:

    request   what may be asked for ─┐
    record    the document to keep ──┴─> make
    state     what follows from what was seen ──> next_state
    cluster   its hosts, and what each is told ──> cluster
    component what its trial component says ──> component
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clary.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from clary.domain.hosts import HostName
    from clary.store.metrics import Summary
    from clary.store.records import Records

    from .cluster import Cluster
    from .decision import Decision, RecordKey, Seen
    from .job_component import Component
    from .serving_lineage import LineageStores
    from .stores import Stores

Document = dict[str, Any]


ENDED = ("Completed", "Failed", "Stopped")
"""The statuses of most kinds after their end."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to insert. then: writes what belongs to it, in the same transaction."""

    document: Document
    then: Callable[[], None] = lambda: None


class Make(Protocol):
    def __call__(self, stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
        """Checks a request and completes its record. Raises ValidationError naming the member and the fix.

        begun: the request without its tags, with the name, ARN, owner and times that every record has.
        """


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """Where a job saves files that others read while it runs; empty where it saves none.

    profiler_off: it may have been on before, so there may be a profile.
    """

    tensors: str
    profile: str
    profiler_off: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of record that the platform keeps in its desired state.

    record_kind: of its records, and the type in their ARNs. noun: what their members begin with,
    ``TrainingJob`` for ``TrainingJobName``.
    """

    record_kind: str
    noun: str
    make: Make
    next_state: Callable[[Document, Seen, float], Decision]
    """What follows from what was seen, at a time (epoch seconds). A pure function."""
    cluster: Cluster | None = None
    """None: records of this kind have no hosts."""
    component: Component | None = None
    """What its trial component says. None: records of this kind are not tracked."""
    follow_lineage: Callable[[LineageStores, Document], None] | None = None
    """Updates what the lineage has of a record instead of a component. It may be called again at any time."""
    unfinished: tuple[str, ...] = ("InProgress", "Stopping")
    stopping: str = "Stopping"
    """The status of a record after a caller has asked for its end."""
    terminal: tuple[str, ...] = ENDED
    answered: Callable[[Document], Document] = dict
    """The record with everything that Describe always answers."""
    search_members: frozenset[str] = field(default_factory=frozenset)
    """The tops of the property names that Search finds. Empty: it is not searched."""
    forget: Callable[[Stores, Document], None] = lambda stores, record: None
    """Deletes what was made with a record, in the transaction that deletes the record."""
    interrupt: Callable[[Document, str, float], Document] | None = None
    """From a record, a reason and the time to the changes that ask for the end of its present hosts; then it
    waits for others. No changes where there is nothing to interrupt. None: no record is interrupted."""
    keeps: Callable[[Document], bool] = lambda record: False
    """Whether a record that has ended keeps its part of the machine and its ended hosts.

    ``next_state`` decides how long; the member ``_KeptSince`` says since when (epoch seconds).
    """
    is_wanted: Callable[[Records, Document, HostName], bool] | None = None
    """Whether a host continues after its job. None: no host does."""
    missing: Callable[[str], NotFound] | None = None
    """The error for a name without a record."""
    final_metrics: Callable[[Sequence[Summary]], Document] | None = None
    """From the metrics to the changes of the record at its end. None: no changes."""
    inputs: Callable[[Document], Iterable[tuple[str, str]]] = lambda record: ()
    """(name, URI) of everything that a job reads."""
    follows: Callable[[Document], Iterable[RecordKey]] = lambda record: ()
    """The records that ``next_state`` needs to see. A change of one wakes the loop for this record."""
    series: Callable[[Document], Iterable[tuple[str, str]]] = lambda record: ()
    """(owner, name) of the metrics that ``next_state`` needs to see (``Seen.series``)."""
    saves: Callable[[Document], SavedFiles | None] = lambda record: None
    """The files that are marked as complete before the last status is written."""

    @property
    def words(self) -> str:
        """The name of the kind in sentences, such as ``training job``."""
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
        """Whether a host may call the server: its job has not ended, or it continues after it."""
        if self.status(record) in self.unfinished:
            return True
        return self.is_wanted is not None and self.is_wanted(records, record, host)
