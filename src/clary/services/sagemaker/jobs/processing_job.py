"""Processing jobs: what callers may ask of them. What happens to them is the runner's.

A record keeps the request as it came, and beside it, with a leading underscore, what the runner needs:

    _StopRequestedAt   when StopProcessingJob was called; the one wish a caller can add later
    _StopRequestedBy   the ARN of that caller
    _Hosts, _Reports   the runner's and the host agents' own
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.domain.hosts import PROCESSING_JOB
from clary.kinds.processing_job.request import check_processing_request, selected
from clary.kinds.rule_evaluation.as_processing_job import find_rule_job, stop_rule_job
from clary.kinds.tags import tags_of_request
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker._listing import list_records
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateProcessingJobRequestTypeDef,
        DeleteProcessingJobRequestTypeDef,
        DescribeProcessingJobRequestTypeDef,
        ListProcessingJobsRequestTypeDef,
        StopProcessingJobRequestTypeDef,
    )

    from clary.services.context import Context, Document

TERMINAL = ("Completed", "Failed", "Stopped")
DEFAULT_MAX_RUNTIME_S = 86_400


def create_processing_job(ctx: Context, request: CreateProcessingJobRequestTypeDef) -> Document:
    wishes: Document = copy.deepcopy({**request})
    tags = tags_of_request(request)
    wishes.pop("Tags", None)
    check_processing_request(ctx, wishes)
    name = wishes["ProcessingJobName"]
    arn = sagemaker_arn(ctx.region, ctx.account, PROCESSING_JOB, name)
    now = ctx.now()
    resources = wishes["ProcessingResources"]
    record: Document = {
        "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S},
        **wishes,
        "ProcessingResources": {**resources, "ClusterConfig": selected(resources["ClusterConfig"])},
        "ProcessingJobArn": arn,
        "ProcessingJobStatus": "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_Owner": ctx.caller.arn,
    }
    try:
        ctx.records.insert(PROCESSING_JOB, name, record, arn=arn, status="InProgress")
    except RecordExists:
        raise ResourceInUse(
            "Processing job names must be unique within an AWS account and region, and a processing job with "
            f"this name already exists ({arn})"
        ) from None
    # A deleted job of this name may have left some, for its trial component.
    ctx.metrics.delete_all(arn)
    if tags:
        ctx.tags.put(arn, tags)
    return {"ProcessingJobArn": arn}


def describe_processing_job(ctx: Context, request: DescribeProcessingJobRequestTypeDef) -> Document:
    name = request["ProcessingJobName"]
    record = ctx.records.find(PROCESSING_JOB, name) or find_rule_job(ctx, name)
    if record is None:
        raise _missing(name)
    return answered(PROCESSING_JOB, record)


def list_processing_jobs(ctx: Context, request: ListProcessingJobsRequestTypeDef) -> Document:
    return list_records(
        ctx, PROCESSING_JOB, dict(request), answer="ProcessingJobSummaries", order="Ascending"
    )


def stop_processing_job(ctx: Context, request: StopProcessingJobRequestTypeDef) -> None:
    name = request["ProcessingJobName"]

    def ask_to_stop(record: Document) -> Document:
        status = record["ProcessingJobStatus"]
        if status == "Stopping":
            return {}
        if status in TERMINAL:
            raise ValidationError(
                f"The request was rejected because the processing job is in status {status}; "
                "only a job that is InProgress can be stopped."
            )
        return {
            "_StopRequestedAt": ctx.now(),
            "_StopRequestedBy": ctx.caller.arn,
            "ProcessingJobStatus": "Stopping",
        }

    try:
        ctx.records.update(PROCESSING_JOB, name, ask_to_stop, status="Stopping")
    except RecordMissing:
        if not stop_rule_job(ctx, name):
            raise _missing(name) from None


def delete_processing_job(ctx: Context, request: DeleteProcessingJobRequestTypeDef) -> None:
    name = request["ProcessingJobName"]
    record = describe_processing_job(ctx, {"ProcessingJobName": name})
    if record["ProcessingJobStatus"] not in TERMINAL:
        raise ResourceInUse(
            f"Processing job {name} is {record['ProcessingJobStatus']}; stop it and wait until it "
            "has ended, then delete it."
        )
    if "TrainingJobArn" in record:
        raise ValidationError(
            f"{name} is a rule of {record['TrainingJobArn']}; it is deleted with that training job."
        )
    ctx.records.delete(PROCESSING_JOB, name)
    ctx.tags.delete_all(record["ProcessingJobArn"])


def _missing(name: str) -> NotFound:
    # What AWS answers for a job that is not there; not ResourceNotFound as the model says.
    return NotFound(f"Could not find requested job with name: {name}", code="ValidationException")
