"""Checks of CreateHyperParameterTuningJob that the model can't express. Errors name member and fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import PlatformError, ValidationError
from clary.kinds.training_job.metric_definitions import with_algorithm_metrics
from clary.kinds.training_job.request import check_request as check_training_request

from .definitions import CONFIG, definitions_of, job_name, texts, training_request
from .search import Categories, grid

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

    from .definitions import Definition

MOST_TRIALS = 750
MOST_AT_ONCE = 100
MOST_DEFINITIONS = 10


def check_members(record: Document) -> None:
    """Raises ValidationError for members that are missing, or exclude each other."""
    config = record[CONFIG]
    several = record.get("TrainingJobDefinitions")
    if ("TrainingJobDefinition" in record) == (several is not None):
        raise ValidationError("Give TrainingJobDefinition or TrainingJobDefinitions; one of them is needed.")
    if several is not None:
        _check_several(config, several)
    for definition in definitions_of(record):
        if not definition.metric:
            path = f"{definition.member}.TuningObjective" if several else f"{CONFIG}.{OBJECTIVE_MEMBER}"
            raise ValidationError(f"{path} is required: name the metric to optimize and its Type.")
    if len({definition.maximize for definition in definitions_of(record)}) > 1:
        raise ValidationError(
            "TrainingJobDefinitions: the Type of every TuningObjective has to be the same, since their "
            "trials are compared."
        )


OBJECTIVE_MEMBER = "HyperParameterTuningJobObjective"


def _check_several(config: Document, several: list[Document]) -> None:
    names = [each.get("DefinitionName") for each in several]
    if len(several) > 1 and (None in names or len(set(names)) != len(names)):
        raise ValidationError(
            "TrainingJobDefinitions: each needs a DefinitionName of its own, by which its trials are known."
        )
    if "ParameterRanges" in config:
        raise ValidationError(
            f"{CONFIG}.ParameterRanges is for one TrainingJobDefinition; with TrainingJobDefinitions give "
            "HyperParameterRanges in each."
        )


def choose_resources(stores: Stores, definition: Definition) -> None:
    """Chooses the ResourceConfig from HyperParameterTuningResourceConfig: the first that can run here.

    Raises ValidationError.
    """
    document = definition.document
    wanted = document.get("HyperParameterTuningResourceConfig")
    if wanted is None:
        if "ResourceConfig" not in document:
            raise ValidationError(
                f"{definition.member} needs a ResourceConfig or a HyperParameterTuningResourceConfig."
            )
        return
    path = f"{definition.member}.HyperParameterTuningResourceConfig"
    if "ResourceConfig" in document:
        raise ValidationError(f"{path} and ResourceConfig are both given; leave one of them out.")
    choices = wanted.get("InstanceConfigs") or [wanted]
    if "InstanceConfigs" in wanted and "InstanceType" in wanted:
        raise ValidationError(f"{path} has InstanceConfigs and an InstanceType; give the one or the other.")
    if "InstanceType" not in choices[0] or "InstanceCount" not in choices[0]:
        raise ValidationError(f"{path} needs an InstanceType and an InstanceCount, or InstanceConfigs.")
    document["ResourceConfig"] = _first_that_fits(stores, path, choices)
    for member in ("VolumeSizeInGB", "VolumeKmsKeyId"):
        if member in wanted:
            document["ResourceConfig"].setdefault(member, wanted[member])


def _first_that_fits(stores: Stores, path: str, choices: list[Document]) -> Document:
    refused: list[str] = []
    for choice in choices:
        try:
            stores.machines.check_cluster(choice["InstanceType"], choice["InstanceCount"])
        except PlatformError as error:
            refused.append(error.message)
            continue
        members = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
        return {"VolumeSizeInGB": 1} | {member: choice[member] for member in members if member in choice}
    raise ValidationError(f"{path}: none of its instances can run here: {'; '.join(refused)}")


def check_request(stores: Stores, record: Document) -> None:
    """Checks limits, ranges, and that a training job of each definition can be made.

    Raises ValidationError, or NotFound for an image.
    """
    config = record[CONFIG]
    definitions = definitions_of(record)
    spaces = [definition.space() for definition in definitions]
    if config["Strategy"] == "Grid":
        _check_grid(config, definitions)
    elif "StrategyConfig" in config and config["Strategy"] != "Hyperband":
        raise ValidationError(
            f"{CONFIG}.StrategyConfig is for the Strategy Hyperband, not {config['Strategy']}; leave it out."
        )
    if config["Strategy"] == "Hyperband" and config.get("TrainingJobEarlyStoppingType") == "Auto":
        raise ValidationError(
            f"{CONFIG}.TrainingJobEarlyStoppingType is Auto; Hyperband stops trials by its own rule, so set "
            "it to Off."
        )
    _check_limits(config)
    for definition, space in zip(definitions, spaces, strict=True):
        tuned = texts({parameter.name: parameter.at(0.5) for parameter in space})
        request = training_request(
            {**record, "_ExperimentConfig": {}, "_Tags": {}}, definition, job_name(record, 0), tuned
        )
        try:
            check_training_request(stores, request)
        except ValidationError as error:
            raise ValidationError(f"{definition.member}: {error.message}") from None
        _check_objective(stores, definition, request)


def _check_objective(stores: Stores, definition: Definition, request: Document) -> None:
    specification = with_algorithm_metrics(stores, request)
    names = [each["Name"] for each in specification.get("MetricDefinitions", ())]
    if definition.metric not in names:
        known = f"it has {', '.join(names)}" if names else "it has none"
        raise ValidationError(
            f"The objective metric {definition.metric!r} is none of the metrics of {definition.member}: "
            f"{known}. Add it to {definition.member}.AlgorithmSpecification.MetricDefinitions, with the "
            "regular expression of its line in the log."
        )


def _check_grid(config: Document, definitions: list[Definition]) -> None:
    total = 0
    for definition in definitions:
        space = definition.space()
        other = next((each for each in space if not isinstance(each, Categories)), None)
        if other is not None:
            raise ValidationError(
                f"{definition.ranges_member}: the Strategy Grid takes CategoricalParameterRanges only, and "
                f"{other.name!r} is none; list its values as categories, or use Random."
            )
        total += grid.size(space)
    limits = config["ResourceLimits"]
    if limits.setdefault("MaxNumberOfTrainingJobs", total) != total:
        raise ValidationError(
            f"{CONFIG}.ResourceLimits.MaxNumberOfTrainingJobs is {limits['MaxNumberOfTrainingJobs']}, but "
            f"the grid has {total} combinations; leave it out."
        )


def _check_limits(config: Document) -> None:
    limits = config["ResourceLimits"]
    path = f"{CONFIG}.ResourceLimits"
    bounded = "MaxRuntimeInSeconds" in limits or "TuningJobCompletionCriteria" in config
    if "MaxNumberOfTrainingJobs" not in limits and not bounded:
        raise ValidationError(
            f"{path} has no MaxNumberOfTrainingJobs; give it, MaxRuntimeInSeconds or "
            "TuningJobCompletionCriteria, so that the job comes to an end."
        )
    most = limits.get("MaxNumberOfTrainingJobs", MOST_TRIALS)
    for member, value, limit in (
        ("MaxNumberOfTrainingJobs", most, MOST_TRIALS),
        ("MaxParallelTrainingJobs", limits["MaxParallelTrainingJobs"], MOST_AT_ONCE),
    ):
        if value > limit:
            raise ValidationError(f"{path}.{member} is {value}; at most {limit} are allowed.")
    if limits["MaxParallelTrainingJobs"] > most:
        raise ValidationError(
            f"{path}.MaxParallelTrainingJobs is {limits['MaxParallelTrainingJobs']}, more than "
            f"MaxNumberOfTrainingJobs, which is {most}; lower it."
        )
