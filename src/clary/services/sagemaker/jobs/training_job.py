"""Training jobs: what callers may ask of them. What happens to them is the runner's.

A record keeps the request as it came, and beside it, with a leading underscore, what the runner needs:

    _StopRequestedAt   when StopTrainingJob was called; the one wish a caller can add later
    _StopRequestedBy   the ARN of that caller
    _Hosts, _Reports   the runner's and the host agents' own
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.kinds.experiment_config import check_experiment_config
from clary.kinds.rule_evaluation.record import check_rules, evaluate_rules, first_statuses, forget_rules
from clary.kinds.tags import tags_of_request
from clary.kinds.training_job.metric_definitions import check_metric_definitions, with_algorithm_metrics
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker._listing import list_records
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sagemaker.type_defs import (
        CreateTrainingJobRequestTypeDef,
        DeleteTrainingJobRequestTypeDef,
        DescribeTrainingJobRequestTypeDef,
        ListTrainingJobsRequestTypeDef,
        StopTrainingJobRequestTypeDef,
        UpdateTrainingJobRequestTypeDef,
    )

    from clary.services.context import Context, Document

KIND = "training-job"

COMMIT_TAG, REPOSITORY_TAG = "git:commit", "git:repository"
MEMBER_LIMIT = 1024

TERMINAL = ("Completed", "Failed", "Stopped")


def create_training_job(ctx: Context, request: CreateTrainingJobRequestTypeDef) -> Document:
    name = request["TrainingJobName"]
    _check(ctx, request)
    arn = sagemaker_arn(ctx.region, ctx.account, KIND, name)
    now = ctx.now()
    tags = tags_of_request(request)
    record: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        "AlgorithmSpecification": with_algorithm_metrics(ctx, dict(request)),
        "TrainingJobArn": arn,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "CreationTime": now,
        "LastModifiedTime": now,
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": now, "StatusMessage": "Starting the training job"}
        ],
        "_Owner": ctx.caller.arn,
    }
    record.setdefault("EnableNetworkIsolation", False)
    record.setdefault("EnableInterContainerTrafficEncryption", False)
    record.setdefault("EnableManagedSpotTraining", False)
    record |= first_statuses(record)
    if commit := _source_commit(tags):
        record["_SourceCommit"] = commit
    try:
        ctx.records.insert(KIND, name, record, arn=arn, status="InProgress")
    except RecordExists:
        raise ResourceInUse(
            "Training job names must be unique within an AWS account and region, and a training job with "
            f"this name already exists ({arn})"
        ) from None
    # A deleted job of this name may have left some, for its trial component.
    ctx.metrics.delete_all(arn)
    evaluate_rules(ctx, record)
    if tags:
        ctx.tags.put(arn, tags)
    return {"TrainingJobArn": arn}


def describe_training_job(ctx: Context, request: DescribeTrainingJobRequestTypeDef) -> Document:
    record = ctx.records.find(KIND, request["TrainingJobName"])
    if record is None:
        raise _missing()
    return answered(KIND, record)


def list_training_jobs(ctx: Context, request: ListTrainingJobsRequestTypeDef) -> Document:
    if "WarmPoolStatusEquals" in request or "TrainingPlanArnEquals" in request:
        # No job has either here: instances are made for one job, on this machine.
        return {"TrainingJobSummaries": []}
    return list_records(ctx, KIND, dict(request), answer="TrainingJobSummaries", order="Ascending")


def stop_training_job(ctx: Context, request: StopTrainingJobRequestTypeDef) -> None:
    def ask_to_stop(record: Document) -> Document:
        status = record["TrainingJobStatus"]
        if status == "Stopping":
            return {}
        if status in TERMINAL:
            raise ValidationError(
                f"The request was rejected because the training job is in status {status}; "
                "only a job that is InProgress can be stopped."
            )
        return {
            "_StopRequestedAt": ctx.now(),
            "_StopRequestedBy": ctx.caller.arn,
            "TrainingJobStatus": "Stopping",
        }

    _update(ctx, request["TrainingJobName"], ask_to_stop, status="Stopping")


def update_training_job(ctx: Context, request: UpdateTrainingJobRequestTypeDef) -> Document:
    """What AWS lets be changed of a running job: profiling, and rules that are added or disabled."""
    wishes: Document = {member: value for member, value in request.items() if member != "TrainingJobName"}

    def apply(record: Document) -> Document:
        if record["TrainingJobStatus"] in TERMINAL and "ResourceConfig" not in wishes:
            raise ValidationError(
                f"Training job {record['TrainingJobName']} is {record['TrainingJobStatus']}; "
                "only a job that is InProgress can be updated."
            )
        changes = dict(wishes)
        if "ResourceConfig" in wishes:
            changes["ResourceConfig"] = {**record["ResourceConfig"], **wishes["ResourceConfig"]}
        if "ProfilerConfig" in wishes:
            changes["ProfilerConfig"] = {**record.get("ProfilerConfig", {}), **wishes["ProfilerConfig"]}
        if "ProfilerRuleConfigurations" in wishes:
            named = {
                rule["RuleConfigurationName"]: rule for rule in record.get("ProfilerRuleConfigurations", [])
            }
            named.update(
                {rule["RuleConfigurationName"]: rule for rule in wishes["ProfilerRuleConfigurations"]}
            )
            changes["ProfilerRuleConfigurations"] = list(named.values())
            check_rules({**record, **changes})
        return changes

    record = _update(ctx, request["TrainingJobName"], apply)
    if "ProfilerRuleConfigurations" in wishes:
        evaluate_rules(ctx, record)
    return {"TrainingJobArn": record["TrainingJobArn"]}


def delete_training_job(ctx: Context, request: DeleteTrainingJobRequestTypeDef) -> None:
    name = request["TrainingJobName"]
    record = describe_training_job(ctx, {"TrainingJobName": name})
    if record["TrainingJobStatus"] not in TERMINAL:
        raise ResourceInUse(
            f"Training job {name} is {record['TrainingJobStatus']}; stop it and wait until it "
            "has ended, then delete it."
        )
    ctx.records.delete(KIND, name)
    forget_rules(ctx, name)
    ctx.tags.delete_all(record["TrainingJobArn"])


def _update(ctx: Context, name: str, changes: Any, *, status: str | None = None) -> Document:
    try:
        return ctx.records.update(KIND, name, changes, status=status)
    except RecordMissing:
        raise _missing() from None


def _source_commit(tags: Mapping[str, str]) -> Document:
    """``MetadataProperties`` of the job's trial component, from the tags of whoever knows the source."""
    members = {"CommitId": tags.get(COMMIT_TAG), "Repository": tags.get(REPOSITORY_TAG)}
    return {member: value[:MEMBER_LIMIT] for member, value in members.items() if value}


