"""A team's own S3 beside Clary: the SDK and the aws command go there directly, and so do jobs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backing import BackingS3, backing_s3
from tests.journeys.clients import Client, client_prefix
from tests.journeys.conftest import execution_role
from tests.journeys.server import Server, wait_for

DATA = b"0123456789abcdef" * (3 << 20)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[BackingS3]:
    with backing_s3(tmp_path / "outside") as s3:
        yield s3


@pytest.fixture
def beside(outside: BackingS3, tmp_path: Path) -> Iterator[Server]:
    """A server whose users have the same keys at both places."""
    keys = outside.served.keys
    given = {
        "CLARY_S3": outside.address.endpoint,
        "CLARY_S3_DIRECT": "yes",
        "CLARY_S3_ACCESS_KEY_ID": keys.access_key,
        "CLARY_S3_SECRET_ACCESS_KEY": keys.secret_key,
    }
    (tmp_path / "home").mkdir()
    (tmp_path / "user").mkdir()
    shutil.copy(tmp_path / "outside" / "home" / "credentials.json", tmp_path / "home")
    server = Server(tmp_path / "home", tmp_path / "user", given)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def v2_directly(outside: BackingS3, beside: Server, tmp_path: Path) -> Client:
    keys = outside.served.keys
    environ = {
        **beside.client_environ(),
        "AWS_ENDPOINT_URL_S3": outside.address.endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
    }
    del environ["AWS_SESSION_TOKEN"]
    (tmp_path / "v2").mkdir()
    return Client(client_prefix("v2"), environ, tmp_path / "v2")


def test_a_job_reads_and_writes_a_teams_own_s3(
    outside: BackingS3, beside: Server, v2_directly: Client
) -> None:
    trained = v2_directly.run("direct_s3.py", bucket="team-bucket", role=execution_role(beside))

    name = trained["name"]
    assert (trained["status"], trained["s3"]) == ("Completed", outside.address.endpoint)
    assert trained["location"] == f"s3://team-bucket/results/{name}/output/model.tar.gz"
    assert trained["files"] == ["large.bin", "part-1.csv"]
    assert set(trained["keys"]) >= {
        "data/large.bin",
        "data/part-1.csv",
        "checkpoints/step-1",
        f"results/{name}/output/model.tar.gz",
    }
    assert outside.served.platform.blobs.buckets.exists(trained["default_bucket"])
    # What the job was told it could not tell with keys of its own.
    front, direct = beside.session(root=True)("s3"), outside.served.platform.blobs.objects
    assert front.get_object(Bucket="team-bucket", Key="data/large.bin")["Body"].read() == DATA
    front.put_object(Bucket="team-bucket", Key="data/part-2.csv", Body=b"3,4\n")
    assert direct.content("s3://team-bucket/data/part-2.csv", 100) == b"3,4\n"
    assert [path for path in (beside.home / "blobs").rglob("*") if path.is_file()] == []

    # Nobody is there: the job says where, and what it wants.
    sagemaker = beside.session(root=True)("sagemaker")
    job = sagemaker.describe_training_job(TrainingJobName=name)
    again = {
        member: job[member]
        for member in ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig")
    }
    again["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = "s3://another-bucket/data/"
    sagemaker.create_training_job(
        TrainingJobName="without-data",
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        **again,
    )
    failed = wait_for(
        lambda: (
            (seen := sagemaker.describe_training_job(TrainingJobName="without-data"))["TrainingJobStatus"]
            == "Failed"
            and seen
        ),
        "the job to fail",
        timeout_s=240,
    )
    assert "s3://another-bucket/data/" in failed["FailureReason"]
