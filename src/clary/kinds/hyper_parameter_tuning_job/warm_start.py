"""What a tuning job knows from its parents: a copy, since parents may be deleted afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import NotFound, ValidationError
from clary.kinds.kind import ENDED

from .book import best_of, summary, value_of
from .definitions import definitions_of

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

    from .definitions import Definition

RECORD_KIND = "hyper-parameter-tuning-job"

MEMBER = "WarmStartConfig.ParentHyperParameterTuningJobs"


def parents_of(stores: Stores, record: Document) -> list[Document]:
    """[{Name, Trials: [{Parameters, Value}], Best}] of each parent. Raises ValidationError and NotFound."""
    if "WarmStartConfig" not in record:
        return []
    config = record["WarmStartConfig"]
    own = definitions_of(record)
    if len(own) > 1:
        raise ValidationError("WarmStartConfig is for one TrainingJobDefinition, not TrainingJobDefinitions.")
    identical = config["WarmStartType"] == "IdenticalDataAndAlgorithm"
    names = [
        parent.get("HyperParameterTuningJobName", "") for parent in config["ParentHyperParameterTuningJobs"]
    ]
    if len(set(names)) != len(names):
        raise ValidationError(f"{MEMBER} names a tuning job twice; name each once.")
    return [_parent(stores, name, own[0], identical) for name in names]


def take_metric_definitions(stores: Stores, record: Document) -> None:
    """Completes a request without MetricDefinitions with those of a parent.

    The SDK's ``identical_dataset_and_algorithm_tuner`` and ``transfer_learning_tuner`` leave them out.
    """
    own = record.get("TrainingJobDefinition", {}).get("AlgorithmSpecification", {})
    if own.get("MetricDefinitions"):
        return
    for parent in record.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ()):
        found = stores.records.find(RECORD_KIND, parent.get("HyperParameterTuningJobName", "")) or {}
        algorithm = found.get("TrainingJobDefinition", {}).get("AlgorithmSpecification", {})
        if algorithm.get("MetricDefinitions"):
            own["MetricDefinitions"] = algorithm["MetricDefinitions"]
            return


def _parent(stores: Stores, name: str, own: Definition, identical: bool) -> Document:
    parent = stores.records.find(RECORD_KIND, name)
    if parent is None:
        raise NotFound(
            f"{MEMBER}: there is no hyper parameter tuning job {name!r}.", code="ValidationException"
        )
    status = parent["HyperParameterTuningJobStatus"]
    if status not in ENDED:
        raise ValidationError(f"{MEMBER}: {name} is {status}; wait for its end, or stop it.")
    definitions = definitions_of(parent)
    if len(definitions) > 1:
        raise ValidationError(f"{MEMBER}: {name} has several TrainingJobDefinitions; a parent has one.")
    _check_same(name, definitions[0], own, identical)
    static = definitions[0].static
    trials = [
        {"Parameters": {**static, **trial["TunedHyperParameters"]}, "Value": value}
        for trial in parent["_Trials"]
        if (value := value_of(trial)) is not None
    ]
    best = best_of(parent["_Trials"], own.maximize)
    return {"Name": name, "Trials": trials, "Best": None if best is None else summary(parent, best)}


def _check_same(name: str, parent: Definition, own: Definition, identical: bool) -> None:
    if parent.maximize != own.maximize:
        raise ValidationError(
            f"{MEMBER}: the objective of {name} has another Type; a warm start needs the same one."
        )
    if not identical:
        return
    for what, theirs, ours in (
        ("objective metric", parent.metric, own.metric),
        ("TrainingImage", _image(parent), _image(own)),
    ):
        if theirs != ours:
            raise ValidationError(
                f"{MEMBER}: the {what} of {name} is {theirs!r}, not {ours!r}; IdenticalDataAndAlgorithm "
                "needs the same one. Use TransferLearning otherwise."
            )


def _image(definition: Definition) -> str | None:
    image: str | None = definition.document["AlgorithmSpecification"].get("TrainingImage")
    return image
