"""Creates training jobs from scripts of ``training/`` with boto3, waits for them, and reads their results."""

from __future__ import annotations

import io
import itertools
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.server import Clients, wait_for

TRAINING = Path(__file__).parent / "training"
IMAGE = "python:3.11"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
TERMINAL = ("Completed", "Failed", "Stopped")

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Jobs:
    """clients: of the caller. bucket: an existing one for all inputs and outputs."""

    clients: Clients
    bucket: str
    role_arn: str

    def upload(self, key: str, content: bytes) -> str:
        self.clients("s3").put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def request(
        self,
        script: str,
        *,
        name: str = "",
        image: str = IMAGE,
        hyperparameters: Mapping[str, Any] | None = None,
        instances: int = 1,
        inputs: Mapping[str, str | dict[str, Any]] | None = None,
        max_run_s: int = 600,
        metrics: Mapping[str, str] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """Returns a CreateTrainingJob request that runs ``training/<script>``; ``members`` override its own.

        inputs: channel name to an S3 URI, or to members of the channel with ``uri`` among them.
        """
        name = name or unique_name(script.removesuffix(".py"))
        source = self.upload(f"{name}/source/sourcedir.tar.gz", packed({script: TRAINING / script}))
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": key, "Regex": value} for key, value in (metrics or {}).items()
                ],
            },
            "RoleArn": self.role_arn,
            "HyperParameters": {
                **{key: json.dumps(value) for key, value in (hyperparameters or {}).items()},
                "sagemaker_program": json.dumps(script),
                "sagemaker_submit_directory": json.dumps(source),
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/output"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": instances,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": max_run_s},
        }
        if inputs:
            request["InputDataConfig"] = [_channel(key, value) for key, value in inputs.items()]
        return {**request, **members}

    def create(self, script: str, **wishes: Any) -> str:
        """Its name."""
        return self.submit(self.request(script, **wishes))

    def submit(self, request: Mapping[str, Any]) -> str:
        self.clients("sagemaker").create_training_job(**request)
        return str(request["TrainingJobName"])

    def describe(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.clients("sagemaker").describe_training_job(TrainingJobName=name)
        return answer

    def wait(
        self, name: str, *, until: tuple[str, ...] = TERMINAL, timeout_s: float = 240.0
    ) -> dict[str, Any]:
        """Returns the description once a status of the job is in ``until``, or the job has ended."""
        sagemaker = self.clients("sagemaker")
        seen: dict[str, Any] = {}

        def reached() -> bool:
            seen.update(sagemaker.describe_training_job(TrainingJobName=name))
            return seen["SecondaryStatus"] in until or seen["TrainingJobStatus"] in (*until, *TERMINAL)

        wait_for(reached, f"{name} to be {' or '.join(until)}", timeout_s=timeout_s, every_s=0.1)
        return seen

    def run(
        self, script: str, *, expect: str = "Completed", timeout_s: float = 240.0, **wishes: Any
    ) -> dict[str, Any]:
        """Returns the description of the ended job. Raises AssertionError for another end."""
        name = self.create(script, **wishes)
        ended = self.wait(name, timeout_s=timeout_s)
        said = "\n".join(self.log(name))
        assert ended["TrainingJobStatus"] == expect, f"{name}: {ended.get('FailureReason')}\n{said[-4000:]}"
        return ended

    def log(self, name: str, host: str = "") -> list[str]:
        """Returns every line, stream by stream; of one host if it is named."""
        logs = self.clients("logs")
        try:
            found = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/{host}")
        except logs.exceptions.ResourceNotFoundException:
            return []
        lines: list[str] = []
        for stream in found["logStreams"]:
            token: dict[str, str] = {}
            while True:
                page = logs.get_log_events(
                    logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True, **token
                )
                lines += [event["message"] for event in page["events"]]
                if not page["events"] or page["nextForwardToken"] == token.get("nextToken"):
                    break
                token = {"nextToken": page["nextForwardToken"]}
        return lines

    def printed(self, name: str, host: str = "") -> Any:
        """Returns the JSON of the line that begins with ``RESULT``, which scripts of ``training/`` print."""
        results = [line for line in self.log(name, host) if line.startswith("RESULT ")]
        assert results, f"{name} printed no result: {self.log(name, host)}"
        return json.loads(results[-1].removeprefix("RESULT "))

    def download(self, uri: str) -> dict[str, bytes]:
        """Returns the files of a tar.gz in S3."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        content = self.clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            opened = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
            return {name.removeprefix("./"): file.read() for name, file in opened.items() if file is not None}


def packed(files: Mapping[str, Path | bytes]) -> bytes:
    """Returns a tar.gz of files, given as names to paths or contents."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def unique_name(stem: str) -> str:
    """Returns a name that is unique to this process and call; invalid characters become hyphens."""
    return f"{stem.replace('_', '-').replace('.', '-')}-{os.getpid()}-{next(_numbers)}"


def _channel(name: str, described: str | dict[str, Any]) -> dict[str, Any]:
    members = dict(described) if isinstance(described, dict) else {"uri": described}
    source = {
        "S3DataType": members.pop("data_type", "S3Prefix"),
        "S3Uri": members.pop("uri"),
        "S3DataDistributionType": members.pop("distribution", "FullyReplicated"),
    }
    if "groups" in members:
        source["InstanceGroupNames"] = members.pop("groups")
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **members}
