"""An Autopilot job of a table on a Clary server, and what its best candidate predicts of other rows."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.harness.jobs import BUCKET
from bench.harness.real_tables import TARGET

if TYPE_CHECKING:
    from bench.harness.jobs import Jobs
    from bench.harness.real_tables import RealTable

INSTANCE = "ml.m5.xlarge"
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class AutopilotRun:
    """best: as the service describes it. first_s, seconds: until the first candidate and the end."""

    best: dict[str, Any]
    candidates: int
    first_s: float
    seconds: float


def run_autopilot(
    jobs: Jobs, name: str, table: RealTable, train: Any, *, mode: str, candidates: int, per_job_s: int
) -> AutopilotRun:
    """Raises RuntimeError when the job does not complete."""
    client = jobs.sagemaker
    key = f"{name}/train.csv"
    jobs.s3.put_object(Bucket=BUCKET, Key=key, Body=train.to_csv(index=False).encode())
    began = time.time()
    client.create_auto_ml_job(
        AutoMLJobName=name,
        RoleArn=_role(jobs),
        ProblemType=table.problem_type,
        AutoMLJobObjective={"MetricName": table.metric},
        AutoMLJobConfig={
            "Mode": mode,
            "CompletionCriteria": {
                "MaxCandidates": candidates,
                "MaxRuntimePerTrainingJobInSeconds": per_job_s,
            },
        },
        InputDataConfig=[
            {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}"}},
                "TargetAttributeName": TARGET,
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/automl"},
    )
    first_s = 0.0
    while True:
        job = client.describe_auto_ml_job(AutoMLJobName=name)
        if not first_s and job.get("BestCandidate"):
            first_s = time.time() - began
        if job["AutoMLJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(LOOK_S)
    if job["AutoMLJobStatus"] != "Completed":
        raise RuntimeError(f"{name}: {job['AutoMLJobStatus']}: {job.get('FailureReason')}")
    seconds = time.time() - began
    listed = client.list_candidates_for_auto_ml_job(AutoMLJobName=name, MaxResults=100)["Candidates"]
    done = sum(each["CandidateStatus"] == "Completed" for each in listed)
    return AutopilotRun(job["BestCandidate"], done, first_s, seconds)


def predict(jobs: Jobs, name: str, run: AutopilotRun, rows: Any) -> list[str]:
    """Returns the labels that the best candidate gives to rows, by a batch transform."""
    client = jobs.sagemaker
    client.create_model(
        ModelName=name, Containers=run.best["InferenceContainers"], ExecutionRoleArn=_role(jobs)
    )
    body = rows.drop(columns=TARGET).to_csv(index=False, header=False).encode()
    jobs.s3.put_object(Bucket=BUCKET, Key=f"{name}/test.csv", Body=body)
    client.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/test.csv"}
            },
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        BatchStrategy="MultiRecord",
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/{name}/out",
            "AssembleWith": "Line",
            "Accept": "text/csv",
        },
        TransformResources={"InstanceType": INSTANCE, "InstanceCount": 1},
    )
    while True:
        job = client.describe_transform_job(TransformJobName=name)
        if job["TransformJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(LOOK_S)
    if job["TransformJobStatus"] != "Completed":
        raise RuntimeError(f"{name}: {job['TransformJobStatus']}: {job.get('FailureReason')}")
    answer = jobs.s3.get_object(Bucket=BUCKET, Key=f"{name}/out/test.csv.out")["Body"].read().decode()
    return [row[0] for row in csv.reader(io.StringIO(answer)) if row]


def _role(jobs: Jobs) -> str:
    role: str = jobs.request("role", {})["RoleArn"]
    return role
