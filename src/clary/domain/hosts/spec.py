"""The spec of a host: the one translation from the spelling of AWS to ours.

A kind makes one ``HostSpec`` for each host of a cluster. The backend passes it as JSON to the host's agent.
Everything that the agent needs is in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol, Self


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of the server. ``url`` is what clients call AWS_ENDPOINT_URL.

    stored: the folder of stored objects, for a host on the same machine. certificate: the only one that is
    trusted behind an ``https`` URL, as PEM; empty: those that the machine of the host trusts.
    """

    url: str
    region: str
    account: str
    stored: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class AgentCredentials:
    """Credentials of an agent. They allow reports, logs and metrics of its host, and nothing else."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True)
class FrontSpec:
    """What runs the part of the serving program that reads HTTP: Clary's own Python, and packages of its own.

    readable: the folders of that Python. packages: the folders of the packages; nothing else of Clary's
    installation has to be seen.
    """

    python: str
    readable: tuple[str, ...]
    packages: tuple[str, ...]

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> FrontSpec:
        return cls(document["python"], tuple(document["readable"]), tuple(document["packages"]))


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """An image of a container engine of this machine, as it was when the job asked for it.

    engine: the address of the engine's API, as DOCKER_HOST has it; empty: that of the node where the host is
    to run. id: the digest, so that all hosts of a job run one image. entrypoint, command: what it runs by
    itself. variables: those that the image sets. pushed: ``repository@digest`` of an image of ECR, for a
    node whose engine has not got it.
    """

    engine: str
    id: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    pushed: str = ""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ContainerImage:
        return cls(**{**document, **{key: tuple(document[key]) for key in ("entrypoint", "command")}})


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """The software that an image name stands for, found or built on this machine.

    prefix: the folder of the environment; its ``bin/python`` runs user code. readable: further folders that
    user code has to read, such as the base interpreter. layer_builder: a command that extends the
    environment; empty when it can't be extended. Its argument is the path of a requirements file, which need
    not exist. ``--project`` also installs the folder of that file. ``--memory-bytes N``, ``--disk-bytes N``
    and ``--processes N`` limit user code of the build. Its last line on stdout is the JSON of the extended
    environment. serving: the framework whose serving contract its images have; empty for an image that
    serves nothing by itself. front: what the program of that contract needs; None without a contract.
    container: user code runs in a container of this image; then ``prefix`` is empty, and the image brings all
    software. fetch: a command that brings the environment to this machine, which has not got it; empty when
    it is here. Its argument is the path of the host's spec, and it answers as ``layer_builder`` does.
    """

    name: str
    prefix: str
    readable: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    layer_builder: tuple[str, ...] = ()
    # Not what the environment contains: a layer is built, and found, without them.
    serving: str = field(default="", compare=False)
    front: FrontSpec | None = field(default=None, compare=False)
    container: ContainerImage | None = field(default=None, compare=False)
    fetch: tuple[str, ...] = field(default=(), compare=False)

    @property
    def network_interface(self) -> str:
        """The interface that has the host's address."""
        return "lo" if self.container is None else "eth0"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> EnvironmentSpec:
        """From parsed JSON; raises KeyError or TypeError on anything that is not an environment."""
        parts: dict[str, Any] = {
            key: tuple(document.get(key, ())) for key in ("readable", "layer_builder", "fetch")
        }
        front, image = document.get("front"), document.get("container")
        parts["front"] = None if front is None else FrontSpec.from_document(front)
        parts["container"] = None if image is None else ContainerImage.from_document(image)
        return cls(**{**document, **parts})


class WorkloadSpec(Protocol):
    """The part of a HostSpec that belongs to one workload: a dataclass of what JSON can hold."""

    name: ClassVar[str]
    """The name of the workload: a module of ``clary.host.workloads``."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The inverse of ``dataclasses.asdict`` and JSON. Raises KeyError or TypeError on anything else."""
        ...


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One host. ``hosts`` maps every host name of the cluster to its address."""

    job_name: str
    job_arn: str
    host_name: str
    hosts: dict[str, str]
    cpus: int
    memory_bytes: int
    gpus: int
    endpoint: Endpoint
    agent_credentials: AgentCredentials
    role_arn: str
    environment: EnvironmentSpec
    workload: WorkloadSpec
    """What this host runs."""
    config_files: dict[str, Any] = field(default_factory=dict)
    """Name of a configuration file (``hyperparameters.json``) to its JSON content."""
    variables: dict[str, str] = field(default_factory=dict)
    """Variables of the user's process, in addition to those of the platform."""
    notes: tuple[str, ...] = ()
    """What the user should know of the image and the instances."""
    log_group: str = ""
    log_stream: str = ""
    log_position: int = 0
    """How many events the stream has: a further attempt of the job continues the stream."""
    max_runtime_s: float = 86_400.0
    """How long the user's process may run; infinite for a host that runs until it is stopped."""
    stop_grace_s: float = 120.0
    processes: int = 8192
    """The most processes and threads of the user at a time; 0: no limit."""
    disk_bytes: int = 0
    """The most bytes that user code may write; 0: no limit."""
    instance_type: str = ""
    """The instance type that sets its memory; empty for a host that has none."""
    isolated: bool = False
    """Whether user code has no network beyond the hosts of its cluster (EnableNetworkIsolation)."""
    network_interface: str = "lo"
    """The interface that has the host's address; in a container it is the environment's."""
    gpu_ids: tuple[str, ...] = ()
    """The GPUs of its machine that it may use; empty where nobody divides them."""
    larger_instances: str = ""
    """Instance types with more memory, in words, for the message of a job that ran out of memory."""

    @property
    def across_machines(self) -> bool:
        """Whether the hosts of the cluster are on several machines. On one, each may have an address too."""
        addresses = {address for address in self.hosts.values() if not address.startswith("127.")}
        return len(addresses) > 1

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "workload_name": self.workload.name})

    @classmethod
    def from_document(cls, document: dict[str, Any], workload: type[WorkloadSpec]) -> HostSpec:
        """From the parsed text of ``to_json``, whose ``workload_name`` is the name of ``workload``.

        Raises KeyError or TypeError on anything else.
        """
        raw = dict(document)
        if raw.pop("workload_name") != workload.name:
            raise TypeError(f"{workload.name} is not the workload of this host")
        raw["endpoint"] = Endpoint(**raw["endpoint"])
        raw["agent_credentials"] = AgentCredentials(**raw["agent_credentials"])
        raw["environment"] = EnvironmentSpec.from_document(raw["environment"])
        raw["workload"] = workload.from_document(raw["workload"])
        raw["notes"] = tuple(raw["notes"])
        raw["gpu_ids"] = tuple(raw.get("gpu_ids", ()))
        return cls(**raw)
