"""Each edge of the life of a tuning job, without a process."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import Life, made

from clary.kinds.decision import Seen
from clary.kinds.hyper_parameter_tuning_job.state import next_state
from clary.services.context import Context


def loss(values: Mapping[str, str]) -> float:
    return abs(float(values["rate"]) - 0.1) + int(values["layers"])


@pytest.fixture
def life(ctx: Context) -> Life:
    return Life(made(ctx))


def test_it_runs_as_many_trials_at_once_as_it_may_and_ends_with_the_best(life: Life) -> None:
    life.settle()
    assert life.asked == ["trials from 0 on"]
    assert len(life.running) == 2
    assert life.record["TrainingJobStatusCounters"]["InProgress"] == 2
    assert life.record["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 2, "Failed": 0}

    life.run(loss)

    record = life.record
    assert (record["HyperParameterTuningJobStatus"], len(life.jobs)) == ("Completed", 5)
    assert record["TrainingJobStatusCounters"] == {
        "Completed": 5,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    best = min(life.jobs.values(), key=lambda job: loss(job["HyperParameters"]))
    assert record["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    final = record["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert final == {"Type": "Minimize", "MetricName": "loss", "Value": loss(best["HyperParameters"])}
    assert record["ConsumedResources"] == {"RuntimeInSeconds": 5}


def test_a_training_job_has_what_its_definition_says_and_knows_its_tuning_job(life: Life) -> None:
    life.settle()

    job = next(iter(life.jobs.values()))

    assert job["TrainingJobName"].startswith("Digits-001-")
    assert job["TuningJobArn"] == life.record["HyperParameterTuningJobArn"]
    assert job["TuningJobName"] == "Digits"
    assert job["HyperParameters"]["epochs"] == "9"
    assert job["HyperParameters"]["_tuning_objective_metric"] == "loss"
    assert 0.001 <= float(job["HyperParameters"]["rate"]) <= 1
    assert 1 <= int(job["HyperParameters"]["layers"]) <= 8
    assert job["ExperimentConfig"]["ExperimentName"] == "Digits-aws-tuning-job"


def test_checkpoints_of_trials_lie_apart(ctx: Context) -> None:
    life = Life(made(ctx, TrainingJobDefinition__CheckpointConfig={"S3Uri": "s3://bucket/kept/"}))

    life.settle()

    places = {job["CheckpointConfig"]["S3Uri"] for job in life.jobs.values()}
    assert places == {f"s3://bucket/kept/{name}" for name in life.jobs}


def test_the_same_seed_and_results_give_the_same_trials(ctx: Context) -> None:
    found = []
    for name in ("one", "other"):
        life = Life(made(ctx, HyperParameterTuningJobName=name, Strategy="Bayesian"))
        life.run(loss)
        found.append([trial["TunedHyperParameters"] for trial in life.record["_Trials"]])

    assert found[0] == found[1]


def test_an_answer_that_was_lost_is_asked_for_again_and_is_the_same(life: Life) -> None:
    """A server that was killed before it booked the trials has no answers any more."""
    life.step()
    before, life.answers = life.answers, {}

    life.step()

    assert life.answers == before
    assert life.record["_Trials"] == []


def test_a_failing_trial_is_counted_and_does_not_stop_the_others(life: Life) -> None:
    life.settle()
    life.end(life.running[0], status="Failed", FailureReason="AlgorithmError: no")
    life.settle()
    assert life.record["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert life.record["ObjectiveStatusCounters"]["Failed"] == 1

    life.run(loss)

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert len(life.jobs) == 5
    assert life.record["_Trials"][0]["FailureReason"] == "AlgorithmError: no"


def test_if_all_fail_it_fails_with_the_first_reason(ctx: Context) -> None:
    life = Life(made(ctx, ResourceLimits__MaxNumberOfTrainingJobs=100))
    count = 0
    while not life.settle().finished:
        count += 1
        name = life.running[0]
        life.end(
            name, status="Failed" if name not in life.stopped else "Stopped", FailureReason=f"error {count}"
        )

    assert life.record["HyperParameterTuningJobStatus"] == "Failed"
    assert life.record["FailureReason"].startswith("All training jobs failed. The first, Digits-001-")
    assert life.record["FailureReason"].endswith("error 1")
    assert len(life.jobs) == 6, "five that have failed, and one that ran beside the last of them"


def test_an_objective_that_nobody_logs_is_said_after_the_first_trial(life: Life) -> None:
    life.settle()
    first, other = life.running

    life.end(first)
    life.settle()
    assert life.stopped == [other]
    life.end(other, status="Stopped")
    life.settle()

    assert life.record["HyperParameterTuningJobStatus"] == "Failed"
    assert f"No objective metrics found: {first} completed" in life.record["FailureReason"]
    assert "'loss=([0-9.]+)'" in life.record["FailureReason"]


def test_an_objective_that_diverged_does_not_end_it(life: Life) -> None:
    life.settle()

    life.end(life.running[0], _NotFinite=["loss"])
    life.run(loss)

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert life.record["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 1}


def test_a_stop_ends_its_trials_and_keeps_the_best(life: Life) -> None:
    life.settle()
    life.end(life.running[0], 4.0)
    life.settle()
    running = life.running

    life.record |= {"_StopRequestedAt": life.now, "HyperParameterTuningJobStatus": "Stopping"}
    life.settle()
    assert sorted(life.stopped) == sorted(running)
    for name in running:
        life.end(name, 1.0, status="Stopped")
    life.settle()

    assert life.record["HyperParameterTuningJobStatus"] == "Stopped"
    assert life.record["TrainingJobStatusCounters"]["Stopped"] == 2
    assert life.record["BestTrainingJob"]["TrainingJobName"] in running


def test_a_training_job_that_can_not_be_made_ends_it_with_the_reason(life: Life) -> None:
    life.refused = {"Digits-001-x": "No image here is called 'pythn'."}

    life.settle()

    assert life.record["HyperParameterTuningJobStatus"] == "Failed"
    assert life.record["FailureReason"] == "No image here is called 'pythn'."


def test_a_training_job_that_was_deleted_is_a_stopped_trial(life: Life) -> None:
    life.settle()
    del life.jobs[life.running[0]]

    life.run(loss)

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert life.record["TrainingJobStatusCounters"]["Stopped"] == 1


@pytest.mark.parametrize(
    ("criteria", "trials"),
    [
        ({"TargetObjectiveMetricValue": 7.5}, 3),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, 8),
    ],
)
def test_a_criterion_that_is_met_completes_it(ctx: Context, criteria: Any, trials: int) -> None:
    """Values fall to 5 and stay there."""
    life = Life(
        made(
            ctx,
            TuningJobCompletionCriteria=criteria,
            ResourceLimits__MaxNumberOfTrainingJobs=50,
            ResourceLimits__MaxParallelTrainingJobs=1,
        )
    )
    values = iter([9.0, 8.0, 7.0, 6.0, 5.0, *[5.5] * 45])

    life.run(lambda _: next(values))

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert len(life.jobs) == trials


def test_a_trial_that_improves_while_it_ends_does_not_make_it_go_on(ctx: Context) -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    life = Life(made(ctx, TuningJobCompletionCriteria=criteria, ResourceLimits__MaxNumberOfTrainingJobs=50))
    life.settle()
    late = life.running[1]
    life.end(life.running[0], 5.0)
    for _ in range(3):
        life.settle()
        life.end(next(name for name in life.running if name != late), 6.0)
    life.settle()
    assert late in life.stopped

    life.end(late, 1.0, status="Stopped")
    life.settle()

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert life.record["BestTrainingJob"]["TrainingJobName"] == late


@pytest.mark.parametrize(("wanted", "trials"), [("Enabled", 20), ("Disabled", 25)])
def test_convergence_is_told_and_completes_it_where_that_is_asked_for(
    ctx: Context, wanted: str, trials: int
) -> None:
    life = Life(
        made(
            ctx,
            TuningJobCompletionCriteria={"ConvergenceDetected": {"CompleteOnConvergence": wanted}},
            ResourceLimits={"MaxNumberOfTrainingJobs": 25, "MaxParallelTrainingJobs": 1},
        )
    )
    values = iter([9.0, 8.0, 7.0, 6.0, 5.0, *[5.5] * 20])

    life.run(lambda _: next(values))

    assert len(life.jobs) == trials
    details = life.record["TuningJobCompletionDetails"]
    assert details["ConvergenceDetectedTime"] == life.record["CreationTime"] + 20


def test_its_maximum_runtime_ends_it(ctx: Context) -> None:
    life = Life(made(ctx, ResourceLimits__MaxRuntimeInSeconds=120))
    assert life.settle().again, "the time has to be looked at without a change of a record"
    life.end(life.running[0], 2.0)
    life.settle()

    life.now += 121
    life.settle()
    for name in life.running:
        life.end(name, status="Stopped")
    life.settle()

    assert life.record["HyperParameterTuningJobStatus"] == "Completed"
    assert life.record["TrainingJobStatusCounters"] == {
        "Completed": 1,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 2,
    }


def test_next_state_changes_nothing_that_it_was_given(life: Life) -> None:
    life.settle()
    name = life.running[0]
    life.end(name, 1.0)
    seen = Seen(records={("training-job", name): life.jobs[name]})
    before = copy.deepcopy((life.record, seen))

    decision = next_state(life.record, seen, life.now)

    assert decision.changes
    assert (life.record, seen) == before


def test_a_grid_has_every_combination_once(ctx: Context) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "rate", "Values": ["0.1", "0.2", "0.3"]},
            {"Name": "layers", "Values": ["1", "2"]},
        ]
    }
    life = Life(
        made(ctx, Strategy="Grid", ParameterRanges=ranges, ResourceLimits__MaxNumberOfTrainingJobs=None)
    )

    life.run(loss)

    tried = [tuple(trial["TunedHyperParameters"].values()) for trial in life.record["_Trials"]]
    assert sorted(tried) == [(rate, layers) for rate in ("0.1", "0.2", "0.3") for layers in ("1", "2")]


def test_several_definitions_take_turns_and_the_best_of_all_is_found(ctx: Context) -> None:
    base = made(ctx, HyperParameterTuningJobName="base")
    one = {
        **base["TrainingJobDefinition"],
        "TuningObjective": {"Type": "Minimize", "MetricName": "loss"},
        "HyperParameterRanges": {
            "IntegerParameterRanges": [{"Name": "layers", "MinValue": "1", "MaxValue": "8"}]
        },
    }
    several = [{**one, "DefinitionName": "small"}, {**one, "DefinitionName": "large"}]
    life = Life(
        made(
            ctx,
            TrainingJobDefinition=None,
            TrainingJobDefinitions=several,
            ParameterRanges=None,
            HyperParameterTuningJobObjective=None,
        )
    )

    life.run(lambda values: float(values["layers"]))

    named = [trial["TrainingJobDefinitionName"] for trial in life.record["_Trials"]]
    assert named == ["small", "large", "small", "large", "small"]
    assert life.record["BestTrainingJob"]["TrainingJobDefinitionName"] in ("small", "large")
