"""Experiments: groups of trials that answer one question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.entities import (
    EXPERIMENT,
    chosen,
    create_entity,
    delete_entity,
    find_entity,
    update_entity,
)
from clary.services.sagemaker._listing import list_records
from clary.store.links import LinkKind

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateExperimentRequestTypeDef,
        DeleteExperimentRequestTypeDef,
        DescribeExperimentRequestTypeDef,
        ListExperimentsRequestTypeDef,
        UpdateExperimentRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_experiment(ctx: Context, request: CreateExperimentRequestTypeDef) -> Document:
    return {"ExperimentArn": create_entity(ctx, EXPERIMENT, {**_display_name(request), **request})}


def describe_experiment(ctx: Context, request: DescribeExperimentRequestTypeDef) -> Document:
    return find_entity(ctx, EXPERIMENT, request["ExperimentName"])


def update_experiment(ctx: Context, request: UpdateExperimentRequestTypeDef) -> Document:
    changes = chosen(request, "DisplayName", "Description")
    return {
        "ExperimentArn": update_entity(ctx, EXPERIMENT, request["ExperimentName"], changes)["ExperimentArn"]
    }


def list_experiments(ctx: Context, request: ListExperimentsRequestTypeDef) -> Document:
    return list_records(ctx, EXPERIMENT.kind, request, answer="ExperimentSummaries")


def delete_experiment(ctx: Context, request: DeleteExperimentRequestTypeDef) -> Document:
    """Raises ValidationError while the experiment has trials."""
    with ctx.links.changing:
        record = find_entity(ctx, EXPERIMENT, request["ExperimentName"])
        name = record["ExperimentName"]
        trials = ctx.links.targets(LinkKind.TRIAL, name)
        if trials:
            raise ValidationError(
                f"Experiment '{name}' has {len(trials)} trials, {trials[0]} among them; delete its trials "
                "with DeleteTrial, then delete it."
            )
        return {"ExperimentArn": delete_entity(ctx, EXPERIMENT, record)}


def _display_name(request: CreateExperimentRequestTypeDef) -> dict[str, Any]:
    return {"DisplayName": request["ExperimentName"]}
