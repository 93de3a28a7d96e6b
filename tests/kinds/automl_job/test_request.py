"""What CreateAutoMLJob and CreateAutoMLJobV2 refuse, and that both lead to one record."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kinds.automl_job.made import NAME, made, request

from clary.domain.errors import ValidationError
from clary.kinds.automl_job import KIND
from clary.kinds.automl_job.forms import wishes_of, with_both_forms
from clary.kinds.records import create_record
from clary.services.context import Context

CHANNEL = request()["InputDataConfig"][0]
GENERATION = "AutoMLJobConfig__CandidateGenerationConfig"


def channel(**changes: Any) -> dict[str, Any]:
    return {**CHANNEL, **changes}


def second_form(**table: Any) -> dict[str, Any]:
    source = {member: value for member, value in CHANNEL.items() if member != "TargetAttributeName"}
    first = request()
    return {
        "AutoMLJobName": NAME,
        "AutoMLJobInputDataConfig": [source],
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {"TargetAttributeName": "kind", **table}},
        "OutputDataConfig": first["OutputDataConfig"],
        "RoleArn": first["RoleArn"],
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"InputDataConfig": [channel(), channel(TargetAttributeName="other")]},
            "TargetAttributeName differs; both channels need the same one",
        ),
        (
            {"InputDataConfig": [channel(ChannelType="validation")]},
            "no training channel; give one with ChannelType training",
        ),
        (
            {
                "InputDataConfig": [channel(), channel(ChannelType="validation")],
                "AutoMLJobConfig__DataSplitConfig": {"ValidationFraction": 0.2},
            },
            "there is a validation channel too; give one of the two",
        ),
        (
            {"AutoMLJobConfig__DataSplitConfig": {"ValidationFraction": 1.0}},
            "ValidationFraction is 1; it has to be between 0 and 1",
        ),
        (
            {
                "InputDataConfig": [
                    channel(),
                    channel(ChannelType="validation", ContentType="x-application/vnd.amazon+parquet"),
                ]
            },
            "input channel 2: ContentType differs",
        ),
        (
            {"InputDataConfig": [channel(ContentType="text/plain")]},
            "ContentType is 'text/plain'; it has to be",
        ),
        (
            {
                "InputDataConfig": [
                    channel(
                        DataSource={
                            "S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/m"}
                        }
                    )
                ]
            },
            "AugmentedManifestFile is for images; use S3Prefix",
        ),
        (
            {
                "InputDataConfig": [
                    channel(DataSource={"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "https://b/x"}})
                ]
            },
            "S3Uri is 'https://b/x'; it has to begin with s3://",
        ),
        ({"InputDataConfig": [channel(SampleWeightAttributeName="kind")]}, "which is the target"),
        ({"OutputDataConfig__S3OutputPath": "https://b/x"}, "OutputDataConfig.S3OutputPath is"),
        ({"ProblemType": "Regression"}, "ProblemType is given without AutoMLJobObjective; give both"),
        (
            {"AutoMLJobObjective": {"MetricName": "F1"}},
            "AutoMLJobObjective is given without ProblemType; give both",
        ),
        (
            {"ProblemType": "MulticlassClassification", "AutoMLJobObjective": {"MetricName": "F1"}},
            "F1 is not for MulticlassClassification; use one of Accuracy, BalancedAccuracy, F1macro",
        ),
        (
            {f"{GENERATION}__AlgorithmsConfig": [{"AutoMLAlgorithms": ["xgboost"]}]},
            "AlgorithmsConfig needs a Mode, ENSEMBLING or HYPERPARAMETER_TUNING",
        ),
        (
            {
                f"{GENERATION}__AlgorithmsConfig": [{"AutoMLAlgorithms": ["catboost"]}],
                "AutoMLJobConfig__Mode": "HYPERPARAMETER_TUNING",
            },
            "catboost is no algorithm of Mode HYPERPARAMETER_TUNING; it has xgboost, linear-learner, mlp",
        ),
        (
            {
                f"{GENERATION}__AlgorithmsConfig": [{"AutoMLAlgorithms": ["nn-torch", "fastai"]}],
                "AutoMLJobConfig__Mode": "ENSEMBLING",
            },
            "nn-torch and fastai can.t be trained here, because the image has no PyTorch; name one of",
        ),
        (
            {
                "AutoMLJobConfig__CompletionCriteria": {
                    "MaxRuntimePerTrainingJobInSeconds": 60,
                    "MaxAutoMLJobRuntimeInSeconds": 30,
                }
            },
            "MaxRuntimePerTrainingJobInSeconds .60. is more than MaxAutoMLJobRuntimeInSeconds .30.",
        ),
        (
            {"ModelDeployConfig": {"AutoGenerateEndpointName": True, "EndpointName": "e"}},
            "AutoGenerateEndpointName and EndpointName; give one",
        ),
        (
            {"ModelDeployConfig": {"EndpointName": "e"}, "GenerateCandidateDefinitionsOnly": True},
            "GenerateCandidateDefinitionsOnly trains none",
        ),
        ({"ModelDeployConfig": {"EndpointName": "taken"}}, "there is an endpoint taken already"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_the_fix(
    ctx: Context, changes: dict[str, Any], message: str
) -> None:
    ctx.records.insert("endpoint", "taken", {"EndpointName": "taken"}, arn="arn:taken", status="InService")

    with pytest.raises(ValidationError, match=message):
        made(ctx, **changes)


def test_other_problems_are_refused_by_name(ctx: Context) -> None:
    wishes = {**second_form(), "AutoMLProblemTypeConfig": {"ImageClassificationJobConfig": {}}}

    with pytest.raises(ValidationError, match=r"ImageClassificationJobConfig is not served; only Tabular"):
        create_record(ctx, KIND, wishes)


def test_both_forms_say_the_same(ctx: Context) -> None:
    criteria = {"MaxCandidates": 3}
    first = with_both_forms(
        request(
            InputDataConfig=[channel(SampleWeightAttributeName="w")],
            AutoMLJobConfig={
                "CompletionCriteria": criteria,
                "Mode": "ENSEMBLING",
                "SecurityConfig": {"VolumeKmsKeyId": "k"},
                "DataSplitConfig": {"ValidationFraction": 0.25},
                "CandidateGenerationConfig": {
                    "FeatureSpecificationS3Uri": "s3://b/f",
                    "AlgorithmsConfig": [{"AutoMLAlgorithms": ["xgboost"]}],
                },
            },
            ProblemType="Regression",
            AutoMLJobObjective={"MetricName": "MSE"},
            GenerateCandidateDefinitionsOnly=True,
        )
    )
    table = first["AutoMLProblemTypeConfig"]["TabularJobConfig"]
    shared = {member: first[member] for member in ("SecurityConfig", "DataSplitConfig", "AutoMLJobObjective")}
    second = with_both_forms({**second_form(**table), **shared})

    for member in ("AutoMLJobConfig", "InputDataConfig", "ProblemType", "GenerateCandidateDefinitionsOnly"):
        assert second[member] == first[member], member
    told = wishes_of(first)
    assert (told.target, told.sample_weight, told.features) == ("kind", "w", "s3://b/f")
    assert (told.algorithms, told.definitions_only) == (["xgboost"], True)
    assert wishes_of({**second, "_Version": 1}) == told
