"""The hosts of a cluster, before they are started.

A cluster is N hosts algo-1 .. algo-N. Each has a loopback address of its own, so that two hosts may listen on
one port and two jobs do not meet, those of several state folders on one machine either.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClusterHost:
    """One host of a cluster. ``rank`` is its place in its group."""

    name: str
    instance_type: str
    group: str
    rank: int
    group_size: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the machine that a host gets. larger_instances: types with more memory, in words."""

    cpus: int
    memory_bytes: int
    gpus: int
    larger_instances: str = ""


DEFAULT_VOLUME_GB = 30
"""For a job without a volume size, as jobs on instances with their own disks may be."""


def volume_bytes(resources: Document) -> int:
    """The size of a host's volume, from ResourceConfig or ClusterConfig."""
    return int(resources.get("VolumeSizeInGB") or DEFAULT_VOLUME_GB) << 30


def loopback_address(job_arn: str, created_at: float, host_name: str) -> str:
    """An address of 127.64.0.0/10 for one host of one job; the same each time.

    created_at: when the job was created. Jobs of other state folders may have the same ARN, and hardly the
    same microsecond.
    """
    digest = hashlib.sha256(f"{job_arn}/{created_at!r}/{host_name}".encode()).digest()
    return f"127.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}"
