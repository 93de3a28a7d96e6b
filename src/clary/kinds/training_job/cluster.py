"""Translates the record of a training job into the spec of each host.

The hosts are in the order of the instance groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import ChannelSpec, CheckpointSpec, HostSpec, TrainingSpec
from clary.kinds.cluster import host_addresses
from clary.kinds.hosts import ClusterHost, volume_bytes

from .attempts import runtime_left_s
from .interruption import is_spot
from .warm_pool import keep_alive_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import Endpoint
    from clary.kinds.cluster import HostStart
    from clary.kinds.decision import RecordKey

Document = dict[str, Any]

HOMOGENEOUS = "homogeneousCluster"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"


def hosts(record: Document) -> list[ClusterHost]:
    """Every host of the cluster that a record asks for."""
    found: list[ClusterHost] = []
    for group in instance_groups(record):
        for rank in range(group["InstanceCount"]):
            found.append(
                ClusterHost(
                    name=f"algo-{len(found) + 1}",
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
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    """Host name to its spec, as ``cluster.HostSpecs`` promises."""
    cluster = hosts(record)
    names = [host.name for host in cluster]
    addresses = host_addresses(starts, names, record["TrainingJobArn"], record["CreationTime"])
    groups = tuple(
        {
            "instance_group_name": group["InstanceGroupName"],
            "instance_type": group["InstanceType"],
            "hosts": [host.name for host in cluster if host.group == group["InstanceGroupName"]],
        }
        for group in instance_groups(record)
    )
    return {
        host.name: HostSpec(
            job_name=record["TrainingJobName"],
            job_arn=record["TrainingJobArn"],
            host_name=host.name,
            hosts=addresses,
            network_interface=starts[host.name].network_interface,
            instance_type=host.instance_type,
            cpus=starts[host.name].share.cpus,
            memory_bytes=starts[host.name].share.memory_bytes,
            gpus=starts[host.name].share.gpus,
            endpoint=endpoint,
            agent_credentials=starts[host.name].credentials,
            role_arn=record["RoleArn"],
            environment=starts[host.name].image_environment,
            config_files=_config_files(record, host, groups, starts[host.name]),
            isolated=bool(record.get("EnableNetworkIsolation")),
            variables={
                **record.get("Environment", {}),
                "TRAINING_JOB_NAME": record["TrainingJobName"],
                "TRAINING_JOB_ARN": record["TrainingJobArn"],
            },
            workload=_workload(record, host, len(cluster), starts[host.name]),
            log_group=LOG_GROUP,
            log_stream=starts[host.name].log_stream,
            log_position=starts[host.name].log_position,
            disk_bytes=volume_bytes(record["ResourceConfig"]),
            larger_instances=starts[host.name].share.larger_instances,
            max_runtime_s=runtime_left_s(record),
        )
        for host in cluster
    }


def _workload(record: Document, host: ClusterHost, cluster_size: int, start: HostStart) -> TrainingSpec:
    specification = record["AlgorithmSpecification"]
    return TrainingSpec(
        entrypoint=tuple(specification.get("ContainerEntrypoint", ())),
        arguments=tuple(specification.get("ContainerArguments", ())),
        algorithm=start.algorithm,
        channels=_channels(record, host, cluster_size),
        checkpoint=_checkpoint(record),
        model_uri=_output_uri(record, host, "model.tar.gz"),
        output_data_uri=_output_uri(record, host, "output.tar.gz"),
        output_compression=record["OutputDataConfig"].get("CompressionType", "GZIP"),
        metric_definitions=tuple(
            (metric["Name"], metric["Regex"]) for metric in specification.get("MetricDefinitions", [])
        ),
        step_times=_wants_step_times(record),
        spot=is_spot(record),
        has_cache=bool(keep_alive_s(record) or start.kept),
        cache_from=start.kept,
    )


def model_artifact_uri(record: Document) -> str:
    """Where the model of a job goes: the value of ``S3ModelArtifacts``."""
    if record["OutputDataConfig"].get("CompressionType", "GZIP") == "NONE":
        return f"{_output_folder(record)}/model/"
    return f"{_output_folder(record)}/model.tar.gz"


def _output_folder(record: Document) -> str:
    return f"{record['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{record['TrainingJobName']}/output"


def _output_uri(record: Document, host: ClusterHost, file: str) -> str:
    """The first host's artifacts stand where clients look for them; another's in a folder of its own."""
    folder = _output_folder(record)
    return f"{folder}/{file}" if host.name == "algo-1" else f"{folder}/{host.name}/{file}"


def _channels(record: Document, host: ClusterHost, cluster_size: int) -> tuple[ChannelSpec, ...]:
    default_mode = record["AlgorithmSpecification"].get("TrainingInputMode", "File")
    specs = []
    for channel in record.get("InputDataConfig", []):
        source = channel["DataSource"]["S3DataSource"]
        groups = source.get("InstanceGroupNames", [])
        if groups and host.group not in groups:
            continue
        shard = None
        if source.get("S3DataDistributionType") == "ShardedByS3Key":
            # Across the groups the channel names, or across the whole cluster.
            shard = _shard(record, host, groups) if groups else (int(host.name[5:]) - 1, cluster_size)
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


def _shard(record: Document, host: ClusterHost, groups: list[str]) -> tuple[int, int]:
    sharing = [other.name for other in hosts(record) if other.group in groups]
    return sharing.index(host.name), len(sharing)


def _checkpoint(record: Document) -> CheckpointSpec | None:
    config = record.get("CheckpointConfig")
    if config is None:
        return None
    return CheckpointSpec(config["S3Uri"], config.get("LocalPath", "/opt/ml/checkpoints"))


def _config_files(
    record: Document, host: ClusterHost, groups: tuple[Document, ...], start: HostStart
) -> Document:
    """The files in /opt/ml/input/config."""
    algorithm = record["AlgorithmSpecification"]
    files: Document = {
        "hyperparameters.json": record.get("HyperParameters", {}),
        "inputdataconfig.json": {
            channel["ChannelName"]: _channel_config(channel, algorithm.get("TrainingInputMode", "File"))
            for channel in record.get("InputDataConfig", [])
        },
        "resourceconfig.json": {
            "current_host": host.name,
            "current_instance_type": host.instance_type,
            "current_group_name": host.group,
            "hosts": [host for group in groups for host in group["hosts"]],
            "instance_groups": list(groups),
            "network_interface_name": start.network_interface,
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
