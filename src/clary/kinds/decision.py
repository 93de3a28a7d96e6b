"""What is seen of a job's hosts, and what follows from it. Every kind of job decides in these words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.domain.rules import RULES_SESSION, STOPPED_BY_RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]

FAILURES = (Outcome.FAILED, Outcome.CLIENT_ERROR, Outcome.INTERNAL_ERROR)

REASON_LIMIT = 1024
"""The longest FailureReason the model allows."""


@dataclass(frozen=True, slots=True)
class HostSeen:
    """What is known of one host: its last report (``HostReport.to_document``), and whether it is over.

    last_words: what an agent wrote that died without a report of its end. ended: it was asked to end, did
    not, and was killed.
    """

    name: str
    report: Document | None
    exited: bool
    last_words: str = ""
    ended: bool = False

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
class Decision:
    """What to write, and what to do before it is written.

    status: of the record, when it changes. stop: every host is to be stopped.
    restart: the hosts are over and shall be launched anew. finished: the job has ended.
    """

    changes: Document
    status: str | None = None
    stop: bool = False
    restart: bool = False
    finished: bool = False


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
