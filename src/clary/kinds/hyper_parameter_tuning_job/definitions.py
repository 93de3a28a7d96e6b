"""What a tuning job searches: each definition of a training job, with its objective and its ranges."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ranges import read_ranges
from .search.space import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document

    from .search import Parameter, Value

OBJECTIVE = "_tuning_objective_metric"
"""The hyperparameter by which AWS tells a training job its objective. The SDK expects it in Describe."""

_COPIED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "RetryStrategy",
    "Environment",
)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One definition of training jobs. member, ranges_member: where it and its ranges are in the request."""

    name: str
    document: Document
    metric: str
    maximize: bool
    ranges: Document
    member: str
    ranges_member: str

    @property
    def static(self) -> dict[str, str]:
        """The hyperparameters that are the same in all trials, as the user gave them."""
        given = self.document.get("StaticHyperParameters", {})
        return {name: value for name, value in given.items() if name != OBJECTIVE}

    def space(self) -> tuple[Parameter, ...]:
        """Raises ValidationError naming the range and the fix."""
        return read_ranges(self.ranges_member, self.ranges, self.static)


def definitions_of(record: Document) -> list[Definition]:
    """The definitions of a tuning job in their order: one, or those of TrainingJobDefinitions."""
    config = record["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinitions" not in record:
        one = record["TrainingJobDefinition"]
        objective = one.get("TuningObjective") or config.get("HyperParameterTuningJobObjective", {})
        inner = "HyperParameterRanges" in one
        ranges = one["HyperParameterRanges"] if inner else config.get("ParameterRanges", {})
        path = "TrainingJobDefinition.HyperParameterRanges" if inner else f"{CONFIG}.ParameterRanges"
        return [_definition(one, objective, ranges, "TrainingJobDefinition", path)]
    return [
        _definition(
            each,
            each.get("TuningObjective") or config.get("HyperParameterTuningJobObjective", {}),
            each.get("HyperParameterRanges", {}),
            f"TrainingJobDefinitions[{index}]",
            f"TrainingJobDefinitions[{index}].HyperParameterRanges",
        )
        for index, each in enumerate(record["TrainingJobDefinitions"])
    ]


CONFIG = "HyperParameterTuningJobConfig"


def _definition(
    document: Document, objective: Document, ranges: Document, member: str, ranges_member: str
) -> Definition:
    return Definition(
        document.get("DefinitionName", ""),
        document,
        objective.get("MetricName", ""),
        objective.get("Type") == "Maximize",
        ranges,
        member,
        ranges_member,
    )


def job_name(record: Document, number: int) -> str:
    """The name of a trial's training job, as AWS forms it. The first has the number 1.

    The digest differs from those of an earlier tuning job of this name.
    """
    name = record["HyperParameterTuningJobName"]
    digest = hashlib.sha256(f"{name}/{record['CreationTime']}/{number}".encode()).hexdigest()[:8]
    return f"{name}-{number + 1:03}-{digest}"


def training_request(
    record: Document, definition: Definition, name: str, tuned: Mapping[str, str]
) -> Document:
    """The request for a trial's training job."""
    document = definition.document
    request: Document = {
        "TrainingJobName": name,
        "AlgorithmSpecification": document["AlgorithmSpecification"],
        "HyperParameters": {**document.get("StaticHyperParameters", {}), **tuned},
        "TuningJobArn": record["HyperParameterTuningJobArn"],
        "TuningJobName": record["HyperParameterTuningJobName"],
        "ExperimentConfig": record["_ExperimentConfig"],
        "Tags": [{"Key": key, "Value": value} for key, value in record["_Tags"].items()],
        **{member: document[member] for member in _COPIED if member in document},
    }
    if "AutoMLJobArn" in record:
        request["AutoMLJobArn"] = record["AutoMLJobArn"]
    if "CheckpointConfig" in document:
        # A trial must not begin from the checkpoint of another one.
        place = document["CheckpointConfig"]["S3Uri"].rstrip("/")
        request["CheckpointConfig"] = {**document["CheckpointConfig"], "S3Uri": f"{place}/{name}"}
    return request


def texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Values as hyperparameters."""
    return {name: spelled(value) for name, value in values.items()}
