"""From a job's record to what each of its hosts is told: the one translation of spellings.

A cluster is N hosts algo-1 .. algo-N, in the order of its instance groups. Each has a loopback address
of its own, made from the job's name, so that two hosts may listen on one port and two jobs never meet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from clary.compute.instances import with_more_memory
from clary.domain.hosts import (
    AgentCredentials,
    ChannelSpec,
    CheckpointSpec,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
)

Document = dict[str, Any]

HOMOGENEOUS = "homogeneousCluster"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
DEFAULT_MAX_RUNTIME_S = 86_400.0
DEFAULT_VOLUME_GB = 30
"""Of a job that says nothing, as may those on instances with disks of their own."""


@dataclass(frozen=True, slots=True)
class Member:
    """One host of a cluster, before it is told anything. ``rank`` is its place in its group."""

    host_name: str
    instance_type: str
    group: str
    rank: int
    group_size: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a host gets of the machine."""

    cpus: int
    memory_bytes: int
    gpus: int


def members(record: Document) -> list[Member]:
    """Every host of the cluster that a record asks for."""
    found: list[Member] = []
    for group in instance_groups(record):
        for rank in range(group["InstanceCount"]):
            found.append(
                Member(
                    host_name=f"algo-{len(found) + 1}",
                    instance_type=group["InstanceType"],
                    group=group["InstanceGroupName"],
                    rank=rank,
                    group_size=group["InstanceCount"],
                )
            )
    return found


def instance_groups(record: Document) -> list[Document]:
    resources = record["ResourceConfig"]
    groups: list[Document] = resources.get("InstanceGroups") or [
        {
            "InstanceGroupName": HOMOGENEOUS,
            "InstanceType": resources["InstanceType"],
            "InstanceCount": resources["InstanceCount"],
        }
    ]
    return groups


def host_specs(
    record: Document,
    *,
    shares: dict[str, Share],
    environment: EnvironmentSpec,
    algorithm: str,
    endpoint: Endpoint,
    credentials: dict[str, AgentCredentials],
    log_streams: dict[str, tuple[str, int]],
) -> dict[str, HostSpec]:
    """Host name to its spec. ``shares``, ``credentials`` and ``log_streams`` go by host name too.

    log_streams: the stream, and how many events it has already.
    """
    cluster = members(record)
    addresses = {
        member.host_name: loopback_address(record["TrainingJobArn"], member.host_name) for member in cluster
    }
    groups = tuple(
        {
            "instance_group_name": group["InstanceGroupName"],
            "instance_type": group["InstanceType"],
            "hosts": [member.host_name for member in cluster if member.group == group["InstanceGroupName"]],
        }
        for group in instance_groups(record)
    )
    return {
        member.host_name: HostSpec(
            job_name=record["TrainingJobName"],
            job_arn=record["TrainingJobArn"],
            job_kind="training-job",
            host_name=member.host_name,
            address=addresses[member.host_name],
            hosts=addresses,
            instance_type=member.instance_type,
            instance_group=member.group,
            instance_groups=groups,
            cpus=shares[member.host_name].cpus,
            memory_bytes=shares[member.host_name].memory_bytes,
            gpus=shares[member.host_name].gpus,
            endpoint=endpoint,
            agent_credentials=credentials[member.host_name],
            role_arn=record["RoleArn"],
            environment=environment,
            config_files=_config_files(record, member, groups),
            variables={
                **record.get("Environment", {}),
                "TRAINING_JOB_NAME": record["TrainingJobName"],
                "TRAINING_JOB_ARN": record["TrainingJobArn"],
            },
            channels=_channels(record, member, len(cluster)),
            entrypoint=tuple(record["AlgorithmSpecification"].get("ContainerEntrypoint", ())),
            arguments=tuple(record["AlgorithmSpecification"].get("ContainerArguments", ())),
            algorithm=algorithm,
            checkpoint=_checkpoint(record),
            model_uri=_output_uri(record, member, "model.tar.gz"),
            output_data_uri=_output_uri(record, member, "output.tar.gz"),
            output_compression=record["OutputDataConfig"].get("CompressionType", "GZIP"),
            log_group=LOG_GROUP,
            log_stream=log_streams[member.host_name][0],
            log_position=log_streams[member.host_name][1],
            metric_definitions=tuple(
                (metric["Name"], metric["Regex"])
                for metric in record["AlgorithmSpecification"].get("MetricDefinitions", [])
            ),
            step_times=_wants_step_times(record),
            disk_bytes=volume_bytes(record["ResourceConfig"]),
            larger_instances=with_more_memory(shares[member.host_name].memory_bytes),
            max_runtime_s=float(
                record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
            ),
        )
        for member in cluster
    }


