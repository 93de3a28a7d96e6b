"""What a host is told before it starts: the one translation from wire spelling to ours.

The runner makes one ``HostSpec`` per instance of a cluster; the backend hands it, as JSON, to the
agent that runs beside that instance. Everything the agent needs is in it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from clary.domain.arns import Arn

TRAINING_JOB = "training-job"
PROCESSING_JOB = "processing-job"
"""Kinds of jobs, as their records and their ARNs spell them."""


@dataclass(frozen=True, slots=True)
class HostName:
    """One host among those of all jobs. As text it is the name that its agent signs with.

    ``<job>/<algo-N>`` for a training job, ``<kind>/<job>/<algo-N>`` for any other: two jobs of different
    kinds may have the same name, their hosts never do.
    """

    kind: str
    job: str
    host: str

    @classmethod
    def parse(cls, text: str) -> HostName:
        """Raises ValueError."""
        parts = text.split("/")
        if len(parts) == 2:
            parts = [TRAINING_JOB, *parts]
        if len(parts) != 3 or not all(parts):
            raise ValueError(
                f"{text!r} does not name a host; it should look like {TRAINING_JOB}/<job>/algo-1"
            )
        return cls(*parts)

    @classmethod
    def of(cls, job_arn: str, job_name: str, host: str) -> HostName:
        """Of a job: its ARN says the kind, and has its name in lower case only."""
        return cls(Arn.parse(job_arn).resource.partition("/")[0], job_name, host)

    @property
    def number(self) -> int | None:
        """N of algo-N; None for what is no host of the job's cluster, such as an evaluator of rules."""
        found = re.fullmatch(r"algo-([0-9]{1,9})", self.host)
        return int(found[1]) if found else None

    def __str__(self) -> str:
        name = f"{self.job}/{self.host}"
        return name if self.kind == TRAINING_JOB else f"{self.kind}/{name}"


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
class ChannelSpec:
    """One input channel as this host stages it, or one input of a processing job.

    uri: ``s3://bucket/prefix``, or a manifest for ``data_type`` ManifestFile.
    mode: File, FastFile or Pipe. compression: None or Gzip.
    shard: (index, count) under ShardedByS3Key, else None.
    local_path: where a processing job wants it; empty: in the folder of its name, as channels are.
    """

    name: str
    uri: str
    data_type: str = "S3Prefix"
    mode: str = "File"
    compression: str = "None"
    record_wrapper: str = "None"
    shard: tuple[int, int] | None = None
    local_path: str = ""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"input {self.name}" if self.local_path else f"channel {self.name}"


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    uri: str
    local_path: str = "/opt/ml/checkpoints"


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A folder whose files go to S3, each under ``uri``. continuous: while the job runs, else at its end."""

    name: str
    uri: str
    local_path: str
    continuous: bool = False


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


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """The rules that one evaluator judges a training by.

    configurations: DebugRuleConfigurations and ProfilerRuleConfigurations as CreateTrainingJob has them.
    trial_uri, profile_uri: what the job saves; empty where it saves none. output_uris: rule configuration
    to the folder for what it writes. custom: the one rule is the user's own, with its source.
    """

    configurations: dict[str, Any]
    trial_uri: str
    profile_uri: str
    output_uris: dict[str, str]
    custom: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One algo-N. ``address`` is its own loopback address; ``hosts`` maps every host name to one."""

    job_name: str
    job_arn: str
    job_kind: str
    host_name: str
    address: str
    hosts: dict[str, str]
    instance_type: str
    instance_group: str
    instance_groups: tuple[dict[str, Any], ...]
    cpus: int
    memory_bytes: int
    gpus: int
    endpoint: Endpoint
    agent_credentials: AgentCredentials
    role_arn: str
    environment: EnvironmentSpec
    config_files: dict[str, Any]
    """Name under /opt/ml/input/config (``hyperparameters.json``) to its JSON content."""
    variables: dict[str, str]
    """Environment of the user's process, on top of what the platform sets."""
    channels: tuple[ChannelSpec, ...]
    entrypoint: tuple[str, ...] = ()
    """ContainerEntrypoint; empty: the environment's own (script mode, or a built-in algorithm)."""
    arguments: tuple[str, ...] = ()
    algorithm: str = ""
    """A module the environment names for its built-in algorithm; used when there is no script."""
    checkpoint: CheckpointSpec | None = None
    model_uri: str = ""
    output_data_uri: str = ""
    output_compression: str = "GZIP"
    outputs: tuple[OutputSpec, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of the image and the instances."""
    log_group: str = ""
    log_stream: str = ""
    log_position: int = 0
    """How many events the stream has already: another attempt of the job goes on in the same one."""
    metric_definitions: tuple[tuple[str, str], ...] = ()
    """(name, regular expression with one group) pairs, matched against every log line."""
    max_runtime_s: float = 86_400.0
    stop_grace_s: float = 120.0
    processes: int = 8192
    """How many processes and threads of the user's there may be at a time; 0: any number."""
    disk_bytes: int = 0
    """How much user code may write; 0: as much as there is room for."""
    larger_instances: str = ""
    """Instance types with more memory, in words, for who has run out of it."""
    step_times: bool = False
    """Whether the user's process records how long its steps take, when it is profiled."""
    evaluation: EvaluationSpec | None = None
    """This is no host of the cluster: it evaluates rules beside it."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> HostSpec:
        """The inverse of ``to_json``; raises KeyError or TypeError on anything else."""
        raw = json.loads(text)
        raw["endpoint"] = Endpoint(**raw["endpoint"])
        raw["agent_credentials"] = AgentCredentials(**raw["agent_credentials"])
        raw["environment"] = EnvironmentSpec.from_document(raw["environment"])
        raw["channels"] = tuple(
            ChannelSpec(**{**channel, "shard": tuple(channel["shard"]) if channel["shard"] else None})
            for channel in raw["channels"]
        )
        raw["outputs"] = tuple(OutputSpec(**output) for output in raw["outputs"])
        raw["checkpoint"] = CheckpointSpec(**raw["checkpoint"]) if raw["checkpoint"] else None
        raw["evaluation"] = EvaluationSpec(**raw["evaluation"]) if raw["evaluation"] else None
        raw["metric_definitions"] = tuple(tuple(pair) for pair in raw["metric_definitions"])
        for name in ("entrypoint", "arguments", "instance_groups", "notes"):
            raw[name] = tuple(raw[name])
        return cls(**raw)


class Phase:
    """What a host is doing, in order. Wire statuses are the runner's business."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    PROCESSING = "Processing"  # what a processing job does instead
    UPLOADING = "Uploading"
    DONE = "Done"


class Outcome:
    """How a host ended."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"  # the user's code: non-zero exit
    CLIENT_ERROR = "ClientError"  # data or role: what the user can mend
    INTERNAL_ERROR = "InternalServerError"  # ours: RetryStrategy applies
    STOPPED = "Stopped"
    MAX_RUNTIME = "MaxRuntimeExceeded"


@dataclass(frozen=True, slots=True)
class HostReport:
    """What an agent says of its host; each report replaces the one before it.

    phases: (phase, epoch seconds it began), in order. outcome is empty until the host is done.
    message: what user code left in ``/opt/ml/output/message``.
    """

    phases: tuple[tuple[str, float], ...]
    outcome: str = ""
    reason: str = ""
    exit_code: int | None = None
    model_uploaded: bool = False
    message: str = ""
    checkpoints_uploaded: bool = False

    def to_document(self) -> dict[str, Any]:
        return {
            "Phases": [{"Phase": phase, "At": at} for phase, at in self.phases],
            "Outcome": self.outcome,
            "Reason": self.reason,
            "ExitCode": self.exit_code,
            "ModelUploaded": self.model_uploaded,
            "Message": self.message,
            "CheckpointsUploaded": self.checkpoints_uploaded,
        }
