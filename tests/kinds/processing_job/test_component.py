"""Processing jobs track themselves, and lead from a model back to the data they read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clary.kinds.processing_job import KIND as PROCESSING
from clary.kinds.processing_job.component import options
from clary.kinds.training_job import KIND as TRAINING
from clary.runner.tracking import TrackingContext, follow, untracked
from clary.store.database import Database
from clary.store.lineage import Lineage
from clary.store.links import LinkKind, Links
from clary.store.records import Records

REGION, ACCOUNT = "us-east-1", "123456789012"
PREFIX = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
COMPONENT = "experiment-trial-component"


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[TrackingContext]:
    database = Database.at(tmp_path / "clary.db")
    records, links = Records(database, lambda: 1_790_000_000.0), Links(database, lambda: 1_790_000_000.0)
    yield TrackingContext(records, links, Lineage(records, links, REGION, ACCOUNT), REGION, ACCOUNT)
    database.close()


def add_processing(ctx: TrackingContext, name: str = "digits", **members: Any) -> None:
    record = {
        "ProcessingJobName": name,
        "ProcessingJobArn": f"{PREFIX}:processing-job/{name}",
        "ProcessingJobStatus": "InProgress",
        "AppSpecification": {
            "ImageUri": "sagemaker-scikit-learn:1.2-1",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/x.py"],
            "ContainerArguments": ["--test-share", "0.2", "--verbose"],
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 30}
        },
        "ProcessingInputs": [
            {"InputName": "raw", "S3Input": {"S3Uri": "s3://bucket/raw"}},
            {"InputName": "code", "S3Input": {"S3Uri": "s3://bucket/code/x.py"}},
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://bucket/train/"}}]
        },
        **members,
    }
    ctx.records.insert("processing-job", name, record, arn=record["ProcessingJobArn"], status="InProgress")


def end_processing(ctx: TrackingContext, name: str = "digits", status: str = "Completed") -> None:
    ctx.records.update(
        "processing-job",
        name,
        {
            "ProcessingJobStatus": status,
            "ProcessingStartTime": 10.0,
            "ProcessingEndTime": 20.0,
            "ExitMessage": "4000 digits",
        },
        status=status,
    )


def add_training(ctx: TrackingContext, name: str = "digits", *, channel: str = "s3://bucket/train") -> None:
    record = {
        "TrainingJobName": name,
        "TrainingJobArn": f"{PREFIX}:training-job/{name}",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {"TrainingImage": "sagemaker-scikit-learn:1.2-1"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": channel}}}],
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
        "_Reports": {"algo-1": {"ModelUploaded": True}},
    }
    ctx.records.insert("training-job", name, record, arn=record["TrainingJobArn"], status="Completed")


def test_a_new_job_gets_a_component_that_tells_all_of_it(ctx: TrackingContext) -> None:
    add_processing(ctx)

    follow(ctx, PROCESSING, "digits")

    found = ctx.records.get(COMPONENT, "digits-aws-processing-job")
    assert found["Source"] == {
        "SourceArn": f"{PREFIX}:processing-job/digits",
        "SourceType": "SageMakerProcessingJob",
    }
    assert found["Parameters"] == {
        "test-share": {"NumberValue": 0.2},
        "verbose": {"StringValue": "true"},
        "SageMaker.ContainerEntrypoint": {"StringValue": "python3 /opt/ml/processing/input/code/x.py"},
        "SageMaker.ContainerArguments": {"StringValue": "--test-share 0.2 --verbose"},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.InstanceCount": {"NumberValue": 2.0},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 30.0},
    }
    assert found["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": "sagemaker-scikit-learn:1.2-1"},
        "raw": {"Value": "s3://bucket/raw"},
        "code": {"Value": "s3://bucket/code/x.py"},
    }
    assert found["OutputArtifacts"] == {}


def test_outputs_are_there_once_the_job_has_run(ctx: TrackingContext) -> None:
    add_processing(ctx)
    follow(ctx, PROCESSING, "digits")
    end_processing(ctx)

    follow(ctx, PROCESSING, "digits")

    found = ctx.records.get(COMPONENT, "digits-aws-processing-job")
    assert found["OutputArtifacts"] == {"train": {"Value": "s3://bucket/train/"}}
    assert (found["StartTime"], found["EndTime"]) == (10.0, 20.0)
    assert found["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, exit message: 4000 digits, failure reason: .",
    }


def test_jobs_of_two_kinds_and_one_name_have_components_of_their_own(ctx: TrackingContext) -> None:
    add_processing(ctx)
    add_training(ctx)

    follow(ctx, PROCESSING, "digits")
    follow(ctx, TRAINING, "digits")

    assert set(ctx.records.names(COMPONENT)) == {"digits-aws-processing-job", "digits-aws-training-job"}


def test_what_one_kind_has_seen_says_nothing_of_the_other(ctx: TrackingContext) -> None:
    add_training(ctx)
    follow(ctx, TRAINING, "digits")
    add_processing(ctx)
    end_processing(ctx)

    assert untracked(ctx) == [("processing-job", "digits")]


def test_a_model_leads_back_to_the_job_that_made_its_data(ctx: TrackingContext) -> None:
    add_processing(ctx, "split")
    end_processing(ctx, "split")
    add_training(ctx, "fit")
    follow(ctx, PROCESSING, "split")
    follow(ctx, TRAINING, "fit")

    def causes(arn: str) -> set[str]:
        return {link.source for link in ctx.links.to_each(LinkKind.ASSOCIATION, [arn])}

    lineage = ctx.lineage
    reached = {lineage.artifact_arn({"SourceUri": "s3://bucket/model.tar.gz"})}
    for _ in range(4):
        reached |= {cause for arn in reached for cause in causes(arn)}

    assert f"{PREFIX}:experiment-trial-component/split-aws-processing-job" in reached
    assert lineage.artifact_arn({"SourceUri": "s3://bucket/raw"}) in reached
    code = ctx.records.find_by_arn(lineage.artifact_arn({"SourceUri": "s3://bucket/code/x.py"}))
    assert code is not None
    assert code["ArtifactType"] == "Code"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--lr", "-0.5", "--deep"], {"lr": "-0.5", "deep": "true"}),
        (["--name=a=b", "-n", "3"], {"name": "a=b", "n": "3"}),
        (["train", "--on", "--off", "x"], {"on": "true", "off": "x"}),
        ([], {}),
    ],
)
def test_options_are_read_as_parsers_do(arguments: list[str], found: dict[str, str]) -> None:
    assert dict(options(arguments)) == found


@pytest.mark.parametrize("trained_first", [False, True])
def test_a_file_of_an_output_leads_back_to_the_job_that_wrote_it(
    ctx: TrackingContext, trained_first: bool
) -> None:
    add_processing(ctx, "split")
    follow(ctx, PROCESSING, "split")
    if not trained_first:
        end_processing(ctx, "split")
        follow(ctx, PROCESSING, "split")
    add_training(ctx, "fit", channel="s3://bucket/train/part-1.csv")
    follow(ctx, TRAINING, "fit")
    if trained_first:
        end_processing(ctx, "split")
        follow(ctx, PROCESSING, "split")

    ends = [
        ctx.lineage.artifact_arn({"SourceUri": uri})
        for uri in ("s3://bucket/train/", "s3://bucket/train/part-1.csv")
    ]
    link = ctx.links.find(LinkKind.ASSOCIATION, *ends)
    assert link is not None
    assert link.label == "DerivedFrom"


def test_a_kill_between_the_component_and_its_lineage_costs_nothing(
    ctx: TrackingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    add_processing(ctx, "split")
    follow(ctx, PROCESSING, "split")
    end_processing(ctx, "split")
    with monkeypatch.context() as patch:
        patch.setattr(Lineage, "follow", killed)
        with pytest.raises(KeyboardInterrupt):
            follow(ctx, PROCESSING, "split")

    follow(ctx, PROCESSING, "split")

    component = f"{PREFIX}:experiment-trial-component/split-aws-processing-job"
    output = ctx.lineage.artifact_arn({"SourceUri": "s3://bucket/train"})
    assert ctx.links.find(LinkKind.ASSOCIATION, component, output) is not None
