"""Five models on one table, each a trial with its preprocessing, compared in one call.

The loop that a data scientist writes at midnight, made orderly: what went in, what came out, and which
of them to keep is in the experiment, not in a notebook's last cell.
"""

import tempfile
import time
from pathlib import Path

import boto3
import sagemaker
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from smexperiments.experiment import Experiment
from smexperiments.tracker import Tracker
from smexperiments.trial import Trial

MODELS = {
    "naive-bayes": {},
    "logistic-regression": {"C": 0.5},
    "xgboost": {"n_estimators": 60, "max_depth": 3},
    "k-nearest-neighbours": {"n_neighbors": 7},
    "support-vector-machine": {"C": 2.0},
}

session = sagemaker.Session()
client = boto3.client("sagemaker")
role = sagemaker.get_execution_role()
stamp = time.strftime("%Y%m%d-%H%M%S")

# The table, and what was done to it before anybody trained.
table = load_breast_cancer(as_frame=True).frame
train, test = train_test_split(table, test_size=0.3, random_state=0, stratify=table["target"])
mean, deviation = train.drop(columns="target").mean(), train.drop(columns="target").std()
with tempfile.TemporaryDirectory() as folder:
    for name, part in (("train", train), ("test", test)):
        scaled = (part.drop(columns="target") - mean) / deviation
        scaled.assign(target=part["target"]).to_csv(Path(folder) / f"{name}.csv", index=False)
    data = session.upload_data(folder, key_prefix=f"five-models/{stamp}")

with Tracker.create(display_name="preprocessing", sagemaker_boto_client=client) as preprocessing:
    preprocessing.log_parameters({"rows": len(table), "test_share": 0.3, "scaling": "standard"})
    preprocessing.log_output(name="table", value=data)

experiment = Experiment.create(
    f"five-models-{stamp}", "Which model for this table?", sagemaker_boto_client=client
)
jobs = {}
for model, parameters in MODELS.items():
    trial = Trial.create(
        experiment.experiment_name, trial_name=f"{model}-{stamp}", sagemaker_boto_client=client
    )
    trial.add_trial_component(preprocessing.trial_component)
    framework, version = (XGBoost, "1.7-1") if model == "xgboost" else (SKLearn, "1.2-1")
    estimator = framework(
        entry_point="train.py",
        source_dir=str(Path(__file__).parent / "code"),
        role=role,
        instance_type="ml.m5.large",
        instance_count=1,
        framework_version=version,
        py_version="py3",
        hyperparameters={"model": model, **parameters},
        metric_definitions=[
            {"Name": "test:accuracy", "Regex": "test accuracy ([0-9.]+)"},
            {"Name": "test:f1", "Regex": "test f1 ([0-9.]+)"},
        ],
    )
    estimator.fit(
        {"data": data},
        experiment_config={"TrialName": trial.trial_name, "TrialComponentDisplayName": "training"},
        wait=False,
    )
    jobs[model] = estimator.latest_training_job.name

for model, job in jobs.items():
    client.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 600}
    )
    print(f"{model}: {client.describe_training_job(TrainingJobName=job)['TrainingJobStatus']}")

frame = ExperimentAnalytics(
    sagemaker_session=session,
    experiment_name=experiment.experiment_name,
    search_expression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "training"}]},
    sort_by="metrics.test:accuracy.max",
    sort_order="Descending",
).dataframe()
print(frame[["model", "test:accuracy - Max", "test:f1 - Max"]].to_string(index=False))
