"""Trials: the attempts of an experiment. A trial has trial components, which other trials may have too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import NotFound, ValidationError
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
from clary.services.sagemaker._listing import list_records
from clary.store.links import LinkKind, select_sources, select_targets

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        AssociateTrialComponentRequestTypeDef,
        CreateTrialRequestTypeDef,
        DeleteTrialRequestTypeDef,
        DescribeTrialRequestTypeDef,
        DisassociateTrialComponentRequestTypeDef,
        ListTrialsRequestTypeDef,
        UpdateTrialRequestTypeDef,
    )

    from clary.services.context import Context, Document, Record


def create_trial(ctx: Context, request: CreateTrialRequestTypeDef) -> Document:
    with ctx.links.changing:
        experiment = find_entity(ctx, EXPERIMENT, request["ExperimentName"])["ExperimentName"]
        wanted = {"DisplayName": request["TrialName"], **request, "ExperimentName": experiment}
        arn = create_entity(ctx, TRIAL, wanted)
        ctx.links.add(LinkKind.TRIAL, experiment, request["TrialName"])
    return {"TrialArn": arn}


def describe_trial(ctx: Context, request: DescribeTrialRequestTypeDef) -> Document:
    return find_entity(ctx, TRIAL, request["TrialName"])


def update_trial(ctx: Context, request: UpdateTrialRequestTypeDef) -> Document:
    record = update_entity(ctx, TRIAL, request["TrialName"], chosen(request, "DisplayName"))
    return {"TrialArn": record["TrialArn"]}


def list_trials(ctx: Context, request: ListTrialsRequestTypeDef) -> Document:
    """A page of all trials, of those of an experiment, or of those that a trial component is in.

    Raises ValidationError when both are given, and NotFound.
    """
    names = None
    if "ExperimentName" in request and "TrialComponentName" in request:
        raise ValidationError("Give ExperimentName or TrialComponentName; the list can't be of both.")
    if "ExperimentName" in request:
        experiment = find_entity(ctx, EXPERIMENT, request["ExperimentName"])["ExperimentName"]
        names = select_targets(LinkKind.TRIAL, experiment)
    elif "TrialComponentName" in request:
        component = find_entity(ctx, COMPONENT, request["TrialComponentName"])["TrialComponentName"]
        names = select_sources(LinkKind.COMPONENT, component)
    return list_records(ctx, TRIAL.kind, request, answer="TrialSummaries", names=names)


def delete_trial(ctx: Context, request: DeleteTrialRequestTypeDef) -> Document:
    """Raises ValidationError while the trial has components."""
    with ctx.links.changing:
        record = find_entity(ctx, TRIAL, request["TrialName"])
        name = record["TrialName"]
        components = ctx.links.targets(LinkKind.COMPONENT, name)
        if components:
            raise ValidationError(
                f"Trial '{name}' has {len(components)} trial components, {components[0]} among them; take "
                "them out with DisassociateTrialComponent, then delete it."
            )
        arn = delete_entity(ctx, TRIAL, record)
        ctx.links.remove(LinkKind.TRIAL, record["ExperimentName"], name)
    return {"TrialArn": arn}


def associate_trial_component(ctx: Context, request: AssociateTrialComponentRequestTypeDef) -> Document:
    """Adds a component to a trial. A repeated call changes nothing."""
    with ctx.links.changing:
        trial, component = _pair(ctx, request)
        ctx.links.add(LinkKind.COMPONENT, trial["TrialName"], component["TrialComponentName"])
    return _arns(trial, component)


def disassociate_trial_component(ctx: Context, request: DisassociateTrialComponentRequestTypeDef) -> Document:
    """Takes a component out of a trial. Raises NotFound when it is not in it."""
    trial, component = _pair(ctx, request)
    if not ctx.links.remove(LinkKind.COMPONENT, trial["TrialName"], component["TrialComponentName"]):
        raise NotFound(
            f"Trial component '{component['TrialComponentName']}' is not associated with trial "
            f"'{trial['TrialName']}'."
        )
    return _arns(trial, component)


def _pair(
    ctx: Context, request: AssociateTrialComponentRequestTypeDef | DisassociateTrialComponentRequestTypeDef
) -> tuple[Record, Record]:
    trial = find_entity(ctx, TRIAL, request["TrialName"])
    return trial, find_entity(ctx, COMPONENT, request["TrialComponentName"])


def _arns(trial: Record, component: Record) -> Document:
    return {"TrialArn": trial["TrialArn"], "TrialComponentArn": component["TrialComponentArn"]}
