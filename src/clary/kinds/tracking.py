"""Decides what is written to the trial component of a job: a pure function of job, note and component.

The note is the link from a job to its component. It holds the status of the job that was tracked last, and
the creation of the job, so that one of the same name that is made later is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .job_component import GROWING, changing_members, first_members

if TYPE_CHECKING:
    from .kind import Kind

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """The status and the creation time of the job that was tracked last."""

    status: str
    created_at: float


@dataclass(frozen=True, slots=True)
class TrackingDecision:
    """What is to be written; None or False for nothing.

    make: the members of a new component, which then joins its trial. change: members of the component that
    is there; those of ``GROWING`` are added to what it has. lineage: whether lineage follows the component.
    note: what is to be noted in the end.
    """

    make: Document | None = None
    change: Document | None = None
    lineage: bool = False
    note: Note | None = None


def decide_tracking(
    kind: Kind, job: Document, note: Note | None, component: Document | None
) -> TrackingDecision:
    """component: None if there is none. One that a caller has deleted is not created again."""
    now = Note(kind.status(job), job["CreationTime"])
    if note is None or note.created_at != now.created_at:
        return TrackingDecision(make=first_members(kind, job), lineage=True, note=now)
    behind = now if note != now else None
    if component is None:
        return TrackingDecision(note=behind)
    wanted = changing_members(kind, job)
    after = merged(component, wanted)
    artifacts = any(component.get(member, {}) != after[member] for member in GROWING[1:])
    return TrackingDecision(
        change=wanted if any(component.get(member) != value for member, value in after.items()) else None,
        # An older server may have been killed between the component and its lineage.
        lineage=artifacts or behind is not None,
        note=behind,
    )


def merged(component: Document, wanted: Document) -> Document:
    """The changes of a component. Parameters and artifacts that callers have added stay."""
    return {**wanted, **{member: component.get(member, {}) | wanted[member] for member in GROWING}}
