"""How data reaches a job: each mode, distribution and compression."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients

FILES = {f"part-{number}.csv": b"%d," % number * (1000 * number + 1) for number in range(5)}


def told(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@pytest.fixture(scope="module")
def data(jobs: Jobs) -> str:
    """The prefix of the files."""
    for name, content in FILES.items():
        jobs.upload(f"channels/{name}", content)
    return f"s3://{jobs.bucket}/channels"


@pytest.fixture(scope="module")
def read(jobs: Jobs, data: str) -> dict[str, Any]:
    """What one job read from channels of every kind."""
    jobs.upload("packed/deep/er.csv.gz", gzip.compress(FILES["part-3.csv"]))
    manifest = json.dumps([{"prefix": f"{data}/"}, "part-1.csv", "part-4.csv"])
    job = jobs.run(
        "reading.py",
        inputs={
            "plain": f"{data}/",
            "one": f"{data}/part-2.csv",
            "fast": {"uri": f"{data}/", "InputMode": "FastFile"},
            "pipe": {"uri": f"{data}/", "InputMode": "Pipe"},
            "gzip": {"uri": f"s3://{jobs.bucket}/packed/", "CompressionType": "Gzip"},
            "listed": {"uri": jobs.upload("some.manifest", manifest.encode()), "data_type": "ManifestFile"},
        },
    )
    answer: dict[str, Any] = jobs.printed(job["TrainingJobName"])
    return answer


def test_file_mode_has_every_object_of_the_prefix(read: dict[str, Any]) -> None:
    assert read["plain"] == {name: told(content) for name, content in FILES.items()}


def test_a_prefix_that_is_an_object_is_that_file(read: dict[str, Any]) -> None:
    assert read["one"] == {"part-2.csv": told(FILES["part-2.csv"])}


def test_fast_file_mode_looks_the_same(read: dict[str, Any]) -> None:
    assert read["fast"] == read["plain"]


def test_pipe_mode_streams_the_objects_in_order_each_epoch(read: dict[str, Any]) -> None:
    everything = b"".join(FILES[name] for name in sorted(FILES))
    assert read["pipe"] == {"epoch 0": told(everything), "epoch 1": told(everything)}


def test_gzip_objects_are_unpacked(read: dict[str, Any]) -> None:
    assert list(read["gzip"].values()) == [told(FILES["part-3.csv"])]


def test_a_manifest_names_the_objects(read: dict[str, Any]) -> None:
    assert read["listed"] == {name: told(FILES[name]) for name in ("part-1.csv", "part-4.csv")}


def test_a_job_can_not_change_a_stored_object(jobs: Jobs, clients: Clients) -> None:
    small, large = b"small", bytes(20 << 20)
    inputs = {"small": jobs.upload("keep/small.bin", small), "large": jobs.upload("keep/large.bin", large)}

    tried = jobs.printed(jobs.run("reading.py", inputs=inputs)["TrainingJobName"])

    # A large channel is not copied, so it is read-only.
    assert (tried["large changing"], tried["large removing"]) == ("refused", "refused")
    for key, content in (("keep/small.bin", small), ("keep/large.bin", large)):
        assert clients("s3").get_object(Bucket=jobs.bucket, Key=key)["Body"].read() == content


def test_shards_are_shared_out_without_overlap(jobs: Jobs, data: str) -> None:
    job = jobs.run(
        "reading.py", instances=2, inputs={"train": {"uri": f"{data}/", "distribution": "ShardedByS3Key"}}
    )

    name = job["TrainingJobName"]
    shares = [set(jobs.printed(name, host)["train"]) for host in ("algo-1", "algo-2")]
    assert shares[0] | shares[1] == set(FILES)
    assert not shares[0] & shares[1]
    assert min(map(len, shares)) == 2


def test_a_channel_belongs_to_the_groups_it_names(jobs: Jobs, data: str) -> None:
    groups = [
        {"InstanceGroupName": "workers", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "readers", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    ]

    job = jobs.run(
        "reading.py",
        ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 1},
        inputs={"both": f"{data}/part-0.csv", "one": {"uri": f"{data}/part-1.csv", "groups": ["readers"]}},
    )

    name = job["TrainingJobName"]
    assert set(jobs.printed(name, "algo-2")["one"]) == {"part-1.csv"}
    assert not jobs.printed(name, "algo-1").get("one")
    assert set(jobs.printed(name, "algo-1")["both"]) == {"part-0.csv"}


def test_a_channel_with_no_objects_fails_the_job_by_its_address(jobs: Jobs) -> None:
    job = jobs.run("reading.py", expect="Failed", inputs={"train": f"s3://{jobs.bucket}/nothing/here"})

    assert f"s3://{jobs.bucket}/nothing/here" in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError")


def test_keys_that_would_leave_the_folder_never_do(jobs: Jobs) -> None:
    for key in ("../../escaped.txt", "a//b.txt", "fine.txt"):
        jobs.upload(f"odd/{key}", b"x")

    name = jobs.create("reading.py", inputs={"train": f"s3://{jobs.bucket}/odd/"})
    job = jobs.wait(name)

    if job["TrainingJobStatus"] == "Completed":
        assert all(not each.startswith("..") for each in jobs.printed(name)["train"])
    else:
        assert "../../escaped.txt" in job["FailureReason"]
