from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clary.domain.content import NOTHING
from clary.domain.errors import NotFound
from clary.kinds.job_component import parameter_value
from clary.kinds.training_job import KIND as TRAINING
from clary.kinds.transform_job import KIND as TRANSFORM
from clary.runner.tracking import Tracking, TrackingContext, follow, untracked
from clary.runner.trials import default_trial_name
from clary.store.database import Database
from clary.store.lineage import Lineage
from clary.store.links import LinkKind, Links
from clary.store.records import Records

REGION, ACCOUNT = "us-east-1", "123456789012"
NAME = "digits-aws-training-job"
COMPONENT = "experiment-trial-component"


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ctx(tmp_path: Path, clock: Clock) -> Iterator[TrackingContext]:
    database = Database.at(tmp_path / "clary.db")
    records, links = Records(database, clock), Links(database, clock)
    yield TrackingContext(records, links, Lineage(records, links, REGION, ACCOUNT), REGION, ACCOUNT)
    database.close()


def add_job(ctx: TrackingContext, name: str = "digits", **members: Any) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    record = {
        "TrainingJobName": name,
        "TrainingJobArn": arn,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "HyperParameters": {"hidden-channels": "32", "optimizer": '"sgd"'},
        "AlgorithmSpecification": {"TrainingImage": "pytorch-training:2.6"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "ContentType": "application/x-npz",
                "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/digits"}},
            }
        ],
        "DebugHookConfig": {"S3OutputPath": "s3://bucket/"},
        "_Owner": "arn:aws:iam::123456789012:user/ada",
        **members,
    }
    ctx.records.insert("training-job", name, record, arn=arn, status="InProgress")


def end_job(ctx: TrackingContext, name: str = "digits", *, saved: bool = True) -> None:
    ctx.records.update(
        "training-job",
        name,
        {
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "TrainingStartTime": 10.0,
            "TrainingEndTime": 20.0,
            "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
            "_Reports": {"algo-1": {"ModelUploaded": saved, "CheckpointsUploaded": saved}},
        },
        status="Completed",
    )


def add_experiment(ctx: TrackingContext, *trials: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:experiment/mnist"
    ctx.records.insert("experiment", "MNIST", {"ExperimentName": "MNIST"}, arn=arn)
    for trial in trials:
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:experiment-trial/{trial}"
        ctx.records.insert(
            "experiment-trial", trial, {"TrialName": trial, "ExperimentName": "MNIST"}, arn=arn
        )
        ctx.links.add(LinkKind.TRIAL, "MNIST", trial)


def component(ctx: TrackingContext) -> dict[str, Any]:
    return ctx.records.get(COMPONENT, NAME)


def test_a_new_job_gets_a_component_that_tells_all_of_it(ctx: TrackingContext) -> None:
    add_job(ctx)

    follow(ctx, TRAINING, "digits")

    found = component(ctx)
    assert found["TrialComponentArn"].endswith(f":experiment-trial-component/{NAME}")
    assert found["DisplayName"] == NAME
    assert found["Source"] == {
        "SourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/digits",
        "SourceType": "SageMakerTrainingJob",
    }
    assert found["Parameters"] == {
        "hidden-channels": {"NumberValue": 32.0},
        "optimizer": {"StringValue": '"sgd"'},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.InstanceCount": {"NumberValue": 2.0},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 10.0},
    }
    assert found["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": "pytorch-training:2.6"},
        "training": {"Value": "s3://bucket/digits", "MediaType": "application/x-npz"},
    }
    assert found["OutputArtifacts"] == {"SageMaker.DebugHookOutput": {"Value": "s3://bucket/"}}
    assert found["Status"]["PrimaryStatus"] == "InProgress"
    assert ctx.links.targets(LinkKind.ORIGIN, found["Source"]["SourceArn"]) == [NAME]
    assert ctx.links.sources(LinkKind.COMPONENT, NAME) == []


