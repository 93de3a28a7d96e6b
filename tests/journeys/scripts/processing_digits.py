"""Preprocessing with SKLearnProcessor, then an estimator on what it wrote, in one trial."""

import tempfile
import uuid
from pathlib import Path

import sagemaker
from answer import answer, code, described, digits, listening
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

session = sagemaker.Session()
role = sagemaker.get_execution_role()
experiment = f"processed-{uuid.uuid4().hex[:8]}"
client = session.sagemaker_client
client.create_experiment(ExperimentName=experiment)
client.create_trial(TrialName=f"{experiment}-trial", ExperimentName=experiment)
config = {"ExperimentName": experiment, "TrialName": f"{experiment}-trial"}
raw = session.upload_data(digits(tempfile.mkdtemp()), key_prefix=f"{experiment}/raw")

processor = SKLearnProcessor(
    framework_version="1.2-1", role=role, instance_type="ml.m5.large", instance_count=1
)
script = Path(__file__).resolve().parent.parent / "processing" / "split_digits.py"
with listening() as heard:
    processor.run(
        code=str(script),
        inputs=[ProcessingInput(source=raw, destination="/opt/ml/processing/input", input_name="raw")],
        outputs=[
            ProcessingOutput(output_name="train", source="/opt/ml/processing/train"),
            ProcessingOutput(output_name="test", source="/opt/ml/processing/test"),
        ],
        arguments=["--test-share", "0.2"],
        experiment_config={**config, "TrialComponentDisplayName": "Preprocessing"},
    )
job = processor.latest_job
description = job.describe()
train = description["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]

estimator = SKLearn(
    entry_point="sklearn_digits.py",
    source_dir=code("sklearn_digits.py"),
    role=role,
    instance_type="ml.m5.large",
    framework_version="1.2-1",
    py_version="py3",
    hyperparameters={"max-iter": 20},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
)
estimator.fit({"train": train}, experiment_config=config, logs=False)
answer(
    heard=heard.getvalue(),
    raw=raw,
    train=train,
    trial=config["TrialName"],
    processing={
        "name": job.job_name,
        "status": description["ProcessingJobStatus"],
        "message": description["ExitMessage"],
        "resources": description["ProcessingResources"],
    },
    training=described(estimator),
)
