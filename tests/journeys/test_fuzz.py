"""Random requests: none makes the server fail, and every accepted job ends."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from botocore import xform_name
from tests.journeys.fuzzing import Maker, Sender, json_request
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server

from clary.server.registry import public_functions

REQUESTS = 2500
"""For each half of the operations."""
MUTATIONS = 200
SERVICES = ("sagemaker", "logs", "sts", "iam", "s3")
UNBUILT = [("sagemaker", "CreatePipeline"), ("s3", "PutBucketCors"), ("logs", "StartQuery")]


@pytest.fixture
def sender(server: Server) -> Iterator[Sender]:
    sender = Sender(server)
    yield sender
    sender.close()


@pytest.mark.parametrize("half", range(2))
def test_no_request_is_answered_with_a_fault_of_ours(sender: Sender, jobs: Jobs, half: int) -> None:
    seed = random.randrange(10**6)
    maker = Maker(seed)
    operations = [*built(sender), *UNBUILT][half::2]
    answers: Counter[int] = Counter()
    for number in range(REQUESTS):
        service, name = operations[number % len(operations)]
        request = maker.request(sender.model(service, name))
        status, body = sender.send(service, request)
        answers[status // 100] += 1
        # 501 is S3's answer to what is not there: versioning, for example.
        assert status < 500 or status == 501, (
            f"seed {seed}, request {number}, {service} {name}: {status} {body[:500]}\n{request!r:.3000}"
        )

    assert answers[2] > 20
    assert answers[4] > 200
    assert jobs.run("counting.py")["TrainingJobStatus"] == "Completed"


def test_whatever_job_is_accepted_also_ends(sender: Sender, jobs: Jobs) -> None:
    seed = random.randrange(10**6)
    maker = Maker(seed)
    whole = jobs.request("counting.py", inputs={"train": jobs.upload("fuzz/data.csv", b"1,2")})
    accepted = []
    for number in range(MUTATIONS):
        request = copy.deepcopy(whole) | {"TrainingJobName": f"fuzz-{seed}-{number}"}
        maker.mutate(request, sparing="TrainingJobName")
        made = json_request(sender.model("sagemaker", "CreateTrainingJob"), json.dumps(request).encode())
        status, body = sender.send("sagemaker", made)
        assert status < 500, f"seed {seed}: {status} {body[:500]}\n{request!r:.3000}"
        if status == 200:
            accepted.append(str(request["TrainingJobName"]))

    ended = [jobs.wait(name) for name in accepted]

    assert 0 < len(accepted) < MUTATIONS
    assert {job["TrainingJobStatus"] for job in ended} == {"Completed", "Failed"}
    # A job that fails because of its request says so; the reason is never an error of the platform.
    assert not [job for job in ended if "InternalServerError" in job.get("FailureReason", "")]


def built(sender: Sender) -> list[tuple[str, str]]:
    """Returns (service, operation) of everything that is served."""
    found = []
    for service in SERVICES:
        functions = {name for name, _ in public_functions(service)}
        found += [(service, name) for name in sender.operations(service) if xform_name(name) in functions]
    return found
