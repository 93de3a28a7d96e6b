"""Creates processing jobs from scripts of ``processing/`` with boto3, waits for them, and reads results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.jobs import TERMINAL, Jobs, unique_name
from tests.journeys.server import wait_for

PROCESSING = Path(__file__).parent / "processing"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"


@dataclass(frozen=True, slots=True)
class ProcessingJobs:
    """jobs: the clients and the bucket."""

    jobs: Jobs

    def request(
        self,
        script: str,
        *arguments: str,
        name: str = "",
        instances: int = 1,
        inputs: tuple[dict[str, Any], ...] = (),
        max_run_s: int = 600,
        **members: Any,
    ) -> dict[str, Any]:
        """Returns a CreateProcessingJob request; its output ``out`` goes to ``results/<name>``."""
        name = name or unique_name(script.removesuffix(".py"))
        code = self.jobs.upload(f"{name}/code/{script}", (PROCESSING / script).read_bytes())
        return {
            "ProcessingJobName": name,
            "AppSpecification": {
                "ImageUri": "python:3.11",
                "ContainerEntrypoint": ["python3", f"/opt/ml/processing/code/{script}"],
                **({"ContainerArguments": list(arguments)} if arguments else {}),
            },
            "RoleArn": self.jobs.role_arn,
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": instances,
                    "VolumeSizeInGB": 1,
                }
            },
            "ProcessingInputs": [given("code", code), *inputs],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": self.results(name),
                            "LocalPath": "/opt/ml/processing/out",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": max_run_s},
            **members,
        }

    def create(self, script: str, *arguments: str, **wishes: Any) -> str:
        """Its name."""
        request = self.request(script, *arguments, **wishes)
        self.jobs.clients("sagemaker").create_processing_job(**request)
        return str(request["ProcessingJobName"])

    def describe(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.jobs.clients("sagemaker").describe_processing_job(
            ProcessingJobName=name
        )
        return answer

    def wait(self, name: str, *, timeout_s: float = 240.0) -> dict[str, Any]:
        """Returns the description once the job has ended."""
        seen: dict[str, Any] = {}

        def ended() -> bool:
            seen.update(self.describe(name))
            return seen["ProcessingJobStatus"] in TERMINAL

        wait_for(ended, f"{name} to end", timeout_s=timeout_s, every_s=0.1)
        return seen

    def run(self, script: str, *arguments: str, expect: str = "Completed", **wishes: Any) -> dict[str, Any]:
        """Returns the description of the ended job. Raises AssertionError for another end."""
        name = self.create(script, *arguments, **wishes)
        ended = self.wait(name)
        said = "\n".join(self.log(name))
        assert ended["ProcessingJobStatus"] == expect, f"{ended.get('FailureReason')}\n{said[-4000:]}"
        return ended

    def results(self, name: str) -> str:
        return f"s3://{self.jobs.bucket}/results/{name}"

    def files(self, name: str) -> dict[str, bytes]:
        """Returns the objects of its output by the rest of their keys."""
        s3, prefix = self.jobs.clients("s3"), f"results/{name}/"
        listed = s3.list_objects_v2(Bucket=self.jobs.bucket, Prefix=prefix).get("Contents", [])
        return {
            each["Key"].removeprefix(prefix): s3.get_object(Bucket=self.jobs.bucket, Key=each["Key"])[
                "Body"
            ].read()
            for each in listed
        }

    def streams(self, name: str) -> list[str]:
        logs = self.jobs.clients("logs")
        try:
            found = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [stream["logStreamName"] for stream in found["logStreams"]]

    def log(self, name: str) -> list[str]:
        """Every line, stream by stream."""
        logs = self.jobs.clients("logs")
        return [
            event["message"]
            for stream in self.streams(name)
            for event in logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True
            )["events"]
        ]

    def printed(self, name: str) -> list[Any]:
        """Returns the JSON of each host's line that begins with ``RESULT``."""
        return [json.loads(line[7:]) for line in self.log(name) if line.startswith("RESULT ")]


def given(name: str, uri: str, **source: Any) -> dict[str, Any]:
    """Returns an input below /opt/ml/processing."""
    s3 = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**s3, "S3InputMode": "File", **source}}
