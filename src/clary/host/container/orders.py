"""What a container is created with, from the spec of its host.

Names and labels are made from the host's folder and the job, so whoever looks after an agent that was killed
finds what it has left.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Any

from .devices import MACHINE_NETWORK, NO_NETWORK, VISIBLE, device_requests, visible_gpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clary.domain.hosts import ContainerImage, HostSpec

    from ..sandbox.view import Mount

HOST_LABEL = "clary.host"
"""The folder of the host on this machine."""
JOB_LABEL = "clary.job"
HELPER_LABEL = "clary.helper"
"""Of a container of our own, beside that of a host: what it helps with."""
OOM_SCORE = 500
"""When the whole machine has no memory left, the kernel ends jobs before anything else."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME = 63


def container_name(spec: HostSpec, host: Path) -> str:
    """Returns a name that a user recognizes in ``docker ps``; unique on this machine."""
    said = _NOT_IN_A_NAME.sub("-", f"clary-{spec.job_name}")[:_LONGEST_NAME]
    return f"{said}-{spec.host_name}-{_digest(os.fspath(host))}"


def network_name(spec: HostSpec, host: Path) -> str:
    """Returns the name of the network that the hosts of a job share; ``none`` for a host without one."""
    if spec.isolated and len(spec.hosts) == 1:
        return NO_NETWORK
    if spec.across_machines:
        return MACHINE_NETWORK
    return f"clary-{_digest(f'{host.parent}/{spec.job_arn}')}"


def labels(spec: HostSpec, host: Path) -> dict[str, str]:
    return {HOST_LABEL: os.fspath(host), JOB_LABEL: spec.job_arn}


def orders(
    spec: HostSpec,
    image: ContainerImage,
    host: Path,
    *,
    command: Sequence[str],
    variables: Mapping[str, str],
    mounts: Sequence[Mount],
    gpus: Sequence[int | str] = (),
) -> dict[str, Any]:
    """Returns the body of the engine's request. command: all words, with those of the image's entrypoint."""
    network = network_name(spec, host)
    body: dict[str, Any] = {
        "Image": image.id,
        "Hostname": spec.host_name,
        "Entrypoint": list(command[:1]),
        "Cmd": list(command[1:]),
        "Env": [f"{name}={value}" for name, value in {**variables, VISIBLE: visible_gpus(gpus)}.items()],
        "Labels": labels(spec, host),
        "Tty": False,
        # Of the image. The agent asks a server for its health itself, and nobody asks a training.
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _limits(spec, gpus)
        | {
            "NetworkMode": network,
            "Mounts": [
                {
                    "Type": "bind",
                    "Source": mount.source,
                    "Target": mount.target,
                    "ReadOnly": not mount.writable,
                }
                for mount in mounts
            ],
            # The agent reads the output itself: the engine keeps no second copy of it.
            "LogConfig": {"Type": "none", "Config": {}},
            # Where SELinux is on, a container could not read mounts that it has not labelled anew.
            "SecurityOpt": ["label=disable"],
            # Device files in /opt/ml would be there for the agent too.
            "CapDrop": ["MKNOD"],
        },
    }
    if network == MACHINE_NETWORK:
        body["HostConfig"]["ExtraHosts"] = [f"{name}:{address}" for name, address in spec.hosts.items()]
    elif network != NO_NETWORK:
        body["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": [spec.host_name]}}}
    return body


def _limits(spec: HostSpec, gpus: Sequence[int | str]) -> dict[str, Any]:
    found: dict[str, Any] = {"OomScoreAdj": OOM_SCORE}
    if spec.memory_bytes:
        # The same for memory and swap together: no swap.
        found |= {"Memory": spec.memory_bytes, "MemorySwap": spec.memory_bytes}
        found["ShmSize"] = spec.memory_bytes
    if spec.processes:
        found["PidsLimit"] = spec.processes
    if spec.cpus:
        found["NanoCpus"] = spec.cpus * 1_000_000_000
    if gpus:
        found["DeviceRequests"] = device_requests(gpus)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
