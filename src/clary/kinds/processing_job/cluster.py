"""Translates the record of a processing job into the spec of each host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import ChannelSpec, HostSpec, OutputSpec, ProcessingSpec
from clary.kinds.cluster import host_addresses
from clary.kinds.hosts import ClusterHost, volume_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import Endpoint
    from clary.kinds.cluster import HostStart
    from clary.kinds.decision import RecordKey

Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
GROUP = "homogeneousCluster"


def hosts(record: Document) -> list[ClusterHost]:
    """Every host of the cluster that a record asks for: all of one type."""
    instance_type, count = instances(record)
    return [ClusterHost(f"algo-{rank + 1}", instance_type, GROUP, rank, count) for rank in range(count)]


def instances(record: Document) -> tuple[str, int]:
    """The instance type and how many; of several preferences, the one that was selected."""
    cluster = record["ProcessingResources"]["ClusterConfig"]
    if "SelectedInstanceType" in cluster:
        return cluster["SelectedInstanceType"], cluster["SelectedInstanceCount"]
    return cluster["InstanceType"], cluster.get("InstanceCount", 1)


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
    addresses = host_addresses(starts, names, record["ProcessingJobArn"], record["CreationTime"])
    application = record["AppSpecification"]
    config = _job_config(record)
    return {
        host.name: HostSpec(
            job_name=record["ProcessingJobName"],
            job_arn=record["ProcessingJobArn"],
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
            config_files={
                "processingjobconfig.json": config,
                "resourceconfig.json": _resource_config(host, cluster, starts[host.name]),
            },
            isolated=bool(record.get("NetworkConfig", {}).get("EnableNetworkIsolation")),
            variables=dict(record.get("Environment", {})),
            workload=ProcessingSpec(
                entrypoint=tuple(application.get("ContainerEntrypoint", ())),
                arguments=tuple(application.get("ContainerArguments", ())),
                inputs=_inputs(record, host),
                outputs=_outputs(record),
            ),
            log_group=LOG_GROUP,
            log_stream=starts[host.name].log_stream,
            log_position=starts[host.name].log_position,
            disk_bytes=volume_bytes(record["ProcessingResources"]["ClusterConfig"]),
            larger_instances=starts[host.name].share.larger_instances,
            max_runtime_s=float(record["StoppingCondition"]["MaxRuntimeInSeconds"]),
        )
        for host in cluster
    }


def _inputs(record: Document, host: ClusterHost) -> tuple[ChannelSpec, ...]:
    specs = []
    for each in record.get("ProcessingInputs", []):
        if each.get("AppManaged"):
            continue  # the container fetches it itself
        source = each["S3Input"]
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        specs.append(
            ChannelSpec(
                name=each["InputName"],
                uri=source["S3Uri"],
                data_type=source["S3DataType"],
                compression=source.get("S3CompressionType", "None"),
                shard=(host.rank, host.group_size) if sharded else None,
                local_path=source["LocalPath"],
            )
        )
    return tuple(specs)


def _outputs(record: Document) -> tuple[OutputSpec, ...]:
    return tuple(
        OutputSpec(
            name=each["OutputName"],
            uri=each["S3Output"]["S3Uri"],
            local_path=each["S3Output"]["LocalPath"],
            continuous=each["S3Output"]["S3UploadMode"] == "Continuous",
        )
        for each in record.get("ProcessingOutputConfig", {}).get("Outputs", [])
        if not each.get("AppManaged")
    )


def _job_config(record: Document) -> Document:
    """processingjobconfig.json: the request, with null for what it leaves out, as AWS writes it."""
    application = record["AppSpecification"]
    output = record.get("ProcessingOutputConfig", {})
    instance_type, count = instances(record)
    cluster = record["ProcessingResources"]["ClusterConfig"]
    return {
        "ProcessingJobArn": record["ProcessingJobArn"],
        "ProcessingJobName": record["ProcessingJobName"],
        "AppSpecification": {
            "ImageUri": application["ImageUri"],
            "ContainerEntrypoint": application.get("ContainerEntrypoint"),
            "ContainerArguments": application.get("ContainerArguments"),
        },
        "Environment": record.get("Environment", {}),
        "ProcessingInputs": [_input_config(each) for each in record.get("ProcessingInputs", [])],
        "ProcessingOutputConfig": {
            "Outputs": output.get("Outputs", []),
            "KmsKeyId": output.get("KmsKeyId"),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": count,
                "InstanceType": instance_type,
                "VolumeSizeInGB": cluster["VolumeSizeInGB"],
                "VolumeKmsKeyId": cluster.get("VolumeKmsKeyId"),
            }
        },
        "RoleArn": record["RoleArn"],
        "StoppingCondition": record["StoppingCondition"],
    }


def _input_config(each: Document) -> Document:
    if "S3Input" not in each:
        return each
    defaults = {
        "S3DataDistributionType": "FullyReplicated",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    return {**each, "S3Input": {**defaults, **each["S3Input"]}}


def _resource_config(host: ClusterHost, cluster: list[ClusterHost], start: HostStart) -> Document:
    hosts = [each.name for each in cluster]
    return {
        "current_host": host.name,
        "current_instance_type": host.instance_type,
        "current_group_name": host.group,
        "hosts": hosts,
        "instance_groups": [
            {"instance_group_name": host.group, "instance_type": host.instance_type, "hosts": hosts}
        ],
        "network_interface_name": start.network_interface,
    }
