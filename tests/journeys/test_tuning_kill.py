"""The server is killed while a tuning job runs: no trial is lost, doubled or forgotten."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for

pytestmark = pytest.mark.kill

TRIALS = 40
KILLS = 8


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
            "RandomSeed": 11,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": training["HyperParameters"],
            **{member: training[member] for member in members},
        },
    }


def test_a_tuning_job_has_the_same_trials_though_the_server_is_killed_at_random_moments(
    own: Server, own_jobs: Jobs
) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    sagemaker = own_jobs.clients("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**request(own_jobs, "undisturbed"))

    def ended(name: str) -> Any:
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return job if job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping") else None

    def trials(name: str) -> list[Any]:
        pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
            HyperParameterTuningJobName=name
        )
        return [trial for page in pages for trial in page["TrainingJobSummaries"]]

    calm = wait_for(lambda: ended("undisturbed"), "its end", timeout_s=120)
    sagemaker.create_hyper_parameter_tuning_job(**request(own_jobs, "killed"))
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.0, 0.7))
        own.kill()
        own.start()
        sagemaker = own.session(root=True)("sagemaker")
    job = wait_for(lambda: ended("killed"), "the end of the other", timeout_s=120)

    assert job["HyperParameterTuningJobStatus"] == "Completed", f"seed {seed}: {job.get('FailureReason')}"
    assert job["TrainingJobStatusCounters"]["Completed"] == TRIALS, f"seed {seed}"
    before, after = (
        [(trial["TunedHyperParameters"]["rate"], _value(trial)) for trial in trials(name)]
        for name in ("undisturbed", "killed")
    )
    assert after == before, f"seed {seed}"
    made = [
        summary["TrainingJobName"]
        for page in sagemaker.get_paginator("list_training_jobs").paginate(NameContains="killed-")
        for summary in page["TrainingJobSummaries"]
    ]
    assert sorted(made) == sorted(trial["TrainingJobName"] for trial in trials("killed")), f"seed {seed}"
    assert _value(job["BestTrainingJob"]) == _value(calm["BestTrainingJob"])


def _value(trial: Any) -> float:
    return float(trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
