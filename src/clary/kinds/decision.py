"""The input and the output of every kind's ``next_state``: what was seen, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.domain.rules import RULES_SESSION, STOPPED_BY_RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .stores import Stores

Document = dict[str, Any]
RecordKey = tuple[str, str]
"""Kind and name of a record."""

FAILURES = (Outcome.FAILED, Outcome.CLIENT_ERROR, Outcome.INTERNAL_ERROR)

REASON_LIMIT = 1024
"""The longest FailureReason the model allows."""


@dataclass(frozen=True, slots=True)
class HostSeen:
    """The state of one host: its last report (``HostReport.to_document``), and whether it has ended.

    last_words: the last line of an agent that did not end well. lost: the agent died without saying how it
    ended. ended: it was asked to end, did not, and was killed. in_use: it answers requests of clients now.
    """

    name: str
    report: Document | None
    exited: bool
    last_words: str = ""
    ended: bool = False
    lost: bool = False
    in_use: bool = False

    @property
    def outcome(self) -> str:
        """Empty while the host works. An agent that died without a report is a fault of the platform."""
        said: str = self.report["Outcome"] if self.report else ""
        if said or not self.exited:
            return said
        return Outcome.STOPPED if self.ended else Outcome.INTERNAL_ERROR

    @property
    def reason(self) -> str:
        if self.report and self.report["Outcome"]:
            return str(self.report["Reason"])
        how = f"failed: {self.last_words}" if self.last_words else "was killed before the job had ended"
        return f"InternalServerError: the agent of host {self.name} {how}"

    @property
    def phase(self) -> str:
        return self.report["Phases"][-1]["Phase"] if self.report and self.report["Phases"] else Phase.STARTING

    def entered_at(self, phase: str) -> float | None:
        """When the host entered a phase (epoch seconds); None if it has not."""
        for entry in self.report["Phases"] if self.report else []:
            if entry["Phase"] == phase:
                return float(entry["At"])
        return None

    def ended_at(self, now: float) -> float:
        """When the host ended, as it reported; ``now`` without such a report."""
        return float(self.report["Phases"][-1]["At"]) if self.report and self.report["Outcome"] else now


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen beside a record.

    hosts: those that were started. refused: the reason why a host can't be started, a record not be
    created, or a question not be answered, by its name; it stays until the record ends. records: those that
    the kind follows; None for one that does not exist. series: the values of those that the kind reads, in
    the order of time. answers: to the last ``Question`` of this record.
    """

    hosts: Sequence[HostSeen] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[RecordKey, Document | None] = field(default_factory=dict)
    series: Mapping[tuple[str, str], Sequence[float]] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    def host(self, name: str) -> HostSeen | None:
        return next((host for host in self.hosts if host.name == name), None)


class Desired(Enum):
    """The desired state of the hosts that the cluster of a record names."""

    NONE = "none"
    """Hosts that run are asked to end."""
    AS_THEY_ARE = "as they are"
    """No host is started, none is asked to end."""
    UNTIL_THEY_END = "until they end"
    """Each host is started once."""
    FOR_EVER = "for ever"
    """Each host is started again when it has ended; one that the cluster no longer names is asked to end."""


@dataclass(frozen=True, slots=True)
class ToMake:
    """A record of another kind that is to be created, in the name of this record's owner.

    request: as a caller of Create would give it.
    """

    record_kind: str
    request: Document


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A record that no kind takes care of, such as a model; ``write`` creates it, before those of ``ToMake``.

    name: of the record, under which a refusal is told. write: may raise PlatformError.
    """

    name: str
    write: Callable[[Stores], None]


@dataclass(frozen=True, slots=True)
class ToChange:
    """A change of another record; ``changes`` gets its present document. A deleted record is skipped."""

    record_kind: str
    name: str
    changes: Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class ToStop:
    """A record of another kind that is to be stopped. One that has ended, or was deleted, is skipped."""

    record_kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """A part of the decision that takes longer than the loop may wait, such as a search.

    work: a pure function; a thread calls it. The next step has its result in ``Seen.answers``, by the name.
    The answer is kept in memory only: after a restart, the same record asks again.
    """

    name: str
    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """A question about an object in S3. work: a pure function of its content, called as that of ``Question``.

    The content is None if there is no object at ``uri``, or if it is larger than ``most_bytes``.
    """

    name: str
    uri: str
    most_bytes: int
    work: Callable[[bytes | None], Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person. action: for the notifier.

    sent: from the present document and what became of the message, the changes that note it.
    """

    job_name: str
    action: Document
    details: str
    sent: Callable[[Document, str], Document]
    log_group: str
    log_stream: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done. All writes are one transaction.

    status: of the record, when it changes. restart: hosts that are over and shall be started anew; the
    changes make their ids others (``Cluster.attempt``). finished: nothing follows any more; succeeded: and
    it ended well; delete: and the record is deleted with all that belongs to it. ask: what has to be known
    first. again: look once a second, since time or a series may change the decision. look_at: look again at
    this time at the latest, since it changes the decision.
    """

    changes: Document = field(default_factory=dict)
    status: str | None = None
    hosts: Desired = Desired.NONE
    restart: Sequence[str] = ()
    finished: bool = False
    succeeded: bool = False
    delete: bool = False
    make: Sequence[ToMake] = ()
    change: Sequence[ToChange] = ()
    stop: Sequence[ToStop] = ()
    notices: Sequence[Notice] = ()
    write: Sequence[ToWrite] = ()
    ask: Question | FileQuestion | None = None
    again: bool = False
    look_at: float | None = None

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return bool(
            self.changes
            or self.status is not None
            or self.restart
            or self.delete
            or self.make
            or self.write
            or self.change
            or self.stop
        )


def first_failed(failed: Sequence[HostSeen]) -> HostSeen:
    """The host that failed first: others may have failed because of it."""
    return min(failed, key=lambda host: host.ended_at(float("inf")))


def asked_to_stop(record: Document, noun: str) -> str:
    """Who asked for the stop of a job, as a sentence; empty when nobody has.

    noun: what the job is called, ``training job`` for example.
    """
    if "_StopRequestedAt" not in record:
        return ""
    # Records of an older server do not have the caller.
    caller = record.get("_StopRequestedBy", "")
    return f"Stopping the {noun}" + (f", as {_called(caller)} asked" if caller else "")


def _called(arn: str) -> str:
    """A caller in words: ``arn:aws:iam::111122223333:user/ann`` is ``user ann``."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind != "assumed-role":
        return f"{kind} {name}".rstrip()
    role, _, session = name.partition("/")
    if session.startswith(RULES_SESSION):
        return STOPPED_BY_RULE
    return f"role {role} (session {session})"


def changed(record: Document, changes: Document) -> Document:
    """The changes without those that the record has already."""
    return {member: value for member, value in changes.items() if record.get(member) != value}
