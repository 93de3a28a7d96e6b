"""How a container gets its GPUs.

Docker's API asks for them by DeviceRequests, which Podman ignores without a word. So Podman is asked by its
own API, for devices of CDI (Container Device Interface), whose specification NVIDIA's toolkit writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NO_NETWORK = "none"
MACHINE_NETWORK = "host"
"""That of the machine, where the hosts of a job are on several ones."""
GIVEN_NETWORKS = (NO_NETWORK, MACHINE_NETWORK)
"""Those that are always there."""
VISIBLE = "NVIDIA_VISIBLE_DEVICES"
"""What NVIDIA's runtime gives a container, where it is the engine's default."""
NOTHING = "void"
_DOCKER_REFUSES = "could not select device driver"
_PODMAN_REFUSES = "CDI devices"


def visible_gpus(gpus: Sequence[int | str]) -> str:
    """Returns the value of ``VISIBLE``. An image of CUDA sets it to all, and a job might."""
    return ",".join(map(str, gpus)) or NOTHING


def device_requests(gpus: Sequence[int | str]) -> list[dict[str, Any]]:
    return [{"DeviceIDs": [str(number) for number in gpus], "Capabilities": [["gpu"]]}]


def podman_orders(name: str, body: Mapping[str, Any], gpus: Sequence[int | str]) -> dict[str, Any]:
    """Returns the body of a request to Podman's own API that means the same as one to Docker's, with GPUs."""
    host = body["HostConfig"]
    given = host["NetworkMode"] in GIVEN_NETWORKS
    made: dict[str, Any] = {
        "name": name,
        "image": body["Image"],
        "hostname": body["Hostname"],
        "entrypoint": body["Entrypoint"],
        "command": body["Cmd"],
        "env": dict(each.split("=", 1) for each in body["Env"]),
        "labels": body["Labels"],
        "healthconfig": body["Healthcheck"],
        "netns": {"nsmode": host["NetworkMode"] if given else "bridge"},
        "hostadd": host.get("ExtraHosts", []),
        "oom_score_adj": host["OomScoreAdj"],
        "log_configuration": {"driver": host["LogConfig"]["Type"]},
        "selinux_opts": ["disable"],
        "cap_drop": host["CapDrop"],
        "mounts": [
            {
                "type": mount["Type"],
                "source": mount["Source"],
                "destination": mount["Target"],
                "options": ["rbind", "rprivate", "ro" if mount["ReadOnly"] else "rw"],
            }
            for mount in host["Mounts"]
        ],
        "devices": [{"path": f"nvidia.com/gpu={number}"} for number in gpus],
        "resource_limits": {},
    }
    if not given:
        made["networks"] = {
            network: {"aliases": each["Aliases"]}
            for network, each in body["NetworkingConfig"]["EndpointsConfig"].items()
        }
    limits = made["resource_limits"]
    if "Memory" in host:
        limits["memory"] = {"limit": host["Memory"], "swap": host["MemorySwap"]}
        made["shm_size"] = host["ShmSize"]
    if "PidsLimit" in host:
        limits["pids"] = {"limit": host["PidsLimit"]}
    if "NanoCpus" in host:
        limits["cpu"] = {"period": 100_000, "quota": host["NanoCpus"] // 10_000}
    return made


def no_gpus(message: str) -> str:
    """Returns what to do, where an engine refuses GPUs in its own words; empty for any other refusal."""
    if _DOCKER_REFUSES in message:
        return (
            "Docker can give no GPU to containers: install NVIDIA's Container Toolkit, then run "
            "`nvidia-ctk runtime configure --runtime=docker` and restart Docker."
        )
    if _PODMAN_REFUSES in message:
        return (
            "Podman knows no such GPU: install NVIDIA's Container Toolkit, then run "
            "`nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`."
        )
    return ""
