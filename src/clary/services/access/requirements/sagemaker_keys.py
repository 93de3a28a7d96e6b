"""Condition keys of SageMaker requests: instances, networks, keys, file systems and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .requirement import request_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .requirement import KeyValues


_SECURITY = {
    "EnableInterContainerTrafficEncryption": "sagemaker:intercontainertrafficencryption",
    "VolumeKmsKeyId": "sagemaker:volumekmskey",
    "VpcConfig.SecurityGroupIds": "sagemaker:vpcsecuritygroupids",
    "VpcConfig.Subnets": "sagemaker:vpcsubnets",
}
"""Members of an Autopilot job's SecurityConfig, which the two operations have at different places."""

_KEYS = {
    **{f"AutoMLJobConfig.SecurityConfig.{member}": key for member, key in _SECURITY.items()},
    **{f"SecurityConfig.{member}": key for member, key in _SECURITY.items()},
    "EnableInterContainerTrafficEncryption": "sagemaker:intercontainertrafficencryption",
    "EnableNetworkIsolation": "sagemaker:networkisolation",
    "HyperParameterTuningResourceConfig.VolumeKmsKeyId": "sagemaker:volumekmskey",
    "NetworkConfig.EnableInterContainerTrafficEncryption": "sagemaker:intercontainertrafficencryption",
    "NetworkConfig.EnableNetworkIsolation": "sagemaker:networkisolation",
    "NetworkConfig.VpcConfig.SecurityGroupIds": "sagemaker:vpcsecuritygroupids",
    "NetworkConfig.VpcConfig.Subnets": "sagemaker:vpcsubnets",
    "OutputDataConfig.KmsKeyId": "sagemaker:outputkmskey",
    "ProcessingOutputConfig.KmsKeyId": "sagemaker:outputkmskey",
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": "sagemaker:volumekmskey",
    "RemoteDebugConfig.EnableRemoteDebug": "sagemaker:enableremotedebug",
    "ResourceConfig.KeepAlivePeriodInSeconds": "sagemaker:keepaliveperiod",
    "ResourceConfig.VolumeKmsKeyId": "sagemaker:volumekmskey",
    "StoppingCondition.MaxRuntimeInSeconds": "sagemaker:maxruntimeinseconds",
    "TransformOutput.KmsKeyId": "sagemaker:outputkmskey",
    "TransformResources.VolumeKmsKeyId": "sagemaker:volumekmskey",
    "VpcConfig.SecurityGroupIds": "sagemaker:vpcsecuritygroupids",
    "VpcConfig.Subnets": "sagemaker:vpcsubnets",
}
"""Member of a request to its condition key."""


def asked_of(params: dict[str, Any]) -> KeyValues:
    """Returns the condition keys of a request, for every operation."""
    context = request_tags(params.get("Tags") or params.get("TagKeys"))
    for path, key in _KEYS.items():
        value = _member(params, path)
        if isinstance(value, bool):
            context[key] = "true" if value else "false"
        elif value not in (None, "", []):
            context[key] = value if isinstance(value, list) else str(value)
    instance_types = list(dict.fromkeys(_instance_types(params)))
    if instance_types:
        context["sagemaker:instancetypes"] = instance_types
    context.update(_file_systems(params))
    for condition in params.get("VisibilityConditions") or ():
        tag = str(condition.get("Key", "")).lower()
        context[f"sagemaker:searchvisibilitycondition/{tag}"] = condition.get("Value", "")
    return context


def asked_by_each(params: dict[str, Any]) -> list[KeyValues]:
    """Returns the condition keys of a tuning job, for each definition of its training jobs.

    Each has to be allowed by itself: one that is within a network must not hide another that is not.
    """
    one = params.get("TrainingJobDefinition")
    definitions = [*([one] if one else []), *(params.get("TrainingJobDefinitions") or ())]
    own = request_tags(params.get("Tags"))
    return [{**own, **asked_of(definition)} for definition in definitions] or [own]


def _member(params: dict[str, Any], path: str) -> Any:
    value: Any = params
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


_FILE_SYSTEM_KEYS = {
    "DirectoryPath": "sagemaker:filesystemdirectorypath",
    "FileSystemAccessMode": "sagemaker:filesystemaccessmode",
    "FileSystemId": "sagemaker:filesystemid",
    "FileSystemType": "sagemaker:filesystemtype",
}


def _file_systems(params: dict[str, Any]) -> KeyValues:
    """Returns the keys of the file systems of all channels. A key has one value for each file system."""
    channels = params.get("InputDataConfig")
    found: dict[str, list[str]] = {}
    for channel in channels if isinstance(channels, list) else ():
        source = (channel.get("DataSource") or {}).get("FileSystemDataSource") or {}
        for member, key in _FILE_SYSTEM_KEYS.items():
            if source.get(member):
                found.setdefault(key, []).append(source[member])
    return dict(found)


_INSTANCE_HOLDERS = frozenset(
    {
        "ClusterConfig",
        "HyperParameterTuningResourceConfig",
        "InstanceConfigs",
        "InstanceGroups",
        "InstancePreferences",
        "ProcessingResources",
        "ProductionVariants",
        "ResourceConfig",
        "ShadowProductionVariants",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
        "TransformResources",
    }
)


def _instance_types(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _instance_types(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "InstanceType" and isinstance(member, str):
                yield member
            elif name in _INSTANCE_HOLDERS:
                yield from _instance_types(member)
