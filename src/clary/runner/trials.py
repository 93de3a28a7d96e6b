"""Adds a job's component to the trial of its ExperimentConfig, or the default trial of its experiment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.kinds.job_component import origin
from clary.store.links import LinkKind
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from clary.kinds.kind import Kind

    from .tracking import TrackingContext

Document = dict[str, Any]

EXPERIMENT, TRIAL, COMPONENT = "experiment", "experiment-trial", "experiment-trial-component"

NAME_LIMIT = 120


def join_trial(ctx: TrackingContext, kind: Kind, name: str, job: Document) -> None:
    """Adds a component to its trial, and the job to the run that it was started in."""
    config = job.get("ExperimentConfig", {})
    with ctx.links.changing:
        trial = _trial(ctx, config)
        if trial is not None:
            ctx.links.add(LinkKind.COMPONENT, trial, name)
    run = _named(ctx, COMPONENT, config.get("RunName"))
    if run is not None:
        _add_source(ctx, run["TrialComponentName"], origin(kind, job))


def _trial(ctx: TrackingContext, config: Document) -> str | None:
    """The name of the trial; a default trial is created. None when the job names none, or it was deleted."""
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
    """The name of the default trial of an experiment."""
    name = f"Default-Trial-{experiment}"
    if len(name) <= NAME_LIMIT:
        return name
    digest = hashlib.sha256(experiment.encode()).hexdigest()[:12]
    return f"{name[: NAME_LIMIT - 13].rstrip('-')}-{digest}"


def _add_source(ctx: TrackingContext, run: str, source: Document) -> None:
    """Adds a job to the Sources of a run of ``sagemaker.experiments``."""

    def changes(present: Document) -> Document:
        sources = present.get("Sources", [])
        return {} if source in sources else {"Sources": [*sources, source]}

    try:
        ctx.records.update(COMPONENT, run, changes)
    except RecordMissing:
        return


def _named(ctx: TrackingContext, kind: str, name: str | None) -> Document | None:
    """Finds a record by its name, in upper or lower case."""
    if name is None:
        return None
    found = ctx.records.find(kind, name)
    return found or ctx.records.find_by_arn(sagemaker_arn(ctx.region, ctx.account, kind, name))
