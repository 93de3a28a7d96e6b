"""Deploys small models with boto3 alone, asks them, and looks at what is left of them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.jobs import packed, unique_name
from tests.journeys.server import Clients, Server, wait_for

SERVING = Path(__file__).parent / "serving"
IMAGE = "sagemaker-scikit-learn:1.2-1"
LOG_GROUP = "/aws/sagemaker/Endpoints"
SETTLED = ("InService", "Failed")
FIRST_BUILD_S = 900.0
"""The environment of the image may have to be built first."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """clients: of the caller. bucket: an existing one for models."""

    clients: Clients
    bucket: str
    role_arn: str

    def upload(self, key: str, files: Mapping[str, Path | bytes]) -> str:
        self.clients("s3").put_object(Bucket=self.bucket, Key=key, Body=packed(files))
        return f"s3://{self.bucket}/{key}"

    def model(self, factor: int = 3, *, code: bytes | None = None, **members: Any) -> str:
        """Creates a model that multiplies; code: another inference.py. Returns its name."""
        name = unique_name("times")
        container = self.container(f"{name}/model.tar.gz", factor, code=code)
        request = {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": self.role_arn}
        self.clients("sagemaker").create_model(**{**request, **members})
        return name

    def container(self, key: str, factor: int, *, code: bytes | None = None) -> dict[str, Any]:
        """Uploads a model that multiplies; returns its container."""
        script = (SERVING / "times.py").read_bytes() if code is None else code
        files = {"model.json": json.dumps({"factor": factor}).encode(), "code/inference.py": script}
        return {
            "Image": IMAGE,
            "ModelDataUrl": self.upload(key, files),
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
            },
        }

    def config(self, *models: str, **members: Any) -> str:
        """Creates a configuration with a variant for each model: One, Two and so on. Returns its name."""
        name = unique_name("config")
        names = ("One", "Two", "Three")
        variants = [
            {
                "VariantName": variant,
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
            for variant, model in zip(names, models, strict=False)
        ]
        self.clients("sagemaker").create_endpoint_config(
            **{"EndpointConfigName": name, "ProductionVariants": variants, **members}
        )
        return name

    def create(self, config: str) -> str:
        name = unique_name("endpoint")
        self.clients("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name

    def describe(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.clients("sagemaker").describe_endpoint(EndpointName=name)
        return found

    def wait(self, name: str, expect: str = "InService", timeout_s: float = FIRST_BUILD_S) -> dict[str, Any]:
        """Returns the description of an endpoint that has settled. Raises AssertionError for another end."""
        seen: dict[str, Any] = {}

        def settled() -> bool:
            seen.update(self.describe(name))
            return seen["EndpointStatus"] in SETTLED

        wait_for(settled, f"{name} to be {expect}", timeout_s=timeout_s)
        said = "\n".join(self.log(name))
        assert seen["EndpointStatus"] == expect, f"{seen.get('FailureReason')}\n{said[-4000:]}"
        return seen

    def deploy(self, *models: str, **members: Any) -> str:
        name = self.create(self.config(*models, **members))
        self.wait(name)
        return name

    def delete(self, name: str, timeout_s: float = 240.0) -> None:
        """Deletes an endpoint and waits until it is gone."""
        sagemaker = self.clients("sagemaker")
        sagemaker.delete_endpoint(EndpointName=name)
        wait_for(lambda: not self.exists(name), f"{name} to be gone", timeout_s=timeout_s)

    def exists(self, name: str) -> bool:
        listed = self.clients("sagemaker").list_endpoints(NameContains=name)["Endpoints"]
        return any(each["EndpointName"] == name for each in listed)

    def ask(self, name: str, value: int = 7, **more: Any) -> dict[str, Any]:
        """Invokes an endpoint of ``times.py``; more: further members of the request or of its body."""
        members = {key: more.pop(key) for key in list(more) if key[0].isupper()}
        answered = self.clients("sagemaker-runtime").invoke_endpoint(
            EndpointName=name,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"value": value, **more}),
            **members,
        )
        return {"variant": answered["InvokedProductionVariant"], **json.loads(answered["Body"].read())}

    def log(self, name: str) -> list[str]:
        """Returns every line of an endpoint, stream by stream."""
        logs = self.clients("logs")
        try:
            streams = logs.describe_log_streams(logGroupName=f"{LOG_GROUP}/{name}")["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        pages = (
            logs.get_log_events(
                logGroupName=f"{LOG_GROUP}/{name}",
                logStreamName=stream["logStreamName"],
                startFromHead=True,
            )
            for stream in streams
        )
        return [event["message"] for page in pages for event in page["events"]]


@contextlib.contextmanager
def nothing_left(server: Server, endpoints: Endpoints) -> Iterator[None]:
    """Deletes what a test has deployed, and checks that no host and no process of it is left."""
    before = {each["EndpointName"] for each in _all(endpoints)}
    try:
        yield
    finally:
        for each in _all(endpoints):
            if each["EndpointName"] not in before:
                endpoints.delete(each["EndpointName"])
    wait_for(lambda: not hosts_left(server), "the folders of hosts to be removed")
    assert processes_below(server) == []


def _all(endpoints: Endpoints) -> list[dict[str, Any]]:
    pages = endpoints.clients("sagemaker").get_paginator("list_endpoints").paginate()
    return [each for page in pages for each in page["Endpoints"]]


def hosts_left(server: Server, name: str = "") -> list[Path]:
    """The folders of an endpoint's hosts; without a name, of all endpoints."""
    return sorted(server.home.glob(f"hosts/endpoint.{name}*"))


def agent_pids(server: Server, name: str) -> list[int]:
    return [int((folder / "agent.pid").read_text()) for folder in hosts_left(server, name)]


def processes_below(server: Server, name: str = "") -> list[int]:
    """Every process that works for an endpoint's host: its sandbox is mounted from the host's folder."""
    # The path of a mount begins at the root of its file system.
    wanted = f"{'/'.join(server.home.parts[-3:])}/hosts/endpoint.{name}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (process / "mountinfo").read_bytes() and int(process.name) != os.getpid():
                found.append(int(process.name))
    return sorted(found)


def until_answered(endpoints: Endpoints, name: str, *, timeout_s: float = 240.0) -> None:
    """Asks until there is an answer."""

    def answered() -> bool:
        with contextlib.suppress(Exception):
            return bool(endpoints.ask(name, value=2)["answer"])
        return False

    wait_for(answered, f"{name} to answer", timeout_s=timeout_s)
