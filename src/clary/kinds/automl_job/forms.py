"""The two forms of a request: that of CreateAutoMLJob and that of CreateAutoMLJobV2.

A record has the members of both, so either Describe answers for either Create, as on AWS. All other modules
read ``Wishes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]

AUTO = "AUTO"
ENSEMBLING = "ENSEMBLING"
TUNING = "HYPERPARAMETER_TUNING"

_PROBLEMS = "AutoMLProblemTypeConfig"
_TABULAR = "TabularJobConfig"
_OF_TABLE = ("TargetAttributeName", "SampleWeightAttributeName")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a job was asked for. problem_type, metric: None lets the data decide."""

    target: str
    problem_type: str | None
    metric: str | None
    mode: str
    sample_weight: str | None
    features: str | None
    algorithms: Sequence[str] | None
    definitions_only: bool
    validation_fraction: float | None
    max_candidates: int | None
    max_runtime_of_training_s: int | None
    max_runtime_s: int | None
    channels: Sequence[Document]
    content_type: str
    security: Document
    prefix: str
    """Of its members in error messages: ``AutoMLJobConfig`` or the tabular config."""


def with_both_forms(begun: Mapping[str, Any]) -> Document:
    """A request with the members of the other form too. Raises ValidationError for other problems."""
    if _PROBLEMS in begun:
        return {**begun, **_first_form(begun)}
    return {**begun, **_second_form(begun)}


def wishes_of(record: Document) -> Wishes:
    table = record[_PROBLEMS][_TABULAR]
    criteria = table.get("CompletionCriteria", {})
    generation = table.get("CandidateGenerationConfig", {})
    algorithms = [
        name for each in generation.get("AlgorithmsConfig", ()) for name in each["AutoMLAlgorithms"]
    ]
    channels = record["AutoMLJobInputDataConfig"]
    return Wishes(
        target=table["TargetAttributeName"],
        problem_type=table.get("ProblemType"),
        metric=record.get("AutoMLJobObjective", {}).get("MetricName"),
        mode=table.get("Mode", AUTO),
        sample_weight=table.get("SampleWeightAttributeName"),
        features=table.get("FeatureSpecificationS3Uri"),
        algorithms=algorithms or None,
        definitions_only=bool(table.get("GenerateCandidateDefinitionsOnly")),
        validation_fraction=record.get("DataSplitConfig", {}).get("ValidationFraction"),
        max_candidates=criteria.get("MaxCandidates"),
        max_runtime_of_training_s=criteria.get("MaxRuntimePerTrainingJobInSeconds"),
        max_runtime_s=criteria.get("MaxAutoMLJobRuntimeInSeconds"),
        channels=channels,
        content_type=channels[0].get("ContentType", "text/csv;header=present"),
        security=record.get("SecurityConfig", {}),
        prefix="AutoMLJobConfig" if record["_Version"] == 1 else f"{_PROBLEMS}.{_TABULAR}",
    )


def _second_form(begun: Mapping[str, Any]) -> Document:
    config = begun.get("AutoMLJobConfig", {})
    channels = begun["InputDataConfig"]
    generation = config.get("CandidateGenerationConfig", {})
    _check_same(channels)
    table = {
        "TargetAttributeName": channels[0]["TargetAttributeName"],
        **_chosen(channels[0], "SampleWeightAttributeName"),
        **_chosen(config, "CompletionCriteria", "Mode"),
        **_chosen(begun, "ProblemType", "GenerateCandidateDefinitionsOnly"),
        **_chosen(generation, "FeatureSpecificationS3Uri"),
    }
    if "AlgorithmsConfig" in generation:
        table["CandidateGenerationConfig"] = _chosen(generation, "AlgorithmsConfig")
    return {
        "_Version": 1,
        "AutoMLJobInputDataConfig": [
            {member: value for member, value in channel.items() if member not in _OF_TABLE}
            for channel in channels
        ],
        _PROBLEMS: {_TABULAR: table},
        "AutoMLProblemTypeConfigName": "Tabular",
        **_chosen(config, "SecurityConfig", "DataSplitConfig"),
    }


def _first_form(begun: Mapping[str, Any]) -> Document:
    [(problem, table)] = begun[_PROBLEMS].items()
    if problem != _TABULAR:
        raise ValidationError(
            f"{_PROBLEMS}.{problem} is not served; only {_TABULAR} is: problems whose data is a table."
        )
    if "AutoMLComputeConfig" in begun:
        raise ValidationError("AutoMLComputeConfig (EMR Serverless) is not served; leave it out.")
    generation = {
        **table.get("CandidateGenerationConfig", {}),
        **_chosen(table, "FeatureSpecificationS3Uri"),
    }
    config = {
        **_chosen(table, "CompletionCriteria", "Mode"),
        **_chosen(begun, "SecurityConfig", "DataSplitConfig"),
        **({"CandidateGenerationConfig": generation} if generation else {}),
    }
    return {
        "_Version": 2,
        "InputDataConfig": [
            {**channel, **_chosen(table, *_OF_TABLE)} for channel in begun["AutoMLJobInputDataConfig"]
        ],
        "AutoMLJobConfig": config,
        "AutoMLProblemTypeConfigName": "Tabular",
        **_chosen(table, "ProblemType", "GenerateCandidateDefinitionsOnly"),
    }


def _check_same(channels: Sequence[Document]) -> None:
    for member in _OF_TABLE:
        if len({channel.get(member) for channel in channels}) > 1:
            raise ValidationError(f"InputDataConfig: {member} differs; both channels need the same one.")


def _chosen(document: Mapping[str, Any], *members: str) -> Document:
    return {member: document[member] for member in members if member in document}
