"""Two trainings with a warm pool, one after the other, and the end of the pool."""

import time

import sagemaker
from answer import answer, code
from sagemaker.estimator import Estimator

session = sagemaker.Session()


def trained() -> dict:
    estimator = Estimator(
        image_uri="python:3.11",
        entry_point="cached.py",
        source_dir=code("cached.py"),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.large",
        instance_count=1,
        keep_alive_period_in_seconds=900,
        base_job_name="pooled",
    )
    estimator.fit(wait=False)
    name = estimator.latest_training_job.name
    while (job := session.describe_training_job(name))["TrainingJobStatus"] == "InProgress":
        time.sleep(0.2)
    return job


def pool_of(job: dict) -> dict:
    return session.describe_training_job(job["TrainingJobName"])["WarmPoolStatus"]


first = trained()
available = pool_of(first)
second = trained()
listed = session.sagemaker_client.list_training_jobs(WarmPoolStatusEquals="Available", NameContains="pooled")
session.update_training_job(second["TrainingJobName"], resource_config={"KeepAlivePeriodInSeconds": 0})
for _ in range(300):
    if (ended := pool_of(second))["Status"] == "Terminated":
        break
    time.sleep(0.1)
answer(
    names=[job["TrainingJobName"] for job in (first, second)],
    available=available,
    reused=pool_of(first),
    listed=[job["TrainingJobName"] for job in listed["TrainingJobSummaries"]],
    ended=ended,
)
