"""The part of a HostSpec that belongs to one workload.

``name`` is the module of ``clary.host.workloads`` that runs it. A workload of another package has a class of
its own, as ``spec.WorkloadSpec`` describes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One input channel as this host stages it, or one input of a processing job.

    uri: ``s3://bucket/prefix``, or a manifest for ``data_type`` ManifestFile.
    mode: File, FastFile or Pipe. compression: None or Gzip.
    shard: (index, count) under ShardedByS3Key, else None.
    local_path: its folder in a processing job; empty for a channel, whose folder has its name.
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
        """Its name in messages."""
        return f"input {self.name}" if self.local_path else f"channel {self.name}"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ChannelSpec:
        shard = document["shard"]
        return cls(**{**document, "shard": tuple(shard) if shard else None})


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    """A folder that is synchronized with ``uri``."""

    uri: str
    local_path: str = "/opt/ml/checkpoints"


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A folder whose files are uploaded below ``uri``. continuous: while the job runs, else at its end."""

    name: str
    uri: str
    local_path: str
    continuous: bool = False


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """What one host of a training job runs, and where its results are uploaded."""

    name: ClassVar[str] = "training"

    entrypoint: tuple[str, ...] = ()
    """ContainerEntrypoint; empty for script mode, or a built-in algorithm."""
    arguments: tuple[str, ...] = ()
    algorithm: str = ""
    """The module of the environment's built-in algorithm, used when there is no script."""
    channels: tuple[ChannelSpec, ...] = ()
    checkpoint: CheckpointSpec | None = None
    model_uri: str = ""
    output_data_uri: str = ""
    output_compression: str = "GZIP"
    metric_definitions: tuple[tuple[str, str], ...] = ()
    """(name, regular expression with one group) of each metric, matched against every log line."""
    step_times: bool = False
    """Whether the user's process records the durations of its steps when it is profiled."""
    spot: bool = False
    """Whether a stop may be an interruption: only checkpoints are uploaded then, the job goes on later."""
    has_cache: bool = False
    """Whether there is a cache folder that the next job in a warm pool finds again."""
    cache_from: str = ""
    """The id of the ended host whose cache folder this one takes; empty: it begins with an empty one."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TrainingSpec:
        checkpoint = document["checkpoint"]
        return cls(
            **{
                **document,
                "entrypoint": tuple(document["entrypoint"]),
                "arguments": tuple(document["arguments"]),
                "channels": tuple(ChannelSpec.from_document(channel) for channel in document["channels"]),
                "checkpoint": CheckpointSpec(**checkpoint) if checkpoint else None,
                "metric_definitions": tuple(tuple(pair) for pair in document["metric_definitions"]),
            }
        )


@dataclass(frozen=True, slots=True)
class ProcessingSpec:
    """What one host of a processing job runs, its inputs and its outputs."""

    name: ClassVar[str] = "processing"

    entrypoint: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    inputs: tuple[ChannelSpec, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ProcessingSpec:
        return cls(
            tuple(document["entrypoint"]),
            tuple(document["arguments"]),
            tuple(ChannelSpec.from_document(each) for each in document["inputs"]),
            tuple(OutputSpec(**each) for each in document["outputs"]),
        )


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """The rules that one evaluator checks.

    configurations: DebugRuleConfigurations and ProfilerRuleConfigurations as CreateTrainingJob has them.
    trial_uri, profile_uri: where the job saves its tensors and its profile; empty when it saves none.
    output_uris: name of a rule configuration to the folder for its output. custom: the one rule is custom.
    since: when the job was created (epoch seconds). Older files are those of an earlier job of its name.
    """

    name: ClassVar[str] = "evaluation"

    configurations: dict[str, Any]
    trial_uri: str
    profile_uri: str
    output_uris: dict[str, str]
    custom: bool = False
    attempt: int = 0
    since: float = 0.0

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> EvaluationSpec:
        return cls(**document)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Data of a model that a serving host stages: an archive, one object, or all objects of a prefix.

    compression: Gzip for an archive, else None. data_type: S3Object or S3Prefix, of data that is not
    compressed.
    """

    uri: str
    compression: str = "Gzip"
    data_type: str = "S3Prefix"
    local_path: str = "/opt/ml/model"


@dataclass(frozen=True, slots=True)
class ServingSpec:
    """What one host that serves a model runs. Its server listens on ``port`` of the host's own address.

    mode: SingleModel, or MultiModel, where the models are the archives below the one source of ``models``
    and each is loaded when it is first asked for.
    """

    name: ClassVar[str] = "serving"

    entrypoint: tuple[str, ...] = ()
    """The command of a server that the user brings; empty for the serving contract of the image."""
    arguments: tuple[str, ...] = ()
    models: tuple[ModelSource, ...] = ()
    mode: str = "SingleModel"
    port: int = 8080
    startup_timeout_s: float = 600.0
    """How long the server may take until it answers GET /ping with 200."""
    download_timeout_s: float | None = None
    """How long the download of the models may take; None: no limit."""
    may_move: bool = True
    """Whether the server may listen on another address when its own is taken. The host reports which."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ServingSpec:
        return cls(
            **{
                **document,
                "entrypoint": tuple(document["entrypoint"]),
                "arguments": tuple(document["arguments"]),
                "models": tuple(ModelSource(**each) for each in document["models"]),
            }
        )


@dataclass(frozen=True, slots=True)
class TransformSpec:
    """What one instance of a batch transform runs: a server, and what is sent to it.

    serving: the first container of the model. further: names of the hosts of the other containers of a
    pipeline, in its order. asks_where: they may be on other machines, and the server knows where they listen.
    input: its objects. Values that a request left open are None.
    """

    name: ClassVar[str] = "transform"

    serving: ServingSpec
    input: ChannelSpec
    output_uri: str
    further: tuple[str, ...] = ()
    asks_where: bool = False
    content_type: str = ""
    accept: str = ""
    compression: str = "None"
    split: str = "None"
    """None, Line, RecordIO or TFRecord."""
    one_record: bool | None = None
    """Whether each request has one record; else as many as fit."""
    payload_bytes: int | None = None
    """The most of one request; 0: no limit."""
    concurrency: int | None = None
    line_ends: bool = False
    """Whether each answer ends with a line end (AssembleWith Line)."""
    input_filter: str = "$"
    output_filter: str = "$"
    joins_input: bool = False
    timeout_s: float = 600.0
    retries: int = 3

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TransformSpec:
        return cls(
            **{
                **document,
                "serving": ServingSpec.from_document(document["serving"]),
                "input": ChannelSpec.from_document(document["input"]),
                "further": tuple(document["further"]),
            }
        )
