"""Translates the record of an endpoint into the spec of each host: one container of one instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import HostSpec, ServingSpec
from clary.kinds.hosts import ClusterHost, volume_bytes
from clary.kinds.model_sources import model_sources

from .generations import ENDING, PORT, address, container_names, find_instance, generations, instances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.domain.hosts import Endpoint
    from clary.kinds.cluster import HostStart
    from clary.kinds.decision import RecordKey

Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/Endpoints"
STOP_GRACE_S = 10.0
"""For the last answers of a server that is told to end. It gets no new requests by then."""


def hosts(record: Document) -> list[ClusterHost]:
    """Every host that a record asks for: those of its generations, until these end."""
    return [
        ClusterHost(
            host,
            instance.variant["InstanceType"],
            instance.variant["VariantName"],
            instance.number - 1,
            instance.variant["InstanceCount"],
        )
        for generation in generations(record)
        if generation["State"] != ENDING
        for instance in instances(generation, leaving=True)
        for host in instance.hosts
    ]


def image(record: Document, host: str) -> str:
    return str(find_instance(record, host)[1]["Image"])


def role(record: Document, host: str) -> str:
    """The execution role of the model that a host serves."""
    return str(find_instance(record, host)[0].variant["RoleArn"])


def streams(record: Document, job_name: str, host: str) -> Sequence[str]:
    """The log stream of a host, with the name that AWS gives it."""
    instance, _ = find_instance(record, host)
    stream = f"{instance.variant['VariantName']}/{instance.instance_id(record)}"
    if len(instance.variant["Containers"]) == 1:
        return (stream,)
    return (f"{stream}/{container_names(instance.variant)[instance.hosts.index(host)]}",)


def host_specs(
    record: Document,
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    """Host name to its spec, as ``cluster.HostSpecs`` promises."""
    return {name: _spec(record, name, start, endpoint) for name, start in starts.items()}


def _spec(record: Document, name: str, start: HostStart, endpoint: Endpoint) -> HostSpec:
    instance, container = find_instance(record, name)
    variant = instance.variant
    addresses = {host: address(record, host) for host in instance.hosts}
    if start.address:
        addresses[name] = start.address
    return HostSpec(
        job_name=record["EndpointName"],
        job_arn=record["EndpointArn"],
        host_name=name,
        hosts=addresses,
        network_interface=start.network_interface,
        instance_type=variant["InstanceType"],
        cpus=start.share.cpus,
        memory_bytes=start.share.memory_bytes,
        gpus=start.share.gpus,
        endpoint=endpoint,
        agent_credentials=start.credentials,
        role_arn=variant["RoleArn"],
        environment=start.image_environment,
        isolated=bool(variant.get("Isolated")),
        variables=dict(container.get("Environment", {})),
        workload=ServingSpec(
            models=model_sources(container),
            mode=container.get("Mode", "SingleModel"),
            port=PORT,
            startup_timeout_s=variant["StartupTimeoutS"],
            download_timeout_s=variant.get("DownloadTimeoutS"),
        ),
        log_group=f"{LOG_GROUP}/{record['EndpointName']}",
        log_stream=start.log_stream,
        log_position=start.log_position,
        disk_bytes=volume_bytes(variant),
        larger_instances=start.share.larger_instances,
        max_runtime_s=float("inf"),
        stop_grace_s=STOP_GRACE_S,
    )
