"""Trains with the SDK inside an experiment, then deletes the script: only the record is left."""

import shutil
import tempfile

import sagemaker
from answer import answer, arguments, code, described, digits
from sagemaker.sklearn.estimator import SKLearn
from smexperiments.experiment import Experiment
from smexperiments.tracker import Tracker

name = arguments()["name"]
session = sagemaker.Session()
client = session.sagemaker_client
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix=f"{name}/digits")
experiment = Experiment.create(experiment_name=name, sagemaker_boto_client=client)
trial = experiment.create_trial(trial_name=f"{name}-trial")
with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=client) as tracker:
    tracker.log_parameters({"scale": 255})
    tracker.log_input("digits", train, media_type="s3/uri")
trial.add_trial_component(tracker.trial_component)
source = code("sklearn_digits.py")
estimator = SKLearn(
    entry_point="sklearn_digits.py",
    source_dir=source,
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    framework_version="1.2-1",
    py_version="py3",
    hyperparameters={"max-iter": 20},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
)
estimator.fit(
    {"train": train},
    wait=True,
    logs="None",
    experiment_config={"TrialName": trial.trial_name, "TrialComponentDisplayName": "Training"},
)
shutil.rmtree(source)
answer(train=train, trial=trial.trial_name, **described(estimator))
