"""Checks of a new Autopilot job that the model can't express. Every error names the member and the fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .forms import AUTO, ENSEMBLING, TUNING, wishes_of
from .metrics import OBJECTIVES

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

    from .forms import Wishes

CONTENT_TYPES = ("text/csv;header=present", "text/csv;header=absent", "x-application/vnd.amazon+parquet")

ALGORITHMS = {
    ENSEMBLING: (
        "lightgbm",
        "catboost",
        "xgboost",
        "randomforest",
        "extra-trees",
        "linear-learner",
        "nn-torch",
        "fastai",
    ),
    TUNING: ("xgboost", "linear-learner", "mlp"),
}
"""The names of AlgorithmsConfig that AWS has for each mode."""

ABSENT = ("nn-torch", "fastai")
"""Those that need PyTorch, which would make the image twice as large."""


def check_request(stores: Stores, record: Document) -> None:
    """record: with the members of both forms. Raises ValidationError; BadRequest for a missing image."""
    wishes = wishes_of(record)
    _check_data(wishes)
    _check_output(record)
    _check_objective(wishes)
    _check_algorithms(wishes)
    _check_limits(wishes)
    _check_deployment(stores, record, wishes)


def _check_data(wishes: Wishes) -> None:
    kinds = [channel.get("ChannelType", "training") for channel in wishes.channels]
    if "training" not in kinds:
        raise ValidationError("The input has no training channel; give one with ChannelType training.")
    if kinds.count("validation") and wishes.validation_fraction is not None:
        raise ValidationError(
            "DataSplitConfig.ValidationFraction splits the training channel, but there is a validation "
            "channel too; give one of the two."
        )
    fraction = wishes.validation_fraction
    if fraction is not None and not 0 < fraction < 1:
        raise ValidationError(
            f"DataSplitConfig.ValidationFraction is {fraction:g}; it has to be between 0 and 1, as 0.2 is."
        )
    for index, channel in enumerate(wishes.channels):
        where = f"input channel {index + 1}"
        source = channel.get("DataSource", {}).get("S3DataSource")
        if source is None:
            raise ValidationError(f"{where}: DataSource.S3DataSource is required.")
        if source["S3DataType"] == "AugmentedManifestFile":
            raise ValidationError(
                f"{where}: S3DataType AugmentedManifestFile is for images; use S3Prefix or ManifestFile."
            )
        _check_uri(f"{where}: S3Uri", source["S3Uri"])
        if channel.get("ContentType", CONTENT_TYPES[0]) != wishes.content_type:
            raise ValidationError(f"{where}: ContentType differs; both channels need the same one.")
    if re.sub(r"\s", "", wishes.content_type) not in CONTENT_TYPES:
        raise ValidationError(
            f"ContentType is {wishes.content_type!r}; it has to be one of {', '.join(CONTENT_TYPES)}."
        )
    if wishes.sample_weight == wishes.target:
        raise ValidationError(
            f"SampleWeightAttributeName is {wishes.target!r}, which is the target; name a column of weights."
        )
    if wishes.features is not None:
        _check_uri("FeatureSpecificationS3Uri", wishes.features)


def _check_output(record: Document) -> None:
    _check_uri("OutputDataConfig.S3OutputPath", record["OutputDataConfig"]["S3OutputPath"])


def _check_uri(where: str, uri: str) -> None:
    if not re.fullmatch(r"s3://[^/]+(/.*)?", uri, re.DOTALL):
        raise ValidationError(f"{where} is {uri!r}; it has to begin with s3:// and the name of a bucket.")


def _check_objective(wishes: Wishes) -> None:
    if (wishes.problem_type is None) != (wishes.metric is None):
        given, missing = ("AutoMLJobObjective", "ProblemType")[:: 1 if wishes.metric else -1]
        raise ValidationError(
            f"{given} is given without {missing}; give both, or none of them to let the data decide."
        )
    if wishes.problem_type is not None and wishes.metric not in OBJECTIVES[wishes.problem_type]:
        raise ValidationError(
            f"AutoMLJobObjective.MetricName {wishes.metric} is not for {wishes.problem_type}; use one of "
            f"{', '.join(OBJECTIVES[wishes.problem_type])}."
        )


def _check_algorithms(wishes: Wishes) -> None:
    if wishes.algorithms is None:
        return
    member = f"{wishes.prefix}.CandidateGenerationConfig.AlgorithmsConfig"
    if wishes.mode == AUTO:
        raise ValidationError(
            f"{member} needs a Mode, {ENSEMBLING} or {TUNING}: each has algorithms of its own."
        )
    known = ALGORITHMS[wishes.mode]
    for name in wishes.algorithms:
        if name not in known:
            raise ValidationError(
                f"{member}: {name} is no algorithm of Mode {wishes.mode}; it has {', '.join(known)}."
            )
    if all(name in ABSENT for name in wishes.algorithms):
        there = [name for name in known if name not in ABSENT]
        raise ValidationError(
            f"{member}: {' and '.join(wishes.algorithms)} can't be trained here, because the image has no "
            f"PyTorch; name one of {', '.join(there)} too."
        )


def told_at_once(record: Document) -> list[Document]:
    """``PartialFailureReasons`` that are known from the request: algorithms that are left out."""
    absent = [name for name in wishes_of(record).algorithms or () if name in ABSENT]
    if not absent:
        return []
    names = " and ".join(absent)
    said = f"{names} can't be trained here, because the image has no PyTorch; the other algorithms are."
    return [{"PartialFailureMessage": said}]


def _check_limits(wishes: Wishes) -> None:
    each, whole = wishes.max_runtime_of_training_s, wishes.max_runtime_s
    if each is not None and whole is not None and each > whole:
        raise ValidationError(
            f"{wishes.prefix}.CompletionCriteria: MaxRuntimePerTrainingJobInSeconds ({each}) is more than "
            f"MaxAutoMLJobRuntimeInSeconds ({whole}); give at most as much."
        )


def _check_deployment(stores: Stores, record: Document, wishes: Wishes) -> None:
    config = record.get("ModelDeployConfig", {})
    name = config.get("EndpointName")
    if config.get("AutoGenerateEndpointName") and name:
        raise ValidationError(
            "ModelDeployConfig has AutoGenerateEndpointName and EndpointName; give one of the two."
        )
    if not config.get("AutoGenerateEndpointName") and not name:
        return
    if wishes.definitions_only:
        raise ValidationError(
            "ModelDeployConfig deploys the best model, but GenerateCandidateDefinitionsOnly trains none; "
            "give one of the two."
        )
    if name and stores.records.find("endpoint", name) is not None:
        raise ValidationError(
            f"ModelDeployConfig.EndpointName: there is an endpoint {name} already; choose another name, or "
            "set AutoGenerateEndpointName."
        )
