"""What a host is told before it starts: the one translation from wire spelling to ours.

A kind of job makes one ``HostSpec`` per instance of a cluster; the backend hands it, as JSON, to the
agent that runs beside that instance. Everything the agent needs is in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol, Self


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the wire is. ``url`` is what clients call AWS_ENDPOINT_URL.

    stored: the folder where stored objects lie, for a host on the same machine.
    """

    url: str
    region: str
    account: str
    stored: str = ""


@dataclass(frozen=True, slots=True)
class AgentCredentials:
    """The agent's own: they may report on this host and ship its logs and metrics, nothing else."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """The software an image name stands for, as found or built on this machine.

    prefix: folder of the environment; its ``bin/python`` runs user code.
    readable: further folders user code needs to read (the base interpreter, for example).
    layer_builder: a command that takes the path of a requirements file, which need not exist, and maybe
    ``--project``, for the folder of that file to be installed too, and ``--memory-bytes N``,
    ``--disk-bytes N`` and ``--processes N``, for what user code may take meanwhile. It prints, as its last
    line, the JSON of the environment with those added. Empty: this environment can't be extended.
    """

    name: str
    prefix: str
    readable: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    layer_builder: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> EnvironmentSpec:
        """From parsed JSON; raises KeyError or TypeError on anything that is not an environment."""
        tuples = {key: tuple(document.get(key, ())) for key in ("readable", "layer_builder")}
        return cls(**{**document, **tuples})


class WorkloadSpec(Protocol):
    """The part of a HostSpec that belongs to one workload: a dataclass of what JSON can hold."""

    name: ClassVar[str]
    """The workload: a module of ``clary.host.workloads``."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The inverse of ``dataclasses.asdict`` and JSON; raises KeyError or TypeError on anything else."""
        ...


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One algo-N. ``hosts`` maps every host name of the cluster to its loopback address."""

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
    """Name in the folder of configuration (``hyperparameters.json``) to its JSON content."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment of the user's process, on top of what the platform sets."""
    notes: tuple[str, ...] = ()
    """What the user should know of the image and the instances."""
    log_group: str = ""
    log_stream: str = ""
    log_position: int = 0
    """How many events the stream has already: another attempt of the job goes on in the same one."""
    max_runtime_s: float = 86_400.0
    """When the user's process is ended; infinite for a host that runs until it is stopped."""
    stop_grace_s: float = 120.0
    processes: int = 8192
    """How many processes and threads of the user's there may be at a time; 0: any number."""
    disk_bytes: int = 0
    """How much user code may write; 0: as much as there is room for."""
    instance_type: str = ""
    """What it has the memory of; empty for a host that is no instance."""
    larger_instances: str = ""
    """Instance types with more memory, in words, for who has run out of it."""

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
        return cls(**raw)