def volume_bytes(resources: Document) -> int:
    """What a host may write: its volume, as ResourceConfig or ClusterConfig asks for it."""
    return int(resources.get("VolumeSizeInGB") or DEFAULT_VOLUME_GB) << 30


def model_artifact_uri(record: Document) -> str:
    """Where the model of a job goes: the value of ``S3ModelArtifacts``."""
    if record["OutputDataConfig"].get("CompressionType", "GZIP") == "NONE":
        return f"{_output_folder(record)}/model/"
    return f"{_output_folder(record)}/model.tar.gz"


def loopback_address(job_arn: str, host_name: str) -> str:
    """An address of 127.64.0.0/10 for one host of one job; the same each time."""
    digest = hashlib.sha256(f"{job_arn}/{host_name}".encode()).digest()
    return f"127.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}"


def _output_folder(record: Document) -> str:
    return f"{record['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{record['TrainingJobName']}/output"


def _output_uri(record: Document, member: Member, file: str) -> str:
    """The first host's artifacts stand where clients look for them; another's in a folder of its own."""
    folder = _output_folder(record)
    return f"{folder}/{file}" if member.host_name == "algo-1" else f"{folder}/{member.host_name}/{file}"


def _channels(record: Document, member: Member, cluster_size: int) -> tuple[ChannelSpec, ...]:
    default_mode = record["AlgorithmSpecification"].get("TrainingInputMode", "File")
    specs = []
    for channel in record.get("InputDataConfig", []):
        source = channel["DataSource"]["S3DataSource"]
        groups = source.get("InstanceGroupNames", [])
        if groups and member.group not in groups:
            continue
        shard = None
        if source.get("S3DataDistributionType") == "ShardedByS3Key":
            # Across the groups the channel names, or across the whole cluster.
            shard = (
                _shard(record, member, groups) if groups else (int(member.host_name[5:]) - 1, cluster_size)
            )
        specs.append(
            ChannelSpec(
                name=channel["ChannelName"],
                uri=source["S3Uri"],
                data_type=source["S3DataType"],
                mode=channel.get("InputMode", default_mode),
                compression=channel.get("CompressionType", "None"),
                record_wrapper=channel.get("RecordWrapperType", "None"),
                shard=shard,
            )
        )
    return tuple(specs)


def _shard(record: Document, member: Member, groups: list[str]) -> tuple[int, int]:
    sharing = [other.host_name for other in members(record) if other.group in groups]
    return sharing.index(member.host_name), len(sharing)


def _checkpoint(record: Document) -> CheckpointSpec | None:
    config = record.get("CheckpointConfig")
    if config is None:
        return None
    return CheckpointSpec(config["S3Uri"], config.get("LocalPath", "/opt/ml/checkpoints"))


def _config_files(record: Document, member: Member, groups: tuple[Document, ...]) -> Document:
    """What lies under /opt/ml/input/config."""
    algorithm = record["AlgorithmSpecification"]
    files: Document = {
        "hyperparameters.json": record.get("HyperParameters", {}),
        "inputdataconfig.json": {
            channel["ChannelName"]: _channel_config(channel, algorithm.get("TrainingInputMode", "File"))
            for channel in record.get("InputDataConfig", [])
        },
        "resourceconfig.json": {
            "current_host": member.host_name,
            "current_instance_type": member.instance_type,
            "current_group_name": member.group,
            "hosts": [host for group in groups for host in group["hosts"]],
            "instance_groups": list(groups),
            # Every host is on this machine's loopback: the one interface that has all their addresses.
            "network_interface_name": "lo",
        },
    }
    for name, config in (
        ("debughookconfig.json", "DebugHookConfig"),
        ("profilerconfig.json", "ProfilerConfig"),
        ("tensorboardoutputconfig.json", "TensorBoardOutputConfig"),
        ("checkpointconfig.json", "CheckpointConfig"),
    ):
        if config in record:
            files[name] = record[config]
    if "profilerconfig.json" in files:
        # A profile goes beside the model where nothing else is said.
        output = {"S3OutputPath": record["OutputDataConfig"]["S3OutputPath"]}
        files["profilerconfig.json"] = {**output, **files["profilerconfig.json"]}
    return files


def _wants_step_times(record: Document) -> bool:
    """The SDK gives every job a ProfilerConfig; that alone loads nothing into the user's process."""
    asked = record.get("ProfilerRuleConfigurations") or record.get("ProfilerConfig", {}).get(
        "ProfilingParameters"
    )
    return "DebugHookConfig" in record or bool(asked)


def _channel_config(channel: Document, default_mode: str) -> Document:
    source = channel["DataSource"]["S3DataSource"]
    config = {
        "TrainingInputMode": channel.get("InputMode", default_mode),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        config["ContentType"] = channel["ContentType"]
    return config
