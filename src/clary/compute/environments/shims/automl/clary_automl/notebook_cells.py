"""The code of the notebooks' cells. It runs in the environment of a user, not in this one."""

from __future__ import annotations

from typing import Any


def settings(values: dict[str, Any]) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in values.items()) + "\n"


READ_ROWS = """
import io

import boto3
import pandas as pd

s3 = boto3.client("s3")


def read_rows(uri):
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix.rstrip("/") + "/")
    objects = [each for page in pages for each in page.get("Contents", [])]
    keys = [each["Key"] for each in objects if each["Key"].endswith(".csv")]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return pd.concat([pd.read_csv(io.BytesIO(body), low_memory=False) for body in bodies], ignore_index=True)


rows = read_rows(TRAIN)
rows.shape
"""

TARGET = """
target = rows[TARGET]
target.describe() if REGRESSION else target.value_counts().to_frame("rows").assign(
    share=lambda counts: counts["rows"] / len(target)
)
"""

NUMBERS = """
numbers = rows.drop(columns=TARGET).select_dtypes("number")
summary = numbers.describe().T
if len(numbers.columns):
    known = target if REGRESSION else pd.Series(pd.factorize(target, sort=True)[0])
    summary["rank correlation with the target"] = numbers.rank().corrwith(known.rank())
summary
"""

CATEGORIES = """
others = rows.drop(columns=TARGET).select_dtypes(exclude="number")
pd.DataFrame(
    {
        name: {
            "different values": values.nunique(),
            "most frequent": values.mode().iloc[0] if values.notna().any() else None,
            "rows with it": values.value_counts().max() if values.notna().any() else 0,
        }
        for name, values in others.items()
    }
).T
"""

MISSING = """
missing = rows.isna().mean().sort_values(ascending=False)
print(f"{rows.duplicated().sum()} of {len(rows)} rows are equal to an earlier one")
missing[missing > 0].to_frame("missing")
"""

START = """
import time

import boto3
import pandas as pd
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput

session = sagemaker.Session()
stamp = time.strftime("%m%d%H%M%S")
metrics = [
    {"Name": f"{data}:{metric}", "Regex": rf"^{data}:{metric}=(\\S+)$"}
    for data in ("train", "validation")
    for metric in METRICS
]


def estimator(hyperparameters):
    return Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_count=1,
        instance_type=INSTANCE_TYPE,
        hyperparameters=hyperparameters,
        metric_definitions=metrics,
        output_path=OUTPUT,
        sagemaker_session=session,
    )


def job_name(what):
    return f"{JOB_NAME[:20]}-nb-{what[:24]}-{stamp}"


def wait_for(jobs):
    waiter = session.sagemaker_client.get_waiter("training_job_completed_or_stopped")
    for name in jobs:
        waiter.wait(TrainingJobName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 1800})
        print(name, session.describe_training_job(name)["TrainingJobStatus"])
"""

TRAIN_CANDIDATES = """
jobs = []
for name, hyperparameters in candidates.items():
    candidate = estimator(hyperparameters)
    candidate.fit({"train": TRAIN, "validation": VALIDATION}, wait=False, job_name=job_name(name))
    jobs.append(candidate.latest_training_job.name)
wait_for(jobs)
"""

FIT_FEATURES = """
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor

fitted = {}
for name, hyperparameters in pipelines.items():
    features = estimator({**hyperparameters, "_command": "fit-features"})
    features.fit({"train": TRAIN, "validation": VALIDATION}, wait=False, job_name=job_name(name))
    fitted[name] = features
wait_for([features.latest_training_job.name for features in fitted.values()])

inside = "/opt/ml/processing"
transformed = {}
for name, features in fitted.items():
    transformed[name] = {part: f"{OUTPUT}/{job_name(name)}/{part}" for part in ("train", "validation")}
    processor = Processor(
        image_uri=IMAGE,
        role=ROLE,
        entrypoint=["python3", "-m", "clary_automl", "apply-features"],
        instance_count=1,
        instance_type=INSTANCE_TYPE,
        sagemaker_session=session,
    )
    processor.run(
        inputs=[
            ProcessingInput(TRAIN, f"{inside}/input/train", input_name="train"),
            ProcessingInput(VALIDATION, f"{inside}/input/validation", input_name="validation"),
            ProcessingInput(features.model_data, f"{inside}/input/pipeline", input_name="pipeline"),
        ],
        outputs=[
            ProcessingOutput(output_name=part, source=f"{inside}/output/{part}", destination=uri)
            for part, uri in transformed[name].items()
        ],
        job_name=job_name(f"{name}-apply"),
        logs=False,
    )
"""

TUNE = """
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    IntegerParameter,
)

estimators, ranges, inputs = {}, {}, {}
for definition in definitions:
    name, pipeline = definition["name"], definition["pipeline"]
    estimators[name] = estimator(definition["hyperparameters"])
    given = definition["ranges"]
    ranges[name] = {
        **{each["name"]: IntegerParameter(int(float(each["min"])), int(float(each["max"])), each["scale"])
           for each in given["integer"]},
        **{each["name"]: ContinuousParameter(float(each["min"]), float(each["max"]), each["scale"])
           for each in given["continuous"]},
        **{each["name"]: CategoricalParameter(each["values"]) for each in given["categorical"]},
    }
    inputs[name] = {
        "train": TrainingInput(transformed[pipeline]["train"]),
        "validation": TrainingInput(transformed[pipeline]["validation"]),
        "pipeline": TrainingInput(fitted[pipeline].model_data),
    }
tuner = HyperparameterTuner.create(
    estimator_dict=estimators,
    objective_metric_name_dict=dict.fromkeys(estimators, OBJECTIVE),
    hyperparameter_ranges_dict=ranges,
    metric_definitions_dict=dict.fromkeys(estimators, metrics),
    objective_type="Maximize" if MAXIMIZE else "Minimize",
    max_jobs=MAX_JOBS,
    max_parallel_jobs=4,
)
tuner.fit(
    inputs,
    job_name=f"{JOB_NAME[:16]}-nb-{stamp}",
    include_cls_metadata=dict.fromkeys(estimators, False),
)
jobs = [
    each["TrainingJobName"]
    for each in session.sagemaker_client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuner.latest_tuning_job.name, MaxResults=100
    )["TrainingJobSummaries"]
]
"""

RESULTS = """
found = []
for name in jobs:
    job = session.describe_training_job(name)
    values = {each["MetricName"]: each["Value"] for each in job.get("FinalMetricDataList", [])}
    found.append({"job": name, "status": job["TrainingJobStatus"], **values})
leaders = pd.DataFrame(found).sort_values(OBJECTIVE, ascending=not MAXIMIZE).reset_index(drop=True)
best = leaders["job"][0]
leaders[["job", "status", OBJECTIVE, *sorted(set(leaders) - {"job", "status", OBJECTIVE})]]
"""

DEPLOY = """
# predictor = Estimator.attach(best).deploy(initial_instance_count=1, instance_type=INSTANCE_TYPE)
best
"""
