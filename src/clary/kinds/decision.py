"""What is seen of a record and its hosts, and what follows from it. Every kind decides in these words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.domain.rules import RULES_SESSION, STOPPED_BY_RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Document = dict[str, Any]
RecordKey = tuple[str, str]
"""Kind and name of a record."""

FAILURES = (Outcome.FAILED, Outcome.CLIENT_ERROR, Outcome.INTERNAL_ERROR)

REASON_LIMIT = 1024
"""The longest FailureReason the model allows."""


@dataclass(frozen=True, slots=True)
class HostSeen:
    """What is known of one host: its last report (``HostReport.to_document``), and whether it is over.

    last_words: the last line of an agent that did not end well. lost: the agent died without saying how it
    ended. ended: it was asked to end, did not, and was killed.
    """

    name: str
    report: Document | None
    exited: bool
    last_words: str = ""
    ended: bool = False
    lost: bool = False

    @property
    def outcome(self) -> str:
        """Empty while the host is at work; an agent that died silently is a fault of the platform."""
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
        """When it came to a phase (epoch seconds); None while it has not."""
        for entry in self.report["Phases"] if self.report else []:
            if entry["Phase"] == phase:
                return float(entry["At"])
        return None

    def ended_at(self, now: float) -> float:
        """When it was over, by its own account; else ``now``."""
        return float(self.report["Phases"][-1]["At"]) if self.report and self.report["Outcome"] else now


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen beside a record.

    hosts: those that were started. refused: host name to why it can't be started, and the name of a record
    to why it can't be made. records: those that the kind follows; None for one that is not there.
    """

    hosts: Sequence[HostSeen] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[RecordKey, Document | None] = field(default_factory=dict)

    def host(self, name: str) -> HostSeen | None:
        return next((host for host in self.hosts if host.name == name), None)


class Desired(Enum):
    """What is to become of the hosts that the cluster of a record names."""

    NONE = "none"
    """Those that run are asked to end."""
    AS_THEY_ARE = "as they are"
    """None is started, none is asked to end."""
    UNTIL_THEY_END = "until they end"
    """Each is started, and never again once it is over."""
    FOR_EVER = "for ever"
    """Each is started again whenever it is over; one that the cluster names no more is asked to end."""


@dataclass(frozen=True, slots=True)
class ToMake:
    """A record of another kind, made in the name of who made this one.

    request: as a caller of Create would give it.
    """

    record_kind: str
    request: Document


@dataclass(frozen=True, slots=True)
class ToChange:
    """A change of another record; ``changes`` gets its present document. One that is gone is left out."""

    record_kind: str
    name: str
    changes: Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class ToStop:
    """A record of another kind whose end is asked for; one that has ended, or is gone, is left out."""

    record_kind: str
    name: str


@dataclass(frozen=True, slots=True)
class LogLine:
    group: str
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person. action: what the notifier is told.

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
    """What is to be. All that is written is written in one transaction.

    status: of the record, when it changes. restart: hosts that are over and shall be started anew; the
    changes make their ids others (``Cluster.attempt``). finished: nothing follows any more; succeeded: and
    it ended well.
    """

    changes: Document = field(default_factory=dict)
    status: str | None = None
    hosts: Desired = Desired.NONE
    restart: Sequence[str] = ()
    finished: bool = False
    succeeded: bool = False
    make: Sequence[ToMake] = ()
    change: Sequence[ToChange] = ()
    stop: Sequence[ToStop] = ()
    notices: Sequence[Notice] = ()

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return bool(
            self.changes or self.status is not None or self.restart or self.make or self.change or self.stop
        )


def first_failed(failed: Sequence[HostSeen]) -> HostSeen:
    """The one that failed first: the others may have failed because of it."""
    return min(failed, key=lambda host: host.ended_at(float("inf")))


def asked_to_stop(record: Document, noun: str) -> str:
    """Who asked for the stop of a job, as a sentence; empty when nobody has.

    noun: what the job is called, ``training job`` for example.
    """
    if "_StopRequestedAt" not in record:
        return ""
    # Records of an older server do not say who.
    caller = record.get("_StopRequestedBy", "")
    return f"Stopping the {noun}" + (f", as {_called(caller)} asked" if caller else "")


def _called(arn: str) -> str:
    """A caller for a reader: ``arn:aws:iam::111122223333:user/ann`` is ``user ann``."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind != "assumed-role":
        return f"{kind} {name}".rstrip()
    role, _, session = name.partition("/")
    if session.startswith(RULES_SESSION):
        return STOPPED_BY_RULE
    return f"role {role} (session {session})"


def changed(record: Document, changes: Document) -> Document:
    """Those of the changes that change something."""
    return {member: value for member, value in changes.items() if record.get(member) != value}
