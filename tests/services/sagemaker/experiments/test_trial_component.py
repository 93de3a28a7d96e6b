from __future__ import annotations

import math
from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.metrics import batch_put_metrics
from clary.services.sagemaker.experiments.experiment import create_experiment
from clary.services.sagemaker.experiments.trial import associate_trial_component, create_trial
from clary.services.sagemaker.experiments.trial_component import (
    create_trial_component,
    delete_trial_component,
    describe_trial_component,
    list_trial_components,
    update_trial_component,
)


def create(ctx: Context, name: str = "train", **members: Any) -> str:
    arn: str = create_trial_component(ctx, {"TrialComponentName": name, **members})["TrialComponentArn"]
    return arn


def described(ctx: Context, name: str = "train") -> dict[str, Any]:
    return describe_trial_component(ctx, {"TrialComponentName": name})


def listed(ctx: Context, **request: str) -> list[str]:
    found = list_trial_components(ctx, {"SortBy": "Name", "SortOrder": "Ascending", **request})
    return [component["TrialComponentName"] for component in found["TrialComponentSummaries"]]


def test_a_component_keeps_numbers_strings_and_artifacts(ctx: Context) -> None:
    members = {
        "Parameters": {"lr": {"NumberValue": 0.1}, "optimizer": {"StringValue": "sgd"}},
        "InputArtifacts": {"data": {"Value": "s3://bucket/data", "MediaType": "s3/uri"}},
        "Status": {"PrimaryStatus": "InProgress", "Message": "busy"},
        "StartTime": 1_790_000_000.0,
    }

    create(ctx, **members)

    assert {member: described(ctx)[member] for member in members} == members


def test_an_update_adds_by_key_and_removes_by_key(ctx: Context) -> None:
    create(
        ctx,
        Parameters={"lr": {"NumberValue": 0.1}, "old": {"StringValue": "x"}},
        InputArtifacts={"data": {"Value": "s3://bucket/data"}},
    )

    update_trial_component(
        ctx,
        {
            "TrialComponentName": "train",
            "Parameters": {"lr": {"NumberValue": 0.2}, "new": {"NumberValue": 1.0}},
            "ParametersToRemove": ["old", "was-never-there"],
            "InputArtifactsToRemove": ["data"],
            "OutputArtifacts": {"model": {"Value": "s3://bucket/model"}},
            "EndTime": 5.0,
        },
    )

    found = described(ctx)
    assert found["Parameters"] == {"lr": {"NumberValue": 0.2}, "new": {"NumberValue": 1.0}}
    assert found["InputArtifacts"] == {}
    assert found["OutputArtifacts"] == {"model": {"Value": "s3://bucket/model"}}
    assert found["EndTime"] == 5.0


@pytest.mark.parametrize("member", ["Parameters", "InputArtifacts", "OutputArtifacts"])
def test_what_an_update_sets_and_removes_is_gone(ctx: Context, member: str) -> None:
    create(ctx)
    value = {"StringValue": "x"} if member == "Parameters" else {"Value": "x"}

    update_trial_component(
        ctx,
        {
            "TrialComponentName": "train",
            member: {"both": value, "kept": value},
            f"{member}ToRemove": ["both"],
        },
    )

    assert described(ctx)[member] == {"kept": value}


@pytest.mark.parametrize(
    "value",
    [{"NumberValue": math.nan}, {"NumberValue": math.inf}, {}, {"NumberValue": 1.0, "StringValue": ""}],
)
def test_a_parameter_is_one_finite_number_or_one_string(ctx: Context, value: dict[str, Any]) -> None:
    create(ctx)

    for attempt in (create_trial_component, update_trial_component):
        with pytest.raises(ValidationError, match=r"Parameters\.lr"):
            attempt(ctx, {"TrialComponentName": "train", "Parameters": {"lr": value}})


def test_a_taken_name_is_refused_in_the_words_clients_look_for(ctx: Context) -> None:
    create(ctx)

    with pytest.raises(ValidationError, match="already exists"):
        create(ctx)


def test_metrics_are_summed_up_of_the_component_and_of_the_job_it_tells_of(
    ctx: Context, clock: Clock
) -> None:
    arn, job = create(ctx), "arn:aws:sagemaker:us-east-1:123456789012:training-job/job"
    points = [
        {"MetricName": "loss", "Timestamp": int(clock.now), "Step": n, "Value": v}
        for n, v in enumerate([4.0, 1.0])
    ]
    batch_put_metrics(ctx, {"TrialComponentName": "train", "MetricData": points})
    ctx.records.update(
        "experiment-trial-component",
        "train",
        {"Source": {"SourceArn": job, "SourceType": "SageMakerTrainingJob"}},
    )
    ctx.metrics.append(job, [("test:accuracy", clock.now, None, 0.5)])

    own, of_the_job = described(ctx)["Metrics"]

    assert own == {
        "MetricName": "loss",
        "SourceArn": arn,
        "TimeStamp": clock.now,
        "Count": 2,
        "Min": 1.0,
        "Max": 4.0,
        "Avg": 2.5,
        "StdDev": 1.5,
        "Last": 1.0,
    }
    assert (of_the_job["MetricName"], of_the_job["SourceArn"], of_the_job["Max"]) == (
        "test:accuracy",
        job,
        0.5,
    )


def test_components_are_listed_by_experiment_and_by_trial(ctx: Context) -> None:
    for name in ("prepare", "train", "alone"):
        create(ctx, name)
    create_experiment(ctx, {"ExperimentName": "digits"})
    for trial, components in {"one": ["prepare", "train"], "two": ["prepare"]}.items():
        create_trial(ctx, {"TrialName": trial, "ExperimentName": "digits"})
        for component in components:
            associate_trial_component(ctx, {"TrialName": trial, "TrialComponentName": component})

    assert listed(ctx) == ["alone", "prepare", "train"]
    assert listed(ctx, ExperimentName="digits") == ["prepare", "train"]
    assert listed(ctx, TrialName="two") == ["prepare"]
    assert listed(ctx, SourceArn="arn:aws:sagemaker:us-east-1:123456789012:training-job/none") == []
    with pytest.raises(ValidationError, match="one of ExperimentName, TrialName and SourceArn"):
        listed(ctx, ExperimentName="digits", TrialName="two")


def test_a_component_of_a_trial_cannot_be_deleted(ctx: Context) -> None:
    create(ctx)
    create_experiment(ctx, {"ExperimentName": "digits"})
    create_trial(ctx, {"TrialName": "one", "ExperimentName": "digits"})
    associate_trial_component(ctx, {"TrialName": "one", "TrialComponentName": "train"})

    with pytest.raises(ValidationError, match="associated with 1 trials, one among them"):
        delete_trial_component(ctx, {"TrialComponentName": "train"})

    assert listed(ctx, TrialName="one") == ["train"]


def test_a_deleted_component_leaves_no_metrics_for_the_next_of_its_name(ctx: Context, clock: Clock) -> None:
    create(ctx)
    point = {"MetricName": "loss", "Timestamp": int(clock.now), "Value": 1.0}
    batch_put_metrics(ctx, {"TrialComponentName": "train", "MetricData": [point]})

    delete_trial_component(ctx, {"TrialComponentName": "train"})
    with pytest.raises(NotFound, match="Trial component 'train' does not exist"):
        described(ctx)
    create(ctx)

    assert described(ctx)["Metrics"] == []
