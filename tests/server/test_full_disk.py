"""A full disk: each kind of write reports it, leaves nothing behind, and works again with free space."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clary.domain.errors import OutOfSpace
from clary.server.trouble import known_trouble

from .conftest import Served, serving
from .test_strangers import client

DISK_BYTES = 64 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small disk can be mounted by root only: sudo make unit")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=60)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"\0" * 4096)
    return filler


def writes(served: Served) -> dict[str, Callable[[int], Any]]:
    """One writing operation for each store; the number makes names unique."""
    sagemaker, logs, iam = (client(served, name) for name in ("sagemaker", "logs", "iam"))
    s3 = client(served, "s3", s3={"addressing_style": "path"})
    metrics = client(served, "sagemaker-metrics")
    s3.create_bucket(Bucket="full")
    upload = s3.create_multipart_upload(Bucket="full", Key="parts")["UploadId"]
    logs.create_log_group(logGroupName="full")
    logs.create_log_stream(logGroupName="full", logStreamName="s")
    sagemaker.create_trial_component(TrialComponentName="full")
    line = "".join(map(chr, range(48, 112))) * 400
    return {
        "a record": lambda n: sagemaker.create_experiment(ExperimentName=f"e-{n}", Description="d" * 3000),
        "a user": lambda n: iam.create_user(UserName=f"u-{n}"),
        "a small object": lambda n: s3.put_object(Bucket="full", Key=f"small-{n}", Body=b"x" * 5000),
        "a large object": lambda n: s3.put_object(Bucket="full", Key=f"large-{n}", Body=b"x" * (8 << 20)),
        "a part": lambda n: s3.upload_part(
            Bucket="full", Key="parts", UploadId=upload, PartNumber=n + 1, Body=b"x" * (6 << 20)
        ),
        "log lines": lambda n: logs.put_log_events(
            logGroupName="full",
            logStreamName="s",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": os.urandom(9_000).hex() + line}] * 5,
        ),
        "metric points": lambda n: metrics.batch_put_metrics(
            TrialComponentName="full",
            MetricData=[point(f"m-{n}-{each}" + "x" * 200, each) for each in range(10)],
        ),
    }  # fmt: skip


def point(name: str, step: int) -> dict[str, Any]:
    return {"MetricName": name, "Timestamp": time.time(), "Value": 1.0, "Step": step}


def until_full(write: Callable[[int], Any]) -> ClientError:
    """Writes until it is refused: allocated pages may still have some free space."""
    for number in range(3000):
        try:
            write(number)
        except ClientError as error:
            return error
    raise AssertionError("the disk is never full")


def test_a_full_disk_is_said_and_overcome(small_disk: Path, tmp_path: Path) -> None:
    with serving(small_disk / "home", tmp_path / "environments") as served:
        made = writes(served)
        for write in made.values():
            write(1000)
        filler = fill(small_disk)

        for what, write in made.items():
            error = until_full(write)

            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 507, (what, error.response)
            assert error.response["Error"]["Code"] == "InsufficientStorage", what
            assert "space" in error.response["Error"]["Message"], what
            assert served.is_well(), what
        assert client(served, "sagemaker").describe_experiment(ExperimentName="e-1000")

        filler.unlink()
        for what, write in made.items():
            assert write(5000), what
        stored = client(served, "s3", s3={"addressing_style": "path"})
        for found in stored.list_objects_v2(Bucket="full")["Contents"]:
            body = stored.get_object(Bucket="full", Key=found["Key"])["Body"].read()
            assert body == b"x" * found["Size"]


def test_a_database_that_may_not_grow_is_said_and_overcome(served: Served) -> None:
    """The same on a machine where no small disk can be mounted."""
    sagemaker = client(served, "sagemaker")

    def limit(pages: int) -> None:
        with served.platform.database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    limit(1)
    error = until_full(lambda n: sagemaker.create_experiment(ExperimentName=f"e-{n}", Description="d" * 3000))
    limit(1 << 30)

    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 507
    assert error.response["Error"]["Code"] == "InsufficientStorage"
    sagemaker.create_experiment(ExperimentName="after")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_known_behind_other_errors(number: int) -> None:
    error = RuntimeError("the file can't be written")
    error.__cause__ = OSError(number, os.strerror(number))

    assert isinstance(known_trouble(error), OutOfSpace)


def test_other_errors_are_ours() -> None:
    assert known_trouble(PermissionError(errno.EACCES, "no")) is None
    assert known_trouble(ValueError("no")) is None
