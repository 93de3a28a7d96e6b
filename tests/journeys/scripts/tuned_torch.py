"""Tunes the convolutional network of the tutorials: Hyperband stops trials that begin badly."""

import tempfile
import time

import sagemaker
from answer import answer, code, digits
from sagemaker.parameter import ContinuousParameter
from sagemaker.pytorch import PyTorch
from sagemaker.tuner import HyperparameterTuner

session = sagemaker.Session()
client = session.sagemaker_client
training = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="tuned-network")
estimator = PyTorch(
    entry_point="torch_digits.py",
    source_dir=code("torch_digits.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
    hyperparameters={"epochs": 9},
)
tuner = HyperparameterTuner(
    estimator,
    "accuracy",
    {"learning-rate": ContinuousParameter(1e-5, 1.0, scaling_type="Logarithmic")},
    metric_definitions=[{"Name": "accuracy", "Regex": "test accuracy ([0-9.]+)"}],
    strategy="Hyperband",
    max_jobs=6,
    max_parallel_jobs=2,
    random_seed=1,
)
# The SDK would look again after 30 seconds.
tuner.fit({"training": training}, job_name="network", wait=False)
while tuner.describe()["HyperParameterTuningJobStatus"] == "InProgress":
    time.sleep(0.5)

trials = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName="network")
logs = session.boto_session.client("logs")


def epochs(trial):
    """How many epochs a trial has logged."""
    lines = logs.filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=trial, filterPattern="accuracy"
    )
    return len(lines["events"])


answer(
    status=tuner.describe()["HyperParameterTuningJobStatus"],
    best=tuner.best_training_job(),
    accuracy=max(tuner.analytics().dataframe()["FinalObjectiveValue"]),
    epochs={
        trial["TrainingJobName"]: epochs(trial["TrainingJobName"]) for trial in trials["TrainingJobSummaries"]
    },
    statuses=[trial["TrainingJobStatus"] for trial in trials["TrainingJobSummaries"]],
)
