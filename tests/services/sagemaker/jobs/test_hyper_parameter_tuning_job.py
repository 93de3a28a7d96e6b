"""The operations of tuning jobs: what is answered, and each refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import KIND_NAME, Life, request
from tests.server.test_one_transaction import AnyMachine

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.jobs import hyper_parameter_tuning_job as operations
from clary.services.sagemaker.search.search import search
from clary.store.attribute_index.joined import search_jobs

NAMED: Any = {"HyperParameterTuningJobName": "Digits"}


@pytest.fixture
def ctx(ctx: Context) -> Context:
    return replace(ctx, machines=AnyMachine())


def create(ctx: Context, **changes: Any) -> str:
    asked: Any = request(**changes)
    return str(operations.create_hyper_parameter_tuning_job(ctx, asked)["HyperParameterTuningJobArn"])


def run(ctx: Context) -> Life:
    """To its end: trials with the values 5, 4, 3, 2, 1."""
    life = Life(ctx.records.get(KIND_NAME, "Digits"))
    values = iter([5.0, 4.0, 3.0, 2.0, 1.0])
    life.run(lambda _: next(values))
    ctx.records.update(KIND_NAME, "Digits", life.record, status="Completed")
    return life


def trials(ctx: Context, **wishes: Any) -> list[Any]:
    found = operations.list_training_jobs_for_hyper_parameter_tuning_job(ctx, {**NAMED, **wishes})
    return list(found["TrainingJobSummaries"])


def numbers(found: list[Any]) -> list[int]:
    return [int(trial["TrainingJobName"].split("-")[1]) for trial in found]


def test_a_job_is_described_as_it_was_created(ctx: Context) -> None:
    arn = create(ctx)

    job = operations.describe_hyper_parameter_tuning_job(ctx, NAMED)

    assert job["HyperParameterTuningJobArn"] == arn
    assert arn.endswith(":hyper-parameter-tuning-job/digits")
    assert job["HyperParameterTuningJobConfig"] == request()["HyperParameterTuningJobConfig"]
    assert set(job["TrainingJobStatusCounters"].values()) == {0}


def test_jobs_are_listed_with_their_strategy_and_limits(ctx: Context) -> None:
    create(ctx)
    create(ctx, HyperParameterTuningJobName="other", Strategy="Bayesian")

    found = operations.list_hyper_parameter_tuning_jobs(ctx, {"SortBy": "Name", "NameContains": "dig"})
    [job] = found["HyperParameterTuningJobSummaries"]

    assert (job["HyperParameterTuningJobName"], job["Strategy"]) == ("Digits", "Random")
    assert job["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2}


def test_its_training_jobs_are_listed_in_every_order(ctx: Context) -> None:
    create(ctx)
    run(ctx)

    assert numbers(trials(ctx)) == [1, 2, 3, 4, 5]
    assert numbers(trials(ctx, SortOrder="Descending")) == [5, 4, 3, 2, 1]
    assert numbers(trials(ctx, SortBy="Name", SortOrder="Descending")) == [5, 4, 3, 2, 1]
    assert numbers(trials(ctx, SortBy="FinalObjectiveMetricValue")) == [5, 4, 3, 2, 1]
    assert numbers(trials(ctx, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")) == [1, 2, 3, 4, 5]
    assert numbers(trials(ctx, SortBy="Status")) == [1, 2, 3, 4, 5]
    assert trials(ctx, StatusEquals="Failed") == []
    best = trials(ctx, SortBy="FinalObjectiveMetricValue", MaxResults=1)[0]
    assert best == operations.describe_hyper_parameter_tuning_job(ctx, NAMED)["BestTrainingJob"]
    assert best["TrainingJobArn"].endswith(f":training-job/{best['TrainingJobName'].lower()}")


def test_a_trial_has_its_value_as_soon_as_its_training_job_has_ended(ctx: Context) -> None:
    """The loop books its end a moment later."""
    create(ctx)
    life = Life(ctx.records.get(KIND_NAME, "Digits"))
    life.settle()
    first, other = life.running
    life.end(first, 3.0)
    ctx.records.update(KIND_NAME, "Digits", life.record)
    for name in (first, other):
        ctx.records.insert("training-job", name, life.jobs[name])

    found = trials(ctx)

    assert [trial["TrainingJobStatus"] for trial in found] == ["Completed", "InProgress"]
    assert found[0]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 3.0
    assert numbers(trials(ctx, SortBy="FinalObjectiveMetricValue")) == [1]


def test_pages_have_every_trial_once(ctx: Context) -> None:
    create(ctx)
    run(ctx)
    found: list[Any] = []
    token: dict[str, str] = {}

    while True:
        page = operations.list_training_jobs_for_hyper_parameter_tuning_job(
            ctx, {**NAMED, "MaxResults": 2, **token}
        )
        found += page["TrainingJobSummaries"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}

    assert numbers(found) == [1, 2, 3, 4, 5]
    with pytest.raises(ValidationError, match="NextToken is not valid"):
        trials(ctx, NextToken="x")


def test_a_job_is_found_by_its_best_value(ctx: Context) -> None:
    search_jobs([KIND_NAME])
    create(ctx)
    run(ctx)
    name = "BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"
    wish: Any = {
        "Resource": "HyperParameterTuningJob",
        "SearchExpression": {"Filters": [{"Name": name, "Operator": "LessThan", "Value": "2"}]},
    }

    [found] = search(ctx, wish)["Results"]

    assert found["HyperParameterTuningJob"]["HyperParameterTuningJobName"] == "Digits"


def test_a_job_is_stopped_and_deleted_when_it_has_ended(ctx: Context) -> None:
    create(ctx)
    operations.stop_hyper_parameter_tuning_job(ctx, NAMED)
    assert (
        operations.describe_hyper_parameter_tuning_job(ctx, NAMED)["HyperParameterTuningJobStatus"]
        == "Stopping"
    )
    with pytest.raises(ResourceInUse, match="stop it and wait"):
        operations.delete_hyper_parameter_tuning_job(ctx, NAMED)
    ended = {"HyperParameterTuningJobStatus": "Stopped"}
    ctx.records.update(KIND_NAME, "Digits", ended, status="Stopped")

    operations.delete_hyper_parameter_tuning_job(ctx, NAMED)

    with pytest.raises(NotFound):
        operations.describe_hyper_parameter_tuning_job(ctx, NAMED)
