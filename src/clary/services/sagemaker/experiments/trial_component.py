"""Trial components: the steps of a trial, with their parameters, inputs, outputs and metrics.

The runner creates the component of each job (``runner/tracking.py``). Callers create others, and update both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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
from clary.store.component_artifacts import SOURCE_CODE
from clary.store.links import LinkKind, select_targets

from ._component_metrics import component_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sagemaker.type_defs import (
        CreateTrialComponentRequestTypeDef,
        DeleteTrialComponentRequestTypeDef,
        DescribeTrialComponentRequestTypeDef,
        ListTrialComponentsRequestTypeDef,
        TrialComponentParameterValueTypeDef,
        TrialComponentStatusTypeDef,
        UpdateTrialComponentRequestTypeDef,
    )

    from clary.services.context import Context, Document, Record

MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
"""Maps that an update merges by key; it replaces all other members."""


def create_trial_component(ctx: Context, request: CreateTrialComponentRequestTypeDef) -> Document:
    _check_parameters(request.get("Parameters", {}))
    wanted = {"DisplayName": request["TrialComponentName"], **request}
    arn = create_entity(ctx, COMPONENT, wanted, status=_status(request.get("Status")) or "")
    if _changes_lineage(request):
        lineage_of(ctx).follow(find_entity(ctx, COMPONENT, arn))
    return {"TrialComponentArn": arn}


def describe_trial_component(ctx: Context, request: DescribeTrialComponentRequestTypeDef) -> Document:
    record = find_entity(ctx, COMPONENT, request["TrialComponentName"])
    return {**answered(COMPONENT.kind, record), "Metrics": list(component_metrics(ctx, record))}


def update_trial_component(ctx: Context, request: UpdateTrialComponentRequestTypeDef) -> Document:
    """Merges Parameters and artifacts by key, then removes keys; replaces the other members."""
    _check_parameters(request.get("Parameters", {}))
    members: Mapping[str, Any] = request

    def changes(record: Record) -> Document:
        changed = chosen(request, "DisplayName", "Status", "StartTime", "EndTime")
        for member in MAPS:
            gone = set(members.get(f"{member}ToRemove", ()))
            if gone or member in members:
                merged = record.get(member, {}) | members.get(member, {})
                changed[member] = {key: value for key, value in merged.items() if key not in gone}
        return changed

    record = update_entity(
        ctx, COMPONENT, request["TrialComponentName"], changes, status=_status(request.get("Status"))
    )
    if _changes_lineage(request):
        lineage_of(ctx).follow(record)
    return {"TrialComponentArn": record["TrialComponentArn"]}


def list_trial_components(ctx: Context, request: ListTrialComponentsRequestTypeDef) -> Document:
    """A page of all components, or of those of an experiment, a trial or a job.

    Raises ValidationError when more than one of these is given, and NotFound.
    """
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


def delete_trial_component(ctx: Context, request: DeleteTrialComponentRequestTypeDef) -> Document:
    """Deletes its metrics and its lineage too. Raises ValidationError while it is in a trial."""
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


def _check_parameters(parameters: Mapping[str, TrialComponentParameterValueTypeDef]) -> None:
    for key, value in parameters.items():
        if len(value) != 1:
            raise ValidationError(
                f"Parameters.{key} has {' and '.join(value) or 'no value'}; "
                "give it a StringValue or a NumberValue."
            )
        # JSON has no NaN, and Search cannot compare with it.
        if not math.isfinite(value.get("NumberValue", 0.0)):
            raise ValidationError(
                f"Parameters.{key}.NumberValue is {value['NumberValue']}; give a finite number, "
                "or spell it as a StringValue."
            )


def _changes_lineage(request: Mapping[str, Any]) -> bool:
    """Most updates are of parameters and status only, and change no lineage."""
    artifacts = ("InputArtifacts", "OutputArtifacts", "InputArtifactsToRemove", "OutputArtifactsToRemove")
    return (
        any(request.get(member) for member in artifacts)
        or SOURCE_CODE in request.get("Parameters", {})
        or SOURCE_CODE in request.get("ParametersToRemove", ())
    )


def _status(status: TrialComponentStatusTypeDef | None) -> str | None:
    return None if status is None else status.get("PrimaryStatus")
