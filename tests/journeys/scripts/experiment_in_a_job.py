"""A job started inside a Run: its script finds its own trial component, and the run."""

import json
import logging
import warnings
from pathlib import Path

import sagemaker
from answer import answer, code
from sagemaker.estimator import Estimator
from sagemaker.experiments import Run

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)

session = sagemaker.Session()
client = session.sagemaker_client
source = code("tracking_itself.py")
(Path(source) / "requirements.txt").write_text(
    "sagemaker==2.257.7\nsagemaker-experiments==0.1.45\nsetuptools<81\npandas\n"
)
with Run(experiment_name="inside-a-job", run_name="outer", sagemaker_session=session):
    estimator = Estimator(
        image_uri="python:3.11",
        entry_point="tracking_itself.py",
        source_dir=source,
        role=sagemaker.get_execution_role(),
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
    )
    estimator.fit(wait=True, logs="None")

job = estimator.latest_training_job.name


def described(name):
    return json.loads(json.dumps(client.describe_trial_component(TrialComponentName=name), default=str))


answer(
    job=job,
    config=client.describe_training_job(TrainingJobName=job)["ExperimentConfig"],
    own=described(f"{job}-aws-training-job"),
    run=described("inside-a-job-outer"),
    trials=[
        trial["TrialName"]
        for trial in client.list_trials(TrialComponentName=f"{job}-aws-training-job")["TrialSummaries"]
    ],
)
