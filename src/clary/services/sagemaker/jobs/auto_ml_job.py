"""Autopilot jobs: the operations. The kind is in ``clary.kinds.automl_job``.

A job that either Create has made is described by either Describe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.automl_job import KIND
from clary.kinds.automl_job.listing import list_candidates
from clary.kinds.records import create_record, find_record, stop_record
from clary.services.sagemaker._listing import list_records

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateAutoMLJobRequestTypeDef,
        CreateAutoMLJobV2RequestTypeDef,
        DescribeAutoMLJobRequestTypeDef,
        DescribeAutoMLJobV2RequestTypeDef,
        ListAutoMLJobsRequestTypeDef,
        ListCandidatesForAutoMLJobRequestTypeDef,
        StopAutoMLJobRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_auto_ml_job(ctx: Context, request: CreateAutoMLJobRequestTypeDef) -> Document:
    return {"AutoMLJobArn": create_record(ctx, KIND, request)}


def create_auto_ml_job_v2(ctx: Context, request: CreateAutoMLJobV2RequestTypeDef) -> Document:
    """Raises ValidationError for problems whose data is no table."""
    return {"AutoMLJobArn": create_record(ctx, KIND, request)}


def describe_auto_ml_job(ctx: Context, request: DescribeAutoMLJobRequestTypeDef) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["AutoMLJobName"]))


def describe_auto_ml_job_v2(ctx: Context, request: DescribeAutoMLJobV2RequestTypeDef) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["AutoMLJobName"]))


def list_auto_ml_jobs(ctx: Context, request: ListAutoMLJobsRequestTypeDef) -> Document:
    found = list_records(ctx, KIND.record_kind, request, answer="AutoMLJobSummaries")
    return {**found, "AutoMLJobSummaries": [KIND.answered(job) for job in found["AutoMLJobSummaries"]]}


def list_candidates_for_auto_ml_job(
    ctx: Context, request: ListCandidatesForAutoMLJobRequestTypeDef
) -> Document:
    return list_candidates(find_record(ctx, KIND, request["AutoMLJobName"]), request)


def stop_auto_ml_job(ctx: Context, request: StopAutoMLJobRequestTypeDef) -> None:
    """Raises NotFound; ValidationError when the job has ended."""
    stop_record(ctx, KIND, request["AutoMLJobName"])
