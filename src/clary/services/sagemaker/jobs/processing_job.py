"""Processing jobs: the operations. What there is to know of the kind is in ``clary.kinds.processing_job``.

A record keeps the request as it came, and beside it, with a leading underscore, what the runner needs:

    _StopRequestedAt   when StopProcessingJob was called; the one wish a caller can add later
    _StopRequestedBy   the ARN of that caller
    _Hosts, _Reports   the runner's and the host agents' own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.processing_job import KIND
from clary.kinds.records import create_record, delete_record, stop_record
from clary.kinds.rule_evaluation.as_processing_job import find_rule_job, stop_rule_job
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker._pulled import check_pull

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateProcessingJobRequestTypeDef,
        DeleteProcessingJobRequestTypeDef,
        DescribeProcessingJobRequestTypeDef,
        ListProcessingJobsRequestTypeDef,
        StopProcessingJobRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_processing_job(ctx: Context, request: CreateProcessingJobRequestTypeDef) -> Document:
    check_pull(ctx, request["RoleArn"], request["AppSpecification"]["ImageUri"])
    return {"ProcessingJobArn": create_record(ctx, KIND, request)}


def describe_processing_job(ctx: Context, request: DescribeProcessingJobRequestTypeDef) -> Document:
    """A job, or a rule of a training job, which is one on the wire."""
    name = request["ProcessingJobName"]
    record = ctx.records.find(KIND.record_kind, name) or find_rule_job(ctx, name)
    if record is None:
        raise KIND.not_found(name)
    return KIND.answered(record)


def list_processing_jobs(ctx: Context, request: ListProcessingJobsRequestTypeDef) -> Document:
    return list_records(ctx, KIND.record_kind, request, answer="ProcessingJobSummaries", order="Ascending")


def stop_processing_job(ctx: Context, request: StopProcessingJobRequestTypeDef) -> None:
    name = request["ProcessingJobName"]
    if ctx.records.find(KIND.record_kind, name) is not None or not stop_rule_job(ctx, name):
        stop_record(ctx, KIND, name)


def delete_processing_job(ctx: Context, request: DeleteProcessingJobRequestTypeDef) -> None:
    """Raises ValidationError for a rule of a training job, and what ``delete_record`` raises."""
    name = request["ProcessingJobName"]
    if ctx.records.find(KIND.record_kind, name) is None:
        rule = find_rule_job(ctx, name)
        if rule is not None:
            raise ValidationError(
                f"{name} is a rule of {rule['TrainingJobArn']}; it is deleted with that training job."
            )
    delete_record(ctx, KIND, name)
