"""Transform jobs: the operations. What there is to know of the kind is in ``clary.kinds.transform_job``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.records import create_record, find_record, stop_record
from clary.kinds.transform_job import KIND
from clary.services.sagemaker._listing import list_records

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateTransformJobRequestTypeDef,
        DescribeTransformJobRequestTypeDef,
        ListTransformJobsRequestTypeDef,
        StopTransformJobRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_transform_job(ctx: Context, request: CreateTransformJobRequestTypeDef) -> Document:
    return {"TransformJobArn": create_record(ctx, KIND, request)}


def describe_transform_job(ctx: Context, request: DescribeTransformJobRequestTypeDef) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["TransformJobName"]))


def list_transform_jobs(ctx: Context, request: ListTransformJobsRequestTypeDef) -> Document:
    return list_records(ctx, KIND.record_kind, request, answer="TransformJobSummaries")


def stop_transform_job(ctx: Context, request: StopTransformJobRequestTypeDef) -> None:
    """Raises NotFound; ValidationError when the job has ended."""
    stop_record(ctx, KIND, request["TransformJobName"])