def _missing() -> NotFound:
    # What AWS answers for a job that is not there; not ResourceNotFound as elsewhere.
    return NotFound("Requested resource not found.", code="ValidationException")


def _check(ctx: Context, request: CreateTrainingJobRequestTypeDef) -> None:
    """What the model can't say. Raises ValidationError naming the member and the fix."""
    if "AlgorithmSpecification" not in request:
        raise ValidationError(
            "AlgorithmSpecification is required: name a TrainingImage and a TrainingInputMode."
        )
    algorithm = request["AlgorithmSpecification"]
    if "AlgorithmName" in algorithm:
        raise ValidationError(
            "AlgorithmSpecification.AlgorithmName names a Marketplace algorithm, which this server does not "
            "have; use TrainingImage."
        )
    if "TrainingImage" not in algorithm:
        raise ValidationError("AlgorithmSpecification.TrainingImage is required.")
    ctx.machines.check_image(algorithm["TrainingImage"])
    if request.get("EnableNetworkIsolation"):
        raise ValidationError(
            "EnableNetworkIsolation is true, but hosts share this machine's network, so it would not be "
            "kept; set it to false."
        )
    check_metric_definitions([dict(one) for one in algorithm.get("MetricDefinitions", ())])
    _check_cluster(ctx, request)
    _check_channels(request)
    check_rules(dict(request))
    check_experiment_config(ctx, dict(request.get("ExperimentConfig", {})))


def _check_cluster(ctx: Context, request: CreateTrainingJobRequestTypeDef) -> None:
    resources: Document = dict(request.get("ResourceConfig", {}))
    groups = resources.get("InstanceGroups", [])
    if groups and ("InstanceType" in resources or "InstanceCount" in resources):
        raise ValidationError(
            "ResourceConfig has InstanceGroups and InstanceType or InstanceCount; give the one or the other."
        )
    if not groups and not ("InstanceType" in resources and "InstanceCount" in resources):
        raise ValidationError("ResourceConfig needs InstanceType and InstanceCount, or InstanceGroups.")
    names = [group["InstanceGroupName"] for group in groups]
    if len(set(names)) != len(names):
        raise ValidationError("ResourceConfig.InstanceGroups: each InstanceGroupName may be used once.")
    for group in groups or [resources]:
        if group["InstanceCount"] < 1:
            raise ValidationError(
                f"ResourceConfig.InstanceCount is {group['InstanceCount']}; at least 1 host is needed."
            )
        ctx.machines.check_cluster(group["InstanceType"], group["InstanceCount"])
    _check_wait(request)


def _check_wait(request: CreateTrainingJobRequestTypeDef) -> None:
    stopping = request.get("StoppingCondition", {})
    longest_wait = stopping.get("MaxWaitTimeInSeconds")
    longest_run = stopping.get("MaxRuntimeInSeconds", 86_400)
    if request.get("EnableManagedSpotTraining"):
        if longest_wait is None or longest_wait < longest_run:
            raise ValidationError(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                f"MaxRuntimeInSeconds when EnableManagedSpotTraining is true; give at least {longest_run}."
            )
    elif longest_wait is not None and "RetryStrategy" not in request:
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is true, or "
            "with a RetryStrategy; leave it out: MaxRuntimeInSeconds bounds the job."
        )
    elif longest_wait is not None and longest_wait < longest_run:
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It must be greater than or equal to MaxRuntimeInSeconds, which is "
            f"{longest_run}."
        )


def _check_channels(request: CreateTrainingJobRequestTypeDef) -> None:
    seen: set[str] = set()
    for channel in request.get("InputDataConfig", []):
        name = channel["ChannelName"]
        if name in seen:
            raise ValidationError(
                f"InputDataConfig has two channels named {name}; a ChannelName may be used once."
            )
        seen.add(name)
        source = channel["DataSource"]
        if "S3DataSource" not in source:
            raise ValidationError(
                f"Channel {name}: only S3DataSource is served; FileSystemDataSource and others need a file "
                "system that this server does not manage. Copy the data to S3 with aws s3 sync."
            )
        s3 = source["S3DataSource"]
        if s3["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise ValidationError(
                f"Channel {name}: S3DataType {s3['S3DataType']} is not served; use S3Prefix or ManifestFile."
            )
        if not s3["S3Uri"].startswith("s3://"):
            raise ValidationError(f"Channel {name}: S3Uri is {s3['S3Uri']!r}; it has to begin with s3://")
