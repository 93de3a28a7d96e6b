"""The hosts of a sample job: each runs the command with the software of the server."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from clary.domain.hosts import Endpoint, EnvironmentSpec, HostSpec, ProcessingSpec
from clary.kinds.cluster import HostStart
from clary.kinds.decision import RecordKey
from clary.kinds.hosts import ClusterHost, loopback_address

Document = dict[str, Any]


def hosts(record: Document) -> list[ClusterHost]:
    count = record["HostCount"]
    return [ClusterHost(f"algo-{rank + 1}", "ml.t3.medium", "all", rank, count) for rank in range(count)]


def image(record: Document, host: str) -> str:
    return ""


def host_specs(
    record: Document,
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    arn = record["SampleJobArn"]
    return {
        name: HostSpec(
            job_name=record["SampleJobName"],
            job_arn=arn,
            host_name=name,
            hosts={
                host.name: loopback_address(arn, record["CreationTime"], host.name) for host in hosts(record)
            },
            cpus=start.share.cpus,
            memory_bytes=0,
            gpus=0,
            endpoint=endpoint,
            agent_credentials=start.credentials,
            role_arn=record["RoleArn"],
            environment=EnvironmentSpec("sample", sys.prefix),
            workload=ProcessingSpec(entrypoint=tuple(record["Command"])),
            log_group="/clary/SampleJobs",
            log_stream=start.log_stream,
            log_position=start.log_position,
            max_runtime_s=float("inf"),
            stop_grace_s=1.0,
        )
        for name, start in starts.items()
    }
