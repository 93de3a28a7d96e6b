"""Tracks every job by itself: a trial component that follows the job's record, in the trial it was made for.

    job's record changes ──> component made or brought up to date ──> lineage ──> noted as tracked

The note comes last and holds the status that was written. Killed in between, the next start finds the
job's status and the note apart and does the step again; every step may be repeated. A component that a
user has deleted stays away, because the note of its job is still there.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.kinds.catalogue import all_kinds, find_kind
from clary.kinds.job_component import GROWING, changing_members, component_name, first_members, origin
from clary.store.links import LinkKind
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clary.kinds.kind import Kind
    from clary.store.lineage import Lineage
    from clary.store.links import Links
    from clary.store.records import Records

Document = dict[str, Any]

EXPERIMENT, TRIAL, COMPONENT = "experiment", "experiment-trial", "experiment-trial-component"

NAME_LIMIT = 120

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
    """Follows the records of jobs, in a thread of its own."""

    def __init__(self, ctx: TrackingContext) -> None:
        self._ctx = ctx
        self._changed: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    async def run(self) -> None:
        """Runs until cancelled. Catches up first on what changed while nobody followed."""
        self._loop = asyncio.get_running_loop()
        self._ctx.records.on_change(self._on_change)
        self._add_all(await asyncio.to_thread(untracked, self._ctx))
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                # A job that changes many times while others are written is looked at once.
                jobs, self._changed = list(self._changed), {}
                await asyncio.to_thread(self._follow, jobs)
        finally:
            self._ended = True

    def _on_change(self, kind: str, name: str) -> None:
        known = find_kind(kind)
        if known is None or known.component is None:
            return
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add_all, ((kind, name),))

    def _add_all(self, jobs: Iterable[tuple[str, str]]) -> None:
        """jobs: (kind of record, name)."""
        self._changed.update(dict.fromkeys(jobs))
        if self._changed:
            self._wake.set()

    def _follow(self, jobs: list[tuple[str, str]]) -> None:
        for kind, name in jobs:
            # The thread outlives the task that waits for it.
            if self._ended:
                return
            try:
                follow(self._ctx, all_kinds()[kind], name)
            except Exception:
                # A bug costs this job's component; the job itself and all others go on.
                log.exception("%s %s could not be tracked", kind, name)


def untracked(ctx: TrackingContext) -> list[tuple[str, str]]:
    """(kind, name) of jobs whose component may be behind: those at work, and those that ended unseen."""
    known = {(link.source, link.target): link.label for link in ctx.links.all(LinkKind.TRACKED)}
    behind: list[tuple[str, str]] = []
    for kind in all_kinds().values():
        if kind.component is None:
            continue
        names = ctx.records.names(kind.record_kind, statuses=kind.unfinished)
        for status in kind.terminal:
            ended = ctx.records.names(kind.record_kind, statuses=(status,))
            names += [name for name in ended if known.get((name, component_name(kind, name))) != status]
        behind += [(kind.record_kind, name) for name in names]
    return behind


def follow(ctx: TrackingContext, kind: Kind, job_name: str) -> None:
    """Brings the component of one job up to date, in one transaction."""
    with ctx.records.transaction():
        _follow(ctx, kind, job_name)


def _follow(ctx: TrackingContext, kind: Kind, job_name: str) -> None:
    name = component_name(kind, job_name)
    job = ctx.records.find(kind.record_kind, job_name)
    if job is None:
        ctx.links.remove(LinkKind.TRACKED, job_name, name)
        return
    if ctx.look_at_inputs is not None and job.get("_Hosts") and "_Inputs" not in job:
        job = _with_inputs(ctx, kind, job_name, job)
    note = ctx.links.find(LinkKind.TRACKED, job_name, name)
    if note is None or note.created_at != job["CreationTime"]:
        component = _make(ctx, kind, name, job)
        _join(ctx, kind, name, job)
        ctx.lineage.follow(component, again=True)
    else:
        changed = _bring_up_to_date(ctx, kind, name, job)
        if changed is None and note.label != kind.status(job):
            # The component may have been brought up to date by a server that was killed before this.
            changed = ctx.records.find(COMPONENT, name)
        if changed is not None:
            ctx.lineage.follow(changed, again=True)
    status = kind.status(job)
    if note is None or (note.label, note.created_at) != (status, job["CreationTime"]):
        ctx.links.put(LinkKind.TRACKED, job_name, name, label=status, created_at=job["CreationTime"])


def _with_inputs(ctx: TrackingContext, kind: Kind, job_name: str, job: Document) -> Document:
    """The job with what it finds at its inputs, looked at once, when its first host was launched."""
    assert ctx.look_at_inputs is not None
    host = min(job["_Hosts"], key=lambda name: (len(name), name))
    try:
        seen = ctx.look_at_inputs(dict(kind.inputs(job)), HostName(kind.record_kind, job_name, host))
        return ctx.records.update(kind.record_kind, job_name, {"_Inputs": seen})
    except (PlatformError, RecordMissing):
        return job  # over meanwhile, or deleted: nobody may look in its name any more


def _make(ctx: TrackingContext, kind: Kind, name: str, job: Document) -> Document:
    """The new component; one that an earlier job of this name has left tells of this job from now on."""
    members = first_members(kind, job)
    arn = sagemaker_arn(ctx.region, ctx.account, COMPONENT, name)
    members |= {"TrialComponentArn": arn, "LastModifiedBy": members["CreatedBy"]}
    status = kind.status(job)
    try:
        ctx.records.insert(COMPONENT, name, members, arn=arn, status=status)
    except RecordExists:
        members = ctx.records.update(COMPONENT, name, members, status=status)
    ctx.links.add(LinkKind.ORIGIN, kind.arn(job), name)
    return members


def _bring_up_to_date(ctx: TrackingContext, kind: Kind, name: str, job: Document) -> Document | None:
    """The component when its outputs have changed. What callers have added stays."""
    component = ctx.records.find(COMPONENT, name)
    if component is None:
        return None
    wanted = changing_members(kind, job)
    before = {member: component.get(member, {}) for member in GROWING}
    if all(component.get(member) == value for member, value in _added(component, wanted).items()):
        return None

    def changes(present: Document) -> Document:
        return _added(present, wanted)

    try:
        component = ctx.records.update(COMPONENT, name, changes, status=kind.status(job))
    except RecordMissing:
        return None
    changed = any(component.get(member, {}) != before[member] for member in GROWING[1:])
    return component if changed else None


def _added(present: Document, wanted: Document) -> Document:
    return {**wanted, **{member: present.get(member, {}) | wanted[member] for member in GROWING}}


def _join(ctx: TrackingContext, kind: Kind, name: str, job: Document) -> None:
    """Into the trial that ExperimentConfig names, or the default trial of its experiment."""
    config = job.get("ExperimentConfig", {})
    with ctx.links.changing:
        trial = _trial(ctx, config)
        if trial is not None:
            ctx.links.add(LinkKind.COMPONENT, trial, name)
    run = _named(ctx, COMPONENT, config.get("RunName"))
    if run is not None:
        _add_source(ctx, run["TrialComponentName"], origin(kind, job))


def _trial(ctx: TrackingContext, config: Document) -> str | None:
    """None when the job is on its own, or what it names is gone by now."""
    if "TrialName" in config:
        trial = _named(ctx, TRIAL, config["TrialName"])
        return None if trial is None else str(trial["TrialName"])
    experiment = _named(ctx, EXPERIMENT, config.get("ExperimentName"))
    if experiment is None:
        return None
    of = experiment["ExperimentName"]
    name = default_trial_name(of)
    arn = sagemaker_arn(ctx.region, ctx.account, TRIAL, name)
    author = experiment.get("CreatedBy", {})
    record = {
        "TrialName": name,
        "TrialArn": arn,
        "DisplayName": name,
        "ExperimentName": of,
        "CreatedBy": author,
        "LastModifiedBy": author,
    }
    try:
        ctx.records.insert(TRIAL, name, record, arn=arn)
    except RecordExists:
        of = ctx.records.get(TRIAL, name)["ExperimentName"]
    ctx.links.add(LinkKind.TRIAL, of, name)
    return name


def default_trial_name(experiment: str) -> str:
    """One for each experiment; the same each time."""
    name = f"Default-Trial-{experiment}"
    if len(name) <= NAME_LIMIT:
        return name
    digest = hashlib.sha256(experiment.encode()).hexdigest()[:12]
    return f"{name[: NAME_LIMIT - 13].rstrip('-')}-{digest}"


def _add_source(ctx: TrackingContext, run: str, source: Document) -> None:
    """A run of ``sagemaker.experiments`` names the jobs that were started inside it."""

    def changes(present: Document) -> Document:
        sources = present.get("Sources", [])
        return {} if source in sources else {"Sources": [*sources, source]}

    try:
        ctx.records.update(COMPONENT, run, changes)
    except RecordMissing:
        return


def _named(ctx: TrackingContext, kind: str, name: str | None) -> Document | None:
    """By name, in whatever case it is spelled."""
    if name is None:
        return None
    found = ctx.records.find(kind, name)
    return found or ctx.records.find_by_arn(sagemaker_arn(ctx.region, ctx.account, kind, name))
