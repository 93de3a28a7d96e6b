"""Translates the record of a transform job into the spec of each host.

An instance is the host ``algo-N``, which runs the first container of the model and sends it the records; and
one host more for each further container of a pipeline, ``algo-N.container-2`` and so on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import ChannelSpec, HostSpec, ServingSpec, TransformSpec
from clary.kinds.hosts import ClusterHost, loopback_address, volume_bytes
from clary.kinds.model_sources import model_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import Endpoint, WorkloadSpec
    from clary.kinds.cluster import HostStart
    from clary.kinds.decision import RecordKey

Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/TransformJobs"
GROUP = "homogeneousCluster"
MB = 1 << 20


def hosts(record: Document) -> list[ClusterHost]:
    """Every host of the cluster that a record asks for."""
    resources = record["TransformResources"]
    count = resources["InstanceCount"]
    return [
        ClusterHost(name, resources["InstanceType"], GROUP, rank, count)
        for rank in range(count)
        for name in _names(record, rank)
    ]


def image(record: Document, host: str) -> str:
    return str(_container(record, host)["Image"])


def sends(host: str) -> bool:
    """Whether a host sends records; others are further containers of a pipeline."""
    return "." not in host


def host_specs(
    record: Document,
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    """Host name to its spec, as ``cluster.HostSpecs`` promises."""
    cluster = hosts(record)
    addresses = {
        host.name: loopback_address(record["TransformJobArn"], record["CreationTime"], host.name)
        for host in cluster
    }
    return {
        host.name: HostSpec(
            job_name=record["TransformJobName"],
            job_arn=record["TransformJobArn"],
            host_name=host.name,
            # The first containers serve themselves alone. Further ones serve others, perhaps of other nodes.
            hosts=addresses
            if sends(host.name)
            else {**addresses, host.name: starts[host.name].address or addresses[host.name]},
            instance_type=host.instance_type,
            cpus=starts[host.name].share.cpus,
            memory_bytes=starts[host.name].share.memory_bytes,
            gpus=starts[host.name].share.gpus,
            endpoint=endpoint,
            agent_credentials=starts[host.name].credentials,
            role_arn=record["RoleArn"],
            environment=starts[host.name].image_environment,
            isolated=record.get("_Isolated", False),
            variables={
                **_container(record, host.name).get("Environment", {}),
                **record.get("Environment", {}),
            },
            workload=_workload(record, host, on_node=bool(starts[host.name].address)),
            log_group=LOG_GROUP,
            log_stream=starts[host.name].log_stream,
            log_position=starts[host.name].log_position,
            disk_bytes=volume_bytes(record["TransformResources"]),
            larger_instances=starts[host.name].share.larger_instances,
            max_runtime_s=float("inf"),
            stop_grace_s=10.0,
        )
        for host in cluster
        if host.name in starts
    }


def _names(record: Document, rank: int) -> list[str]:
    """The hosts of one instance, in the order of the pipeline."""
    first = f"algo-{rank + 1}"
    return [first, *(f"{first}.container-{number + 2}" for number in range(len(record["_Containers"]) - 1))]


def _container(record: Document, host: str) -> Document:
    number = int(host.rpartition("-")[2]) - 1 if not sends(host) else 0
    container: Document = record["_Containers"][number]
    return container


def _workload(record: Document, host: ClusterHost, *, on_node: bool) -> WorkloadSpec:
    serving = ServingSpec(models=model_sources(_container(record, host.name)))
    if not sends(host.name):
        # On one machine the first container finds the others by their names, elsewhere by what they report.
        return replace(serving, may_move=on_node)
    given, output = record["TransformInput"], record["TransformOutput"]
    source = given["DataSource"]["S3DataSource"]
    processing, client = record.get("DataProcessing", {}), record.get("ModelClientConfig", {})
    strategy, payload = record.get("BatchStrategy"), record.get("MaxPayloadInMB")
    return TransformSpec(
        serving=serving,
        input=ChannelSpec(
            "TransformInput",
            source["S3Uri"],
            data_type=source["S3DataType"],
            shard=(host.rank, host.group_size) if host.group_size > 1 else None,
        ),
        output_uri=output["S3OutputPath"],
        further=tuple(_names(record, host.rank)[1:]),
        asks_where=on_node,
        content_type=given.get("ContentType", ""),
        accept=output.get("Accept", ""),
        compression=given.get("CompressionType", "None"),
        split=given.get("SplitType", "None"),
        one_record=None if strategy is None else strategy == "SingleRecord",
        payload_bytes=None if payload is None else payload * MB,
        concurrency=record.get("MaxConcurrentTransforms") or None,
        line_ends=output.get("AssembleWith") == "Line",
        input_filter=processing.get("InputFilter", "$"),
        output_filter=processing.get("OutputFilter", "$"),
        joins_input=processing.get("JoinSource") == "Input",
        timeout_s=float(client.get("InvocationsTimeoutInSeconds", 600)),
        retries=client.get("InvocationsMaxRetries", 3),
    )
