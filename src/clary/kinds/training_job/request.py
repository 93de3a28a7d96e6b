"""Checks of CreateTrainingJob that the model can't express. Every error names the member and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.experiment_config import check_experiment_config
from clary.kinds.isolation import check_isolation

from .metric_definitions import check_metric_definitions
from .warm_pool import check_warm_pool

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores


def check_request(stores: Stores, request: Document) -> None:
    """Raises ValidationError naming the member and the fix."""
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
    stores.machines.check_image(algorithm["TrainingImage"])
    if request.get("EnableNetworkIsolation"):
        check_isolation(stores, "EnableNetworkIsolation", algorithm["TrainingImage"])
    check_metric_definitions(algorithm.get("MetricDefinitions", ()))
    _check_cluster(stores, request)
    _check_channels(request)
    if not {"TuningJobArn", "AutoMLJobArn"} & request.keys():
        # The experiment of a job that makes jobs may be deleted while it runs; further ones are in none then.
        check_experiment_config(stores, request.get("ExperimentConfig", {}))


def _check_cluster(stores: Stores, request: Document) -> None:
    resources = request.get("ResourceConfig", {})
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
        stores.machines.check_cluster(group["InstanceType"], group["InstanceCount"])
    _check_wait(request)
    check_warm_pool(request)


def _check_wait(request: Document) -> None:
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


def _check_channels(request: Document) -> None:
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
