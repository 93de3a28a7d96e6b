"""Tracks every job: a trial component that follows the job's record, in the trial it was made for.

    job's record changes ──> decide_tracking ──> component, lineage, note: one transaction

It is a step of the loop after the change, in a thread of its own: the change does not wait for it. If the
server is killed before, the next start finds that the note of the job has another status. Every step may be
repeated. A component that a
user has deleted stays away, because the note of its job is still there.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.kinds.catalogue import all_kinds
from clary.kinds.job_component import component_name
from clary.kinds.serving_lineage import follow_copy
from clary.kinds.tracking import Note, decide_tracking, merged
from clary.store.component_artifacts import MODEL_OUTPUT
from clary.store.drivers import DatabaseUnavailable
from clary.store.links import LinkKind
from clary.store.records import RecordExists, RecordMissing

from .trials import join_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clary.kinds.kind import Kind
    from clary.store.lineage import Lineage
    from clary.store.links import Links
    from clary.store.records import Records

Document = dict[str, Any]

COMPONENT = "experiment-trial-component"

AGAIN_S = 1.0
"""The pause before the database is asked again."""

log = logging.getLogger("clary.runner")


@dataclass(frozen=True, slots=True)
class TrackingContext:
    records: Records
    links: Links
    lineage: Lineage
    region: str
    account: str
    look_at_inputs: Callable[[Mapping[str, str], HostName], dict[str, str]] | None = None
    """(input to its URI, one of the job's hosts) to the content of each input. None: nobody looks."""


class Tracking:
    """Keeps the trial components of jobs up to date, in a thread of its own."""

    def __init__(self, ctx: TrackingContext) -> None:
        self._ctx = ctx
        self._changed: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    async def run(self) -> None:
        """Runs until cancelled. Catches up first on what changed while no server ran."""
        self._loop, self._ended = asyncio.get_running_loop(), False
        try:
            self._add_all(await self._untracked())
        except Exception:
            # The jobs of the loop must not end with it. Those that change from now on are tracked.
            log.exception("what changed while no server ran is not tracked before the next start")
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                # A job that changes many times while others are written is looked at once.
                jobs, self._changed = list(self._changed), {}
                left = await asyncio.to_thread(self._follow, jobs)
                if left:
                    await asyncio.sleep(AGAIN_S)
                    self._add_all(left)
        finally:
            self._ended = True

    def changed(self, kind: Kind, name: str) -> None:
        """Has the component of a record that changed brought up to date. From any thread."""
        if _is_tracked(kind) and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add_all, ((kind.record_kind, name),))

    def _add_all(self, jobs: Iterable[tuple[str, str]]) -> None:
        """jobs: (kind of record, name)."""
        self._changed.update(dict.fromkeys(jobs))
        if self._changed:
            self._wake.set()

    async def _untracked(self) -> list[tuple[str, str]]:
        while True:
            try:
                return await asyncio.to_thread(untracked, self._ctx)
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)

    def _follow(self, jobs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Returns the jobs that are left because the database is gone."""
        for number, (kind, name) in enumerate(jobs):
            # The thread outlives the task that waits for it.
            if self._ended:
                return []
            try:
                follow(self._ctx, all_kinds()[kind], name)
            except DatabaseUnavailable:
                return jobs[number:]
            except Exception:
                # A bug costs this job's component; the job itself and all others go on.
                log.exception("%s %s could not be tracked", kind, name)
        return []


def untracked(ctx: TrackingContext) -> list[tuple[str, str]]:
    """(kind, name) of jobs whose component may be behind: those at work, and those that ended unseen."""
    known = {(link.source, link.target): link.label for link in ctx.links.all(LinkKind.TRACKED)}
    behind: list[tuple[str, str]] = []
    for kind in all_kinds().values():
        if kind.follow_lineage is not None:
            behind += [(kind.record_kind, name) for name in ctx.records.names(kind.record_kind)]
        if kind.component is None:
            continue
        names = ctx.records.names(kind.record_kind, statuses=kind.unfinished)
        for status in kind.terminal:
            ended = ctx.records.names(kind.record_kind, statuses=(status,))
            names += [name for name in ended if known.get((name, component_name(kind, name))) != status]
        behind += [(kind.record_kind, name) for name in names]
    return behind


def follow(ctx: TrackingContext, kind: Kind, job_name: str) -> None:
    """Brings the component of one job, and what else the lineage has of it, up to date in one transaction."""
    with ctx.records.transaction():
        if kind.component is not None:
            _follow(ctx, kind, job_name)
        if kind.follow_lineage is not None:
            record = ctx.records.find(kind.record_kind, job_name)
            if record is not None:
                kind.follow_lineage(ctx, record)


def _is_tracked(kind: Kind) -> bool:
    return kind.component is not None or kind.follow_lineage is not None


def _follow(ctx: TrackingContext, kind: Kind, job_name: str) -> None:
    name = component_name(kind, job_name)
    job = ctx.records.find(kind.record_kind, job_name)
    if job is None:
        ctx.links.remove(LinkKind.TRACKED, job_name, name)
        return
    if ctx.look_at_inputs is not None and job.get("_Hosts") and "_Inputs" not in job:
        job = _with_inputs(ctx, kind, job_name, job)
    link = ctx.links.find(LinkKind.TRACKED, job_name, name)
    note = None if link is None else Note(link.label, link.created_at)
    component = ctx.records.find(COMPONENT, name)
    decision = decide_tracking(kind, job, note, component)
    if decision.make is not None:
        component = _make(ctx, kind, name, job, decision.make)
        join_trial(ctx, kind, name, job)
    elif decision.change is not None:
        component = _change(ctx, name, decision.change, kind.status(job))
    if decision.lineage and component is not None:
        ctx.lineage.follow(component, again=True)
    _note_content(ctx, kind, job)
    if decision.note is not None:
        status, created_at = decision.note.status, decision.note.created_at
        ctx.links.put(LinkKind.TRACKED, job_name, name, label=status, created_at=created_at)


def _note_content(ctx: TrackingContext, kind: Kind, job: Document) -> None:
    """Keeps what is in the model that a job wrote, and where the model that it loaded was copied from."""
    assert kind.component is not None
    # The archive is that of the first host.
    reports = [report for _, report in sorted(job.get("_Reports", {}).items()) if report.get("ModelContent")]
    if not reports:
        return
    written = kind.component.outputs(job).get(MODEL_OUTPUT, {}).get("Value")
    loaded = kind.component.inputs(job).get(MODEL_OUTPUT, {}).get("Value")
    if written and reports[0].get("ModelUploaded"):
        ctx.links.add(LinkKind.CONTENT, reports[0]["ModelContent"], written)
    if loaded:
        follow_copy(ctx, loaded, reports[0]["ModelContent"])


def _with_inputs(ctx: TrackingContext, kind: Kind, job_name: str, job: Document) -> Document:
    """The job with what it finds at its inputs, looked at once, when its first host was launched."""
    assert ctx.look_at_inputs is not None
    host = min(job["_Hosts"], key=lambda name: (len(name), name))
    try:
        seen = ctx.look_at_inputs(dict(kind.inputs(job)), HostName(kind.record_kind, job_name, host))
        return ctx.records.update(kind.record_kind, job_name, {"_Inputs": seen})
    except (PlatformError, RecordMissing):
        return job  # over meanwhile, or deleted: nobody may look in its name any more


def _make(ctx: TrackingContext, kind: Kind, name: str, job: Document, members: Document) -> Document:
    """The new component; one that an earlier job of this name has left tells of this job from now on."""
    arn = sagemaker_arn(ctx.region, ctx.account, COMPONENT, name)
    members = {**members, "TrialComponentArn": arn, "LastModifiedBy": members["CreatedBy"]}
    status = kind.status(job)
    try:
        ctx.records.insert(COMPONENT, name, members, arn=arn, status=status)
    except RecordExists:
        members = ctx.records.update(COMPONENT, name, members, status=status)
    ctx.links.add(LinkKind.ORIGIN, kind.arn(job), name)
    return members


def _change(ctx: TrackingContext, name: str, wanted: Document, status: str) -> Document | None:
    """The component as it is then; None when a caller has deleted it meanwhile."""
    try:
        return ctx.records.update(COMPONENT, name, lambda present: merged(present, wanted), status=status)
    except RecordMissing:
        return None
