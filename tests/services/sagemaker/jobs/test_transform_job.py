"""The operations of transform jobs: what is answered, and each refusal."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.examples import EXAMPLES, MODEL, add_prerequisites
from tests.server.test_one_transaction import AnyMachine

from clary.domain.errors import NotFound, PlatformError, ValidationError
from clary.kinds.serving_entities import MODEL as SERVED_MODEL
from clary.kinds.serving_entities import create_serving_entity
from clary.services.context import Context
from clary.services.sagemaker.jobs.transform_job import (
    create_transform_job,
    describe_transform_job,
    list_transform_jobs,
    stop_transform_job,
)

SOURCE = "TransformInput__DataSource__S3DataSource"


@pytest.fixture
def ctx(ctx: Context) -> Context:
    ctx = replace(ctx, machines=AnyMachine())
    add_prerequisites(ctx)
    return ctx


def request(**changes: Any) -> Any:
    """The example with changes: ``TransformInput__SplitType="Line"`` changes an inner member."""
    found = copy.deepcopy(EXAMPLES["transform-job"])
    for path, value in changes.items():
        inner = found
        *above, last = path.split("__")
        for member in above:
            inner = inner.setdefault(member, {})
        inner[last] = value
    return found


def test_a_job_is_described_as_it_was_created(ctx: Context) -> None:
    arn = create_transform_job(ctx, request(MaxConcurrentTransforms=2))["TransformJobArn"]

    job = describe_transform_job(ctx, {"TransformJobName": "Digits"})

    assert job["TransformJobArn"] == arn
    assert (job["TransformJobStatus"], job["ModelName"]) == ("InProgress", "digits")
    assert job["MaxConcurrentTransforms"] == 2
    assert job["TransformInput"]["CompressionType"] == "None"
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}


def test_a_job_is_listed_and_stopped(ctx: Context) -> None:
    create_transform_job(ctx, request())

    summaries = list_transform_jobs(ctx, {"NameContains": "igit"})["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in summaries] == ["Digits"]
    stop_transform_job(ctx, {"TransformJobName": "Digits"})
    assert describe_transform_job(ctx, {"TransformJobName": "Digits"})["TransformJobStatus"] == "Stopping"


def test_an_unknown_name_is_told(ctx: Context) -> None:
    for ask in (describe_transform_job, stop_transform_job):
        with pytest.raises(NotFound, match="Could not find requested job with name: nothing"):
            ask(ctx, {"TransformJobName": "nothing"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ModelName": "nothing"}, "Could not find model"),
        (
            {"TransformInput__DataSource__S3DataSource__S3Uri": "https://x"},
            "S3DataSource.S3Uri is 'https://x'",
        ),
        (
            {"TransformInput__DataSource__S3DataSource__S3DataType": "AugmentedManifestFile"},
            "S3DataType is Aug",
        ),
        ({"TransformOutput__S3OutputPath": "s3://"}, "TransformOutput.S3OutputPath is 's3://'"),
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB is 101; it can be 100"),
        ({"MaxConcurrentTransforms": 20}, r"MaxConcurrentTransforms \(20\) times MaxPayloadInMB \(6\)"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}, "DataCaptureConfig is not served"),
        ({"DataProcessing__InputFilter": "$..x"}, r"DataProcessing.InputFilter: '..x' is not served"),
        ({"DataProcessing__OutputFilter": "x"}, "DataProcessing.OutputFilter: 'x' does not begin with"),
        (
            {"DataProcessing__JoinSource": "Input", "TransformInput__ContentType": "image/png"},
            "DataProcessing needs TransformInput.ContentType to be",
        ),
        (
            {"DataProcessing__JoinSource": "Input", "TransformOutput__Accept": "application/json"},
            "records and answers of one format",
        ),
        (
            {"DataProcessing__JoinSource": "Input", "TransformOutput__AssembleWith": "None"},
            r"SplitType \(Line\) and TransformOutput.AssembleWith \(None\) to be the same",
        ),
        (
            {"DataProcessing__InputFilter": "$[0]", "TransformInput__SplitType": "RecordIO"},
            "SplitType None or Line, not RecordIO",
        ),
        ({"ExperimentConfig": {"TrialName": "nothing"}}, "nothing"),
    ],
)
def test_what_can_not_run_is_refused_with_its_member(
    ctx: Context, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlatformError, match=said):
        create_transform_job(ctx, request(**changes))


def test_a_model_of_many_models_is_refused(ctx: Context) -> None:
    container = {**MODEL["PrimaryContainer"], "Mode": "MultiModel"}
    create_serving_entity(ctx, SERVED_MODEL, {**MODEL, "ModelName": "many"}, _Containers=[container])

    with pytest.raises(ValidationError, match="has the Mode MultiModel"):
        create_transform_job(ctx, request(ModelName="many"))
