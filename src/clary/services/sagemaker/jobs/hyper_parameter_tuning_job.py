"""Tuning jobs: the operations. The kind is in ``clary.kinds.hyper_parameter_tuning_job``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.hyper_parameter_tuning_job import KIND
from clary.kinds.hyper_parameter_tuning_job.listing import list_trials
from clary.kinds.records import create_record, delete_record, find_record, stop_record
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker._pulled import check_pull

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateHyperParameterTuningJobRequestTypeDef,
        DeleteHyperParameterTuningJobRequestTypeDef,
        DescribeHyperParameterTuningJobRequestTypeDef,
        ListHyperParameterTuningJobsRequestTypeDef,
        ListTrainingJobsForHyperParameterTuningJobRequestTypeDef,
        StopHyperParameterTuningJobRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_hyper_parameter_tuning_job(
    ctx: Context, request: CreateHyperParameterTuningJobRequestTypeDef
) -> Document:
    one = request.get("TrainingJobDefinition")
    for definition in [*([one] if one else []), *request.get("TrainingJobDefinitions", ())]:
        check_pull(ctx, definition["RoleArn"], definition["AlgorithmSpecification"].get("TrainingImage", ""))
    return {"HyperParameterTuningJobArn": create_record(ctx, KIND, request)}


def describe_hyper_parameter_tuning_job(
    ctx: Context, request: DescribeHyperParameterTuningJobRequestTypeDef
) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["HyperParameterTuningJobName"]))


def list_hyper_parameter_tuning_jobs(
    ctx: Context, request: ListHyperParameterTuningJobsRequestTypeDef
) -> Document:
    found = list_records(
        ctx, KIND.record_kind, request, answer="HyperParameterTuningJobSummaries", order="Ascending"
    )
    for job in found["HyperParameterTuningJobSummaries"]:
        config = job["HyperParameterTuningJobConfig"]
        job |= {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
    return found


def list_training_jobs_for_hyper_parameter_tuning_job(
    ctx: Context, request: ListTrainingJobsForHyperParameterTuningJobRequestTypeDef
) -> Document:
    return list_trials(ctx, find_record(ctx, KIND, request["HyperParameterTuningJobName"]), request)


def stop_hyper_parameter_tuning_job(ctx: Context, request: StopHyperParameterTuningJobRequestTypeDef) -> None:
    """Raises NotFound; ValidationError when the job has ended."""
    stop_record(ctx, KIND, request["HyperParameterTuningJobName"])


def delete_hyper_parameter_tuning_job(
    ctx: Context, request: DeleteHyperParameterTuningJobRequestTypeDef
) -> None:
    """Its training jobs stay, as on AWS. Raises NotFound; ResourceInUse while it has not ended."""
    delete_record(ctx, KIND, request["HyperParameterTuningJobName"])
