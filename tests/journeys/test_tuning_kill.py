"""The server is killed while a tuning job runs: no trial is lost, doubled or forgotten."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for

from clary.kinds.hyper_parameter_tuning_job.search import Numbers, Scale, Strategy, TrialSearch, suggest
from clary.kinds.hyper_parameter_tuning_job.search.space import spelled

pytestmark = pytest.mark.kill

TRIALS = 40
KILLS = 20
SEED = 11


def request(jobs: Jobs, name: str) -> dict[str, Any]:
    training = jobs.request("objective.py", name=name, metrics={"loss": "loss=([0-9.]+)"})
    members = ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": TRIALS, "MaxParallelTrainingJobs": 4},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]
            },
            "RandomSeed": SEED,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": training["HyperParameters"],
            **{member: training[member] for member in members},
        },
    }


def undisturbed() -> list[str]:
    """The rates of a tuning job whose server nobody kills."""
    space = (Numbers("rate", 0.0, 1.0, Scale.LINEAR, whole=False),)
    found = suggest([TrialSearch(Strategy.RANDOM, SEED, space, maximize=False)], 0, TRIALS)
    return [spelled(values["rate"]) for _, values in found]


def test_a_tuning_job_has_the_same_trials_though_the_server_is_killed_at_random_moments(
    own: Server, own_jobs: Jobs
) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    sagemaker = own_jobs.clients("sagemaker")

    def ended(name: str) -> Any:
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return job if job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping") else None

    def trials(name: str) -> list[Any]:
        pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
            HyperParameterTuningJobName=name
        )
        return [trial for page in pages for trial in page["TrainingJobSummaries"]]

    sagemaker.create_hyper_parameter_tuning_job(**request(own_jobs, "killed"))
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.0, 0.3))
        own.kill()
        own.start()
        sagemaker = own.session(root=True)("sagemaker")
    job = wait_for(lambda: ended("killed"), "its end")

    assert job["HyperParameterTuningJobStatus"] == "Completed", f"seed {seed}: {job.get('FailureReason')}"
    assert job["TrainingJobStatusCounters"]["Completed"] == TRIALS, f"seed {seed}"
    tried = [trial["TunedHyperParameters"]["rate"] for trial in trials("killed")]
    assert tried == undisturbed(), f"seed {seed}"
    assert [_value(trial) for trial in trials("killed")] == [round(float(rate), 6) for rate in tried]
    made = [
        summary["TrainingJobName"]
        for page in sagemaker.get_paginator("list_training_jobs").paginate(NameContains="killed-")
        for summary in page["TrainingJobSummaries"]
    ]
    assert sorted(made) == sorted(trial["TrainingJobName"] for trial in trials("killed")), f"seed {seed}"
    assert _value(job["BestTrainingJob"]) == min(round(float(rate), 6) for rate in tried)


def _value(trial: Any) -> float:
    return float(trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