def test_the_component_follows_the_job_to_its_end_and_keeps_what_callers_added(ctx: TrackingContext) -> None:
    add_job(ctx)
    follow(ctx, TRAINING, "digits")
    own = {
        "Parameters": {"mine": {"NumberValue": 1.0}},
        "OutputArtifacts": {"table": {"Value": "s3://bucket/t"}},
    }
    ctx.records.update(COMPONENT, NAME, own)
    end_job(ctx)

    follow(ctx, TRAINING, "digits")

    found = component(ctx)
    assert found["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, secondary status: Completed, failure reason: .",
    }
    assert (found["StartTime"], found["EndTime"]) == (10.0, 20.0)
    assert found["Parameters"] == own["Parameters"]
    assert found["OutputArtifacts"] == {
        "table": {"Value": "s3://bucket/t"},
        "SageMaker.DebugHookOutput": {"Value": "s3://bucket/"},
        "SageMaker.ModelArtifact": {"Value": "s3://bucket/model.tar.gz"},
    }


def test_a_model_that_was_not_saved_is_not_listed(ctx: TrackingContext) -> None:
    add_job(ctx)
    end_job(ctx, saved=False)

    follow(ctx, TRAINING, "digits")

    assert "SageMaker.ModelArtifact" not in component(ctx)["OutputArtifacts"]


def test_the_inputs_are_known_by_their_content_and_a_checkpoint_to_begin_from_is_one(
    ctx: TrackingContext,
) -> None:
    seen = {"training": "etag 5d41, 2 objects", "SageMaker.Checkpoint": "etag 77aa, 1 object"}
    asked = []
    ctx = replace(ctx, look_at_inputs=lambda _job, host: asked.append(str(host)) or seen)
    add_job(ctx, CheckpointConfig={"S3Uri": "s3://bucket/checkpoints"})
    follow(ctx, TRAINING, "digits")

    ctx.records.update("training-job", "digits", {"_Hosts": {"algo-10": "b", "algo-2": "a"}})
    follow(ctx, TRAINING, "digits")
    end_job(ctx)
    follow(ctx, TRAINING, "digits")

    found = component(ctx)
    assert asked == ["digits/algo-2"]
    assert found["Parameters"]["SageMaker.Input.training"] == {"StringValue": seen["training"]}
    checkpoint = {"Value": "s3://bucket/checkpoints"}
    assert found["InputArtifacts"]["SageMaker.Checkpoint"] == checkpoint
    assert found["OutputArtifacts"]["SageMaker.Checkpoint"] == checkpoint
    place = ctx.lineage.artifact_arn({"SourceUri": checkpoint["Value"]})
    arn = found["TrialComponentArn"]
    assert arn in {link.target for link in ctx.links.from_each(LinkKind.ASSOCIATION, [place])}
    assert arn in {link.source for link in ctx.links.to_each(LinkKind.ASSOCIATION, [place])}


def test_a_job_that_was_over_before_anybody_could_look_is_tracked_all_the_same(ctx: TrackingContext) -> None:
    def over(_job: dict[str, Any], host: object) -> dict[str, str]:
        raise NotFound(f"the host {host} has no job that is running")

    ctx = replace(ctx, look_at_inputs=over)
    add_job(ctx, _Hosts={"algo-1": "a"})
    end_job(ctx)

    follow(ctx, TRAINING, "digits")

    assert "SageMaker.ModelArtifact" in component(ctx)["OutputArtifacts"]


def test_an_empty_folder_for_checkpoints_is_no_input(ctx: TrackingContext) -> None:
    ctx = replace(ctx, look_at_inputs=lambda _job, _host: {"SageMaker.Checkpoint": NOTHING})
    add_job(ctx, CheckpointConfig={"S3Uri": "s3://bucket/checkpoints"}, _Hosts={"algo-1": "a"})

    follow(ctx, TRAINING, "digits")

    assert "SageMaker.Checkpoint" not in component(ctx)["InputArtifacts"]


