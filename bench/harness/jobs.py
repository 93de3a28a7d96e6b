"""Training jobs for measurements: they run a script, which is uploaded as the SDK does it."""

from __future__ import annotations

import io
import json
import tarfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from bench.harness.servers import Served

IMAGE = "python:3.11"
INSTANCE = "ml.t3.medium"
BUCKET = "bench"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
TERMINAL = ("Completed", "Failed", "Stopped")
LOOK_S = 0.02
FIRST_LINE = "import time; print(f'first line {time.time():.6f}', flush=True)\n"
"""A script that prints the time of its first line."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """Creates jobs that run a script on one server."""

    served: Served
    sagemaker: Any
    logs: Any
    s3: Any

    @classmethod
    def on(cls, served: Served) -> Jobs:
        """Jobs on a Clary server. Creates the bucket for scripts and outputs."""
        assert served.connection is not None
        connection = served.connection
        jobs = cls(served, connection.client("sagemaker"), connection.client("logs"), connection.client("s3"))
        jobs.s3.create_bucket(Bucket=BUCKET)
        return jobs

    def send_script(self, name: str, source: str) -> dict[str, str]:
        """Uploads a script. Returns the hyperparameters that name it."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("script.py")
            member.size = len(source.encode())
            archive.addfile(member, io.BytesIO(source.encode()))
        key = f"source/{name}/sourcedir.tar.gz"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())
        return {
            "sagemaker_program": json.dumps("script.py"),
            "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/{key}"),
        }

    def request(self, name: str, script: dict[str, str], *, channel: str | None = None) -> dict[str, Any]:
        """The request that creates a job. channel: an s3:// prefix."""
        assert self.served.connection is not None
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{self.served.connection.account}:role/ClaryExecutionRole",
            "HyperParameters": script,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/output"},
            "ResourceConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
        if channel is not None:
            source = {"S3DataType": "S3Prefix", "S3Uri": channel, "S3DataDistributionType": "FullyReplicated"}
            request["InputDataConfig"] = [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}]
        return request

    def run(self, name: str, script: dict[str, str], *, channel: str | None = None) -> dict[str, Any]:
        """Runs a job to its end. Returns its description. Raises RuntimeError when it does not complete."""
        self.sagemaker.create_training_job(**self.request(name, script, channel=channel))
        return self.wait(name)

    def wait(self, name: str, *, expect: str = "Completed") -> dict[str, Any]:
        """Waits for the end of a job. Returns its description. Raises RuntimeError for another end status."""
        while True:
            description: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
            if description["TrainingJobStatus"] in TERMINAL:
                break
            time.sleep(LOOK_S)
        if description["TrainingJobStatus"] != expect:
            raise RuntimeError(
                f"{name} is {description['TrainingJobStatus']}: {description.get('FailureReason')}"
            )
        return description

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The log events of a job's first host, at most one page; empty if there are none yet."""
        try:
            streams = self.logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")
        except ClientError:
            return []
        if not streams["logStreams"]:
            return []
        events: list[dict[str, Any]] = self.logs.get_log_events(
            logGroupName=LOG_GROUP,
            logStreamName=streams["logStreams"][0]["logStreamName"],
            startFromHead=True,
        )["events"]
        return events

    def first_line_at(self, name: str) -> float:
        """The time at which a job's FIRST_LINE script ran its first line, in epoch seconds."""
        for event in self.lines(name):
            if event["message"].startswith("first line "):
                return float(event["message"].split()[-1])
        raise RuntimeError(f"the log of {name} has no first line")
