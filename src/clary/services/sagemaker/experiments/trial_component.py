"""Trial components: one step of a trial each, with its parameters, inputs, outputs and metrics.

Jobs make theirs by themselves (``runner/tracking.py``); callers make others, and may add to both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clary.domain.arns import canonical_arn
from clary.domain.errors import ValidationError
from clary.kinds.entities import (
    COMPONENT,
    EXPERIMENT,
    TRIAL,
    chosen,
    create_entity,
    delete_entity,
    find_entity,
    update_entity,
)
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker.lineage._sourced import lineage_of
from clary.store.lineage import SOURCE_CODE
from clary.store.links import LinkKind, select_targets

from ._component_metrics import component_metrics

if TYPE_CHECKING:
    from clary.services.context import Context, Document

MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
"""Members that an update adds to, key by key."""


def create_trial_component(ctx: Context, request: Document) -> Document:
    _check_parameters(request)
    wanted = {"DisplayName": request["TrialComponentName"], **request}
    arn = create_entity(ctx, COMPONENT, wanted, status=_status(request) or "")
    if _changes_lineage(request):
        lineage_of(ctx).follow(find_entity(ctx, COMPONENT, arn))
    return {"TrialComponentArn": arn}


def describe_trial_component(ctx: Context, request: Document) -> Document:
    record = find_entity(ctx, COMPONENT, request["TrialComponentName"])
    return {**answered(COMPONENT.kind, record), "Metrics": list(component_metrics(ctx, record))}


def update_trial_component(ctx: Context, request: Document) -> Document:
    """Adds to Parameters and artifacts by their keys, then takes away; replaces the rest."""
    _check_parameters(request)

    def changes(record: Document) -> Document:
        changed = chosen(request, "DisplayName", "Status", "StartTime", "EndTime")
        for member in MAPS:
            gone = set(request.get(f"{member}ToRemove", ()))
            if gone or member in request:
                merged = record.get(member, {}) | request.get(member, {})
                changed[member] = {key: value for key, value in merged.items() if key not in gone}
        return changed

    record = update_entity(ctx, COMPONENT, request["TrialComponentName"], changes, status=_status(request))
    if _changes_lineage(request):
        lineage_of(ctx).follow(record)
    return {"TrialComponentArn": record["TrialComponentArn"]}


def list_trial_components(ctx: Context, request: Document) -> Document:
    """All, or those of an experiment, of a trial, or of a job."""
    if sum(member in request for member in ("ExperimentName", "TrialName", "SourceArn")) > 1:
        raise ValidationError("Give one of ExperimentName, TrialName and SourceArn; the list is of one only.")
    names = None
    if "ExperimentName" in request:
        experiment = find_entity(ctx, EXPERIMENT, request["ExperimentName"])["ExperimentName"]
        names = select_targets(LinkKind.COMPONENT, select_targets(LinkKind.TRIAL, experiment))
    elif "TrialName" in request:
        trial = find_entity(ctx, TRIAL, request["TrialName"])["TrialName"]
        names = select_targets(LinkKind.COMPONENT, trial)
    elif "SourceArn" in request:
        names = select_targets(LinkKind.ORIGIN, canonical_arn(request["SourceArn"]))
    found = list_records(ctx, COMPONENT.kind, request, answer="TrialComponentSummaries", names=names)
    for summary in found["TrialComponentSummaries"]:
        if "Source" in summary:
            summary["TrialComponentSource"] = summary["Source"]
    return found


def delete_trial_component(ctx: Context, request: Document) -> Document:
    """Refused while it is in a trial. Its metrics and its place in the lineage go with it."""
    with ctx.links.changing:
        record = find_entity(ctx, COMPONENT, request["TrialComponentName"])
        name = record["TrialComponentName"]
        trials = ctx.links.sources(LinkKind.COMPONENT, name)
        if trials:
            raise ValidationError(
                f"Trial component '{name}' is associated with {len(trials)} trials, {trials[0]} among them; "
                "take it out with DisassociateTrialComponent, then delete it."
            )
        arn = delete_entity(ctx, COMPONENT, record)
        if "Source" in record:
            ctx.links.remove(LinkKind.ORIGIN, record["Source"]["SourceArn"], name)
        ctx.metrics.delete_all(arn)
        lineage_of(ctx).forget(arn)
    return {"TrialComponentArn": arn}


def _check_parameters(request: Document) -> None:
    for key, value in request.get("Parameters", {}).items():
        if len(value) != 1:
            raise ValidationError(
                f"Parameters.{key} has {' and '.join(value) or 'no value'}; "
                "give it a StringValue or a NumberValue."
            )
        # A document can't hold NaN, and no number compares with it.
        if not math.isfinite(value.get("NumberValue", 0.0)):
            raise ValidationError(
                f"Parameters.{key}.NumberValue is {value['NumberValue']}; give a finite number, "
                "or spell it as a StringValue."
            )


def _changes_lineage(request: Document) -> bool:
    """Most updates are of parameters and status, and have no artifact to follow."""
    artifacts = ("InputArtifacts", "OutputArtifacts", "InputArtifactsToRemove", "OutputArtifactsToRemove")
    return (
        any(request.get(member) for member in artifacts)
        or SOURCE_CODE in request.get("Parameters", {})
        or SOURCE_CODE in request.get("ParametersToRemove", ())
    )


def _status(request: Document) -> str | None:
    status: str | None = request.get("Status", {}).get("PrimaryStatus")
    return status