def test_following_again_writes_nothing(ctx: TrackingContext, clock: Clock) -> None:
    add_job(ctx)
    follow(ctx, TRAINING, "digits")
    before = component(ctx)
    clock.now += 60

    follow(ctx, TRAINING, "digits")

    assert component(ctx) == before


@pytest.mark.parametrize("killed_before_the_note", [False, True])
def test_a_repeated_step_makes_nothing_twice(ctx: TrackingContext, killed_before_the_note: bool) -> None:
    add_experiment(ctx)
    add_job(ctx, ExperimentConfig={"ExperimentName": "mnist"})
    follow(ctx, TRAINING, "digits")
    if killed_before_the_note:
        ctx.links.remove(LinkKind.TRACKED, "digits", NAME)

    follow(ctx, TRAINING, "digits")

    assert ctx.records.names(COMPONENT) == [NAME]
    assert ctx.records.names("experiment-trial") == ["Default-Trial-MNIST"]
    assert len(ctx.links.all(LinkKind.ASSOCIATION)) == 2


def test_a_job_joins_the_trial_it_names(ctx: TrackingContext) -> None:
    add_experiment(ctx, "one", "two")
    config = {"ExperimentName": "MNIST", "TrialName": "two", "TrialComponentDisplayName": "Training"}
    add_job(ctx, ExperimentConfig=config)

    follow(ctx, TRAINING, "digits")

    assert ctx.links.sources(LinkKind.COMPONENT, NAME) == ["two"]
    assert component(ctx)["DisplayName"] == "Training"


def test_a_job_of_an_experiment_without_a_trial_joins_its_default_trial(ctx: TrackingContext) -> None:
    add_experiment(ctx)
    for name in ("digits", "again"):
        add_job(ctx, name, ExperimentConfig={"ExperimentName": "mnist"})
        follow(ctx, TRAINING, name)

    assert ctx.links.targets(LinkKind.TRIAL, "MNIST") == ["Default-Trial-MNIST"]
    assert len(ctx.links.targets(LinkKind.COMPONENT, "Default-Trial-MNIST")) == 2
    assert ctx.records.get("experiment-trial", "Default-Trial-MNIST")["ExperimentName"] == "MNIST"


def test_a_default_trials_name_is_short_enough_and_its_own() -> None:
    first, second = (default_trial_name("e" * 118 + end) for end in ("-1", "-2"))

    assert len(first) <= 120
    assert first != second


def test_a_run_names_the_jobs_started_inside_it(ctx: TrackingContext) -> None:
    ctx.records.insert(COMPONENT, "mnist-run", {"TrialComponentName": "mnist-run"})
    add_job(ctx, ExperimentConfig={"RunName": "mnist-run"})

    for _ in range(2):
        ctx.links.remove(LinkKind.TRACKED, "digits", NAME)
        follow(ctx, TRAINING, "digits")

    assert ctx.records.get(COMPONENT, "mnist-run")["Sources"] == [component(ctx)["Source"]]


def test_a_deleted_component_stays_away(ctx: TrackingContext) -> None:
    add_job(ctx)
    follow(ctx, TRAINING, "digits")
    ctx.records.delete(COMPONENT, NAME)
    end_job(ctx)

    follow(ctx, TRAINING, "digits")

    assert ctx.records.names(COMPONENT) == []
    assert untracked(ctx) == []


def test_a_job_made_again_under_its_name_takes_the_component_over(ctx: TrackingContext, clock: Clock) -> None:
    add_job(ctx)
    end_job(ctx)
    follow(ctx, TRAINING, "digits")
    ctx.records.delete("training-job", "digits")
    clock.now += 60
    add_job(ctx, HyperParameters={"lr": "0.5"})

    follow(ctx, TRAINING, "digits")

    assert component(ctx)["Parameters"]["lr"] == {"NumberValue": 0.5}
    assert "hidden-channels" not in component(ctx)["Parameters"]
    assert component(ctx)["Status"]["PrimaryStatus"] == "InProgress"


