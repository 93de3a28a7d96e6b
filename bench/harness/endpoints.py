"""Endpoints of Clary for measurements: a model with the same code as that of the peers."""

from __future__ import annotations

import io
import tarfile
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

from bench.harness.bench import CLIENTS
from bench.harness.jobs import BUCKET, Jobs
from bench.harness.model_servers import Predicting, ServedModel, request_head
from bench.harness.requests import signed

if TYPE_CHECKING:
    from bench.harness.servers import Served

BUILD_S = 900.0
LOOK_S = 0.01
HANDLERS = """

def model_fn(folder):
    return made()


def predict_fn(rows, model):
    return predict(model, rows)
"""


def create_model(jobs: Jobs, model: ServedModel, *, workers: int) -> None:
    """Creates a model of its name. The script is that of the peers, with the two functions of AWS.

    workers: 0: as many as the host has vCPUs.
    """
    key = f"{model.name}/model.tar.gz"
    script = (CLIENTS / f"{model.module}.py").read_text() + HANDLERS
    jobs.s3.put_object(Bucket=BUCKET, Key=key, Body=_archive({"code/inference.py": script.encode()}))
    container = {
        "Image": model.image,
        "ModelDataUrl": f"s3://{BUCKET}/{key}",
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            **({"SAGEMAKER_MODEL_SERVER_WORKERS": str(workers)} if workers else {}),
        },
    }
    assert jobs.served.connection is not None
    role = f"arn:aws:iam::{jobs.served.connection.account}:role/ClaryExecutionRole"
    jobs.sagemaker.create_model(ModelName=model.name, PrimaryContainer=container, ExecutionRoleArn=role)


def deploy(clary: Served, model: ServedModel) -> Predicting:
    """An endpoint in service. The environment of its image is built first, and does not count."""
    jobs = Jobs.on(clary)
    create_model(jobs, model, workers=1)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model.name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    jobs.sagemaker.create_endpoint_config(EndpointConfigName=model.name, ProductionVariants=[variant])
    # Twice: the first may have to build the environment.
    for name in ("first", model.name):
        began = time.perf_counter()
        jobs.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=model.name)
        _wait(jobs.sagemaker, name, "Creating")
        start_s = time.perf_counter() - began
        if name == "first":
            jobs.sagemaker.delete_endpoint(EndpointName=name)
            _wait(jobs.sagemaker, name, "Deleting")
    path = f"/endpoints/{model.name}/invocations"
    request = signed(clary, path, model.rows)
    parts = urlsplit(clary.url)
    assert parts.hostname is not None
    assert parts.port is not None
    headers = {"host": parts.netloc, "accept": "application/json", **request.headers}
    body = request.body.decode()
    head = request_head(path, headers, body)
    return Predicting(_agents(clary.pid), parts.hostname, parts.port, head, body, start_s)


def _wait(sagemaker: Any, name: str, while_it_is: str) -> None:
    until = time.monotonic() + BUILD_S
    while time.monotonic() < until:
        try:
            seen = sagemaker.describe_endpoint(EndpointName=name)
        except sagemaker.exceptions.ClientError as error:
            if while_it_is == "Deleting" and "Could not find" in str(error):
                return
            raise
        if seen["EndpointStatus"] != while_it_is:
            if seen["EndpointStatus"] == "InService":
                return
            raise RuntimeError(f"{name} is {seen['EndpointStatus']}: {seen.get('FailureReason')}")
        time.sleep(LOOK_S)
    raise RuntimeError(f"the endpoint {name} was {while_it_is} for {BUILD_S:.0f} s")


def _agents(server: int) -> tuple[int, ...]:
    """The agents of hosts: the processes that the server's forker has made."""
    return tuple(agent.pid for child in psutil.Process(server).children() for agent in child.children())


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
