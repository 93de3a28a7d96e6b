"""What a tuning job takes from its parents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import KIND_NAME, Life, made

from clary.kinds.hyper_parameter_tuning_job.searches import searches_of
from clary.services.context import Context


def distance(values: Mapping[str, str]) -> float:
    return abs(float(values["rate"]) - 0.1) + abs(int(values["layers"]) - 4)


def child_of(ctx: Context, kind: str, scale: float = 1.0, **changes: Any) -> tuple[Life, Life]:
    """A parent that has ended, and its child."""
    parent = Life(made(ctx, HyperParameterTuningJobName="parent"))
    parent.run(lambda values: scale * distance(values))
    ctx.records.update(KIND_NAME, "parent", parent.record, status="Completed")
    config = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}],
        "WarmStartType": kind,
    }
    return parent, Life(made(ctx, WarmStartConfig=config, **changes))


def test_the_search_begins_from_the_trials_of_the_parent(ctx: Context) -> None:
    parent, child = child_of(ctx, "IdenticalDataAndAlgorithm")

    [search] = searches_of(child.record, [])

    assert [past.objective for past in search.past] == [
        trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for trial in parent.record["_Trials"]
    ]


def test_the_overall_best_may_be_the_parents(ctx: Context) -> None:
    parent, child = child_of(ctx, "IdenticalDataAndAlgorithm")
    assert child.record["OverallBestTrainingJob"]["TuningJobName"] == "parent"
    assert "BestTrainingJob" not in child.record

    child.run(lambda _: 100.0)
    assert child.record["OverallBestTrainingJob"] == parent.record["BestTrainingJob"]
    assert child.record["BestTrainingJob"]["TuningJobName"] == "Digits"


def test_another_job_is_not_compared_and_ranks_count(ctx: Context) -> None:
    _, child = child_of(ctx, "TransferLearning", scale=1000.0)

    [search] = searches_of(child.record, [])

    assert "OverallBestTrainingJob" not in child.record
    assert sorted(past.objective or 0.0 for past in search.past) == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_trials_outside_of_the_new_ranges_are_left_out(ctx: Context) -> None:
    narrow = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "5", "MaxValue": "6"}]}

    _, child = child_of(ctx, "IdenticalDataAndAlgorithm", ParameterRanges=narrow)

    assert searches_of(child.record, [])[0].past == ()


def test_a_static_hyperparameter_of_the_parent_is_a_value_of_its_trials(ctx: Context) -> None:
    ranges = {
        "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "1"}],
        "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "20"}],
    }

    _, child = child_of(
        ctx,
        "IdenticalDataAndAlgorithm",
        ParameterRanges=ranges,
        TrainingJobDefinition__StaticHyperParameters={},
    )

    assert {past.values["epochs"] for past in searches_of(child.record, [])[0].past} == {9}


def test_a_child_without_metric_definitions_has_those_of_its_parent(ctx: Context) -> None:
    """As the SDK makes it."""
    without = {"TrainingJobDefinition__AlgorithmSpecification__MetricDefinitions": None}

    parent, child = child_of(ctx, "TransferLearning", **without)

    definitions = [life.record["TrainingJobDefinition"]["AlgorithmSpecification"] for life in (parent, child)]
    assert definitions[0] == definitions[1]


def test_the_parent_may_be_deleted(ctx: Context) -> None:
    _, child = child_of(ctx, "IdenticalDataAndAlgorithm")
    ctx.records.delete(KIND_NAME, "parent")

    child.run(distance)

    assert child.record["HyperParameterTuningJobStatus"] == "Completed"


@pytest.mark.parametrize("kind", ["IdenticalDataAndAlgorithm", "TransferLearning"])
def test_it_runs_to_its_end(ctx: Context, kind: str) -> None:
    _, child = child_of(ctx, kind, Strategy="Bayesian", scale=10.0)

    child.run(distance)

    assert len(child.jobs) == 5
