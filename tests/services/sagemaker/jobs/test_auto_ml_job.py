"""The operations of Autopilot jobs: what is answered, and each refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.automl_job.made import KIND_NAME, Life, request
from tests.server.test_one_transaction import AnyMachine

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import describe_experiment
from clary.services.sagemaker.jobs import auto_ml_job as operations

NAMED: Any = {"AutoMLJobName": "Digits"}


@pytest.fixture
def ctx(ctx: Context) -> Context:
    return replace(ctx, machines=AnyMachine())


def create(ctx: Context, **changes: Any) -> str:
    asked: Any = request(**changes)
    return str(operations.create_auto_ml_job(ctx, asked)["AutoMLJobArn"])


def run(ctx: Context) -> Life:
    """Five of six candidates end: with 0.5, 0.7, 0.9, 0.6, and one that fails."""
    life = Life(ctx.records.get(KIND_NAME, "Digits")).analysed()
    for value in (0.5, 0.7, 0.9, 0.6):
        life.train(life.running("-t")[0], value)
        life.settle()
    life.end(life.running("-t")[0], "Failed", FailureReason="why")
    life.settle()
    ctx.records.update(KIND_NAME, "Digits", life.record)
    return life


def candidates(ctx: Context, **wishes: Any) -> list[Any]:
    return list(operations.list_candidates_for_auto_ml_job(ctx, {**NAMED, **wishes})["Candidates"])


def numbers(found: list[Any]) -> list[int]:
    return [int(each["CandidateName"].split("-")[1].removeprefix("t")) for each in found]


def test_a_job_is_described_by_both_operations(ctx: Context) -> None:
    arn = create(ctx)

    first, second = (
        operations.describe_auto_ml_job(ctx, NAMED),
        operations.describe_auto_ml_job_v2(ctx, NAMED),
    )

    assert first["AutoMLJobArn"] == second["AutoMLJobArn"] == arn
    assert arn.endswith(":automl-job/digits")
    assert first["InputDataConfig"] == request()["InputDataConfig"]
    assert second["AutoMLProblemTypeConfig"] == {"TabularJobConfig": {"TargetAttributeName": "kind"}}
    assert (first["AutoMLJobStatus"], first["AutoMLJobSecondaryStatus"]) == ("InProgress", "Starting")
    assert first["GenerateCandidateDefinitionsOnly"] is False


def test_its_experiment_is_there_from_the_start(ctx: Context) -> None:
    arn = create(ctx)

    found = describe_experiment(ctx, {"ExperimentName": "Digits-aws-auto-ml-job"})

    assert found["Source"] == {"SourceArn": arn, "SourceType": "SageMakerAutoMLJob"}


def test_jobs_are_listed_newest_first_and_filtered(ctx: Context) -> None:
    for name in ("one", "two"):
        create(ctx, AutoMLJobName=name)
    operations.stop_auto_ml_job(ctx, {"AutoMLJobName": "one"})

    def listed(**wishes: Any) -> list[tuple[str, str]]:
        query: Any = wishes
        found = operations.list_auto_ml_jobs(ctx, query)["AutoMLJobSummaries"]
        return [(each["AutoMLJobName"], each["AutoMLJobSecondaryStatus"]) for each in found]

    assert listed() == [("two", "Starting"), ("one", "Stopping")]
    assert listed(StatusEquals="Stopping") == [("one", "Stopping")]
    assert listed(NameContains="tw") == [("two", "Starting")]
    assert listed(SortBy="Name", SortOrder="Ascending")[0] == ("one", "Stopping")


def test_candidates_are_sorted_filtered_and_paged(ctx: Context) -> None:
    create(ctx)
    assert candidates(ctx) == []
    run(ctx)

    assert numbers(candidates(ctx)) == [1, 2, 3, 4, 5, 6]
    assert numbers(candidates(ctx, SortOrder="Descending"))[0] == 6
    best = candidates(ctx, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert numbers(best) == [3, 2, 4, 1, 5, 6]
    assert numbers(candidates(ctx, StatusEquals="Failed")) == [5]
    assert numbers(candidates(ctx, SortBy="Status"))[-1] == 6
    name = best[0]["CandidateName"]
    assert numbers(candidates(ctx, CandidateNameEquals=name)) == [3]
    page: Any = operations.list_candidates_for_auto_ml_job(ctx, {**NAMED, "MaxResults": 4})
    assert numbers(candidates(ctx, NextToken=page["NextToken"])) == [5, 6]
    with pytest.raises(ValidationError, match="NextToken is not valid"):
        candidates(ctx, NextToken="x")


def test_unknown_names_and_taken_ones_are_refused(ctx: Context) -> None:
    for call in (operations.describe_auto_ml_job, operations.stop_auto_ml_job):
        with pytest.raises(NotFound, match="AutoMLJob with name: Digits not found"):
            call(ctx, NAMED)
    create(ctx)
    with pytest.raises(ResourceInUse, match="with this name already exists"):
        create(ctx)


def test_a_job_that_has_ended_cannot_be_stopped(ctx: Context) -> None:
    create(ctx)
    ctx.records.update(KIND_NAME, "Digits", {"AutoMLJobStatus": "Completed"}, status="Completed")

    with pytest.raises(ValidationError, match="only a job that is InProgress can be stopped"):
        operations.stop_auto_ml_job(ctx, NAMED)
