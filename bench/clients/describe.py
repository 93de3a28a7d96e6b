"""Describes one job repeatedly for some seconds, and prints the number of calls.

boto3: as a user's program does. bare: sends one signed request repeatedly over one connection, so that the
client uses almost no CPU. It must end before the signature expires, within some minutes.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

TARGETS = {
    "describe": "SageMaker.DescribeTrainingJob",
    "list": "SageMaker.ListTrainingJobs",
}


def main(how: str, job: str, seconds: float, threads: int, start_at: float) -> dict[str, Any]:
    """Returns ``{"calls": n, "seconds": s}`` over all threads."""
    loop = {"boto3": through_boto3, "bare": bare}[how]
    counts = [0] * threads
    ready = threading.Barrier(threads + 1)

    def work(index: int) -> None:
        ask = loop(job)
        ask()
        ready.wait()
        time.sleep(max(0.0, start_at - time.time()))
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            ask()
            counts[index] += 1

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = max(time.time(), start_at)
    for worker in workers:
        worker.join()
    return {"calls": sum(counts), "seconds": time.time() - began}


def through_boto3(job: str) -> Any:
    client = boto3.session.Session().client("sagemaker")
    return lambda: client.describe_training_job(TrainingJobName=job)


def bare(job: str, operation: str = "describe") -> Any:
    """A function that sends a prepared request and reads the answer. Raises for any status except 200."""
    session = get_session()
    url = os.environ["AWS_ENDPOINT_URL"]
    body = json.dumps({"TrainingJobName": job} if operation == "describe" else {"MaxResults": 10})
    request = AWSRequest(
        "POST",
        f"{url}/",
        headers={"X-Amz-Target": TARGETS[operation], "Content-Type": "application/x-amz-json-1.1"},
        data=body,
    )
    SigV4Auth(
        session.get_credentials().get_frozen_credentials(), "sagemaker", os.environ["AWS_REGION"]
    ).add_auth(request)
    headers = dict(request.headers.items())
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.connect()

    def ask() -> bytes:
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:500]!r}")
        return content

    return ask


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