def test_jobs_that_ended_unseen_are_found_at_the_next_start(ctx: TrackingContext) -> None:
    for name in ("seen", "unseen", "running"):
        add_job(ctx, name)
    end_job(ctx, "seen")
    follow(ctx, TRAINING, "seen")
    follow(ctx, TRAINING, "unseen")
    end_job(ctx, "unseen")

    assert untracked(ctx) == [("training-job", "running"), ("training-job", "unseen")]


def test_a_running_follower_catches_up_and_then_follows_every_change(ctx: TrackingContext) -> None:
    async def tracked() -> list[str]:
        followed: list[str] = []
        said = asyncio.Event()
        loop = asyncio.get_running_loop()

        def note(kind: str, name: str) -> None:
            if kind == COMPONENT:
                followed.append(f"{name} {ctx.records.get(kind, name)['Status']['PrimaryStatus']}")
                loop.call_soon_threadsafe(said.set)

        ctx.records.on_change(note)
        tracking = Tracking(ctx)
        ctx.records.on_change(
            lambda kind, name: tracking.changed(TRAINING, name) if kind == "training-job" else None
        )
        task = asyncio.create_task(tracking.run())
        for act in (lambda: None, lambda: add_job(ctx, "late"), lambda: end_job(ctx)):
            act()
            await asyncio.wait_for(said.wait(), 10)
            said.clear()
        task.cancel()
        return followed

    add_job(ctx)

    assert asyncio.run(tracked()) == [
        f"{NAME} InProgress",
        "late-aws-training-job InProgress",
        f"{NAME} Completed",
    ]


@pytest.mark.parametrize("text", ["sgd", '"32"', "nan", "inf", "1e999", "1_000", "", "true"])
def test_what_is_no_finite_number_is_a_string(text: str) -> None:
    assert parameter_value(text) == {"StringValue": text}


@pytest.mark.parametrize(("text", "number"), [("32", 32.0), ("1e-3", 0.001), ("-0.5", -0.5)])
def test_what_is_a_number_is_one(text: str, number: float) -> None:
    assert parameter_value(text) == {"NumberValue": number}


def test_a_transform_of_a_copied_model_leads_back_to_the_job_that_wrote_the_model(
    ctx: TrackingContext,
) -> None:
    add_job(ctx)
    end_job(ctx)
    reports = {
        "algo-1": {"ModelUploaded": True, "ModelContent": "a" * 64},
        "algo-2": {"ModelUploaded": False},
    }
    ctx.records.update("training-job", "digits", {"_Reports": reports})
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/guess"
    container = {"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://bucket/repacked/model.tar.gz"}
    record = {
        "TransformJobName": "guess",
        "TransformJobArn": arn,
        "TransformJobStatus": "InProgress",
        "ModelName": "digits",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/new"}}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/guessed"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "_Containers": [container],
        "_Reports": {"algo-1": {"ModelContent": "a" * 64}},
    }
    ctx.records.insert("transform-job", "guess", record, arn=arn, status="InProgress")

    follow(ctx, TRAINING, "digits")
    follow(ctx, TRANSFORM, "guess")
    follow(ctx, TRANSFORM, "guess")

    copied = ctx.lineage.artifact_arn({"SourceUri": "s3://bucket/repacked/model.tar.gz"})
    written = ctx.lineage.artifact_arn({"SourceUri": "s3://bucket/model.tar.gz"})
    assert [(link.source, link.label) for link in ctx.links.to_each(LinkKind.ASSOCIATION, [copied])] == [
        (written, "DerivedFrom")
    ]
    assert (ctx.records.find_by_arn(copied) or {})["ArtifactType"] == "Model"
