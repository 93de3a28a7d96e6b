"""Training jobs: the operations. What there is to know of the kind is in ``clary.kinds.training_job``.

A record keeps the request as it came, and beside it, with a leading underscore, what the runner needs:

    _StopRequestedAt   when StopTrainingJob was called; the one wish a caller can add later
    _StopRequestedBy   the ARN of that caller
    _Hosts, _Reports   the runner's and the host agents' own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.rules import rules_of
from clary.kinds.records import create_record, delete_record, find_record, stop_record
from clary.kinds.training_job import KIND
from clary.kinds.training_job.record import update
from clary.kinds.training_job.warm_pool import STATUS as WARM_POOL_STATUS
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker._pulled import check_pull
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateTrainingJobRequestTypeDef,
        DeleteTrainingJobRequestTypeDef,
        DescribeTrainingJobRequestTypeDef,
        ListTrainingJobsRequestTypeDef,
        StopTrainingJobRequestTypeDef,
        UpdateTrainingJobRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_training_job(ctx: Context, request: CreateTrainingJobRequestTypeDef) -> Document:
    # The model does not require it: its absence is refused where the record is made.
    algorithm: Document = dict(request.get("AlgorithmSpecification", {}))
    own_rules = [rule for rule in rules_of(dict(request)) if rule.custom]
    for image in (
        algorithm.get("TrainingImage", ""),
        *(rule.configuration["RuleEvaluatorImage"] for rule in own_rules),
    ):
        check_pull(ctx, request["RoleArn"], image)
    return {"TrainingJobArn": create_record(ctx, KIND, request)}


def describe_training_job(ctx: Context, request: DescribeTrainingJobRequestTypeDef) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["TrainingJobName"]))


def list_training_jobs(ctx: Context, request: ListTrainingJobsRequestTypeDef) -> Document:
    if "TrainingPlanArnEquals" in request:
        # There is no capacity to plan.
        return {"TrainingJobSummaries": []}
    pool = request.get("WarmPoolStatusEquals")
    return list_records(
        ctx,
        KIND.record_kind,
        request,
        answer="TrainingJobSummaries",
        order="Ascending",
        members=() if pool is None else ((WARM_POOL_STATUS, pool),),
    )


def stop_training_job(ctx: Context, request: StopTrainingJobRequestTypeDef) -> None:
    stop_record(ctx, KIND, request["TrainingJobName"])


def update_training_job(ctx: Context, request: UpdateTrainingJobRequestTypeDef) -> Document:
    """What AWS lets be changed of a running job: profiling, and rules that are added or disabled."""
    name = request["TrainingJobName"]
    wishes: Document = {member: value for member, value in request.items() if member != "TrainingJobName"}
    try:
        return {"TrainingJobArn": update(ctx, name, wishes)["TrainingJobArn"]}
    except RecordMissing:
        raise KIND.not_found(name) from None


def delete_training_job(ctx: Context, request: DeleteTrainingJobRequestTypeDef) -> None:
    delete_record(ctx, KIND, request["TrainingJobName"])
