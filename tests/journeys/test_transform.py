"""Batch transform: with the SDK on a trained model, and with boto3 on two instances, failing and stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.endpoints import FIRST_BUILD_S, Endpoints
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server, wait_for


@pytest.fixture
def endpoints(jobs: Jobs) -> Endpoints:
    return Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)


def transform(jobs: Jobs, model: str, prefix: str, **members: Any) -> str:
    name = unique_name("transform")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.bucket}/{prefix}/"}
    given = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "application/json",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{jobs.bucket}/{name}", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        "BatchStrategy": "SingleRecord",
    }
    jobs.clients("sagemaker").create_transform_job(**{**given, **members})
    return name


def ended(jobs: Jobs, name: str) -> dict[str, Any]:
    sagemaker = jobs.clients("sagemaker")

    def job() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_transform_job(TransformJobName=name)
        return found if found["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    found: dict[str, Any] = wait_for(job, f"{name} to end", timeout_s=FIRST_BUILD_S)
    return found


def test_the_sdk_transforms_rows_with_the_model_that_it_trained(v2: Client) -> None:
    seen = v2.run("transformed.py", timeout_s=FIRST_BUILD_S)

    assert seen["status"] == "Completed"
    assert seen["same_ids"]
    assert seen["accuracy"] > 0.8
    assert seen["model"] == seen["trained"]
    assert seen["output"] == seen["output_path"]


def test_two_instances_share_the_objects_and_a_bad_record_is_named(
    server: Server, jobs: Jobs, endpoints: Endpoints
) -> None:
    model = endpoints.model(3)
    prefix = unique_name("rows")
    s3 = jobs.clients("s3")
    for number in range(4):
        lines = "".join(f'{{"value": {number + line}, "id": {line}}}\n' for line in range(5))
        s3.put_object(Bucket=jobs.bucket, Key=f"{prefix}/{number}.jsonl", Body=lines.encode())
    processing = {"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}

    good = transform(jobs, model, prefix, DataProcessing=processing)

    job = ended(jobs, good)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    for number in range(4):
        body = s3.get_object(Bucket=jobs.bucket, Key=f"{good}/{number}.jsonl.out")["Body"].read()
        kept = [json.loads(line) for line in body.splitlines()]
        assert [each["id"] for each in kept] == list(range(5))
        assert [each["SageMakerOutput"]["answer"] for each in kept] == [3 * (number + n) for n in range(5)]

    shown = server.command("show", good).stdout
    assert f"s3://{jobs.bucket}/{prefix}/" in shown
    assert "JoinSource=Input" in shown
    assert "5 records in 5 requests" in server.command("logs", good).stdout
    listed = json.loads(server.command("jobs", "--contains", good, "--json").stdout)
    assert [(each["Kind"], each["Status"]) for each in listed] == [("transform", "Completed")]

    lines = b'{"value": 1}\n{"value": 2, "fail": "this one"}\n'
    s3.put_object(Bucket=jobs.bucket, Key=f"{prefix}/4.jsonl", Body=lines)
    client = {"InvocationsMaxRetries": 0}
    bad = ended(jobs, transform(jobs, model, prefix, ModelClientConfig=client))
    assert bad["TransformJobStatus"] == "Failed"
    assert f"s3://{jobs.bucket}/{prefix}/4.jsonl, line 2: the model answered 500" in bad["FailureReason"]
    assert "no answer to this one" in bad["FailureReason"]


ADDS_ONE = b"""
import json
def model_fn(folder): return 1
def input_fn(body, kind): return json.loads(body)
def predict_fn(asked, model): return {"value": asked["value"] + model}
def output_fn(found, accept): return json.dumps(found)
"""


def test_a_pipeline_passes_each_record_through_its_containers(jobs: Jobs, endpoints: Endpoints) -> None:
    sagemaker = jobs.clients("sagemaker")
    parts = [endpoints.model(code=ADDS_ONE), endpoints.model(3)]
    model = unique_name("pipeline")
    containers = [sagemaker.describe_model(ModelName=each)["PrimaryContainer"] for each in parts]
    sagemaker.create_model(ModelName=model, Containers=containers, ExecutionRoleArn=jobs.role_arn)
    prefix = unique_name("rows")
    s3 = jobs.clients("s3")
    s3.put_object(Bucket=jobs.bucket, Key=f"{prefix}/a.jsonl", Body=b'{"value": 1}\n{"value": 2}\n')
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1}

    name = transform(jobs, model, prefix, TransformResources=resources)

    job = ended(jobs, name)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    body = s3.get_object(Bucket=jobs.bucket, Key=f"{name}/a.jsonl.out")["Body"].read()
    assert [json.loads(line)["answer"] for line in body.splitlines()] == [6, 9]


def test_a_stopped_transform_leaves_no_host(jobs: Jobs, endpoints: Endpoints) -> None:
    waits = b"import time\ndef model_fn(folder):\n    time.sleep(3600)\n"
    prefix = unique_name("rows")
    jobs.clients("s3").put_object(Bucket=jobs.bucket, Key=f"{prefix}/a.jsonl", Body=b"[1]\n")
    name = transform(jobs, endpoints.model(code=waits), prefix)
    sagemaker = jobs.clients("sagemaker")
    wait_for(
        lambda: "TransformStartTime" in sagemaker.describe_transform_job(TransformJobName=name),
        f"{name} to start",
        timeout_s=FIRST_BUILD_S,
    )

    sagemaker.stop_transform_job(TransformJobName=name)

    assert ended(jobs, name)["TransformJobStatus"] == "Stopped"
