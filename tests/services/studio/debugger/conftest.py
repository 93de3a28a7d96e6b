"""A training job that has saved tensors, and the processes that read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.services.studio.debugger.trials import BUCKET, JOB, ROOT, Trained, write_trial

from clary.server.reading_processes import ReadingProcesses
from clary.services.context import Context
from clary.services.s3 import bucket
from clary.store.blobs import BlobStore
from clary.store.database import Database


@pytest.fixture(scope="session")
def reading() -> Iterator[ReadingProcesses]:
    """One for all tests: a process takes a second to start."""
    processes = ReadingProcesses()
    yield processes
    processes.close()


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial")
    write_trial(folder)
    return folder


@pytest.fixture
def empty(ctx: Context, tmp_path: Path, reading: ReadingProcesses) -> Iterator[Trained]:
    """A job whose hook has saved nothing yet."""
    database = Database.at(tmp_path / "s3.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    # The caller's name is a part of what answers are kept by, and tests share the processes.
    caller = replace(ctx.caller, arn=f"{ctx.caller.arn}{tmp_path}")
    ctx = replace(ctx, blobs=blobs, reading=reading, caller=caller)
    bucket.create_bucket(ctx, {"Bucket": BUCKET})
    ctx.records.insert(
        "training-job",
        JOB,
        {
            "TrainingJobName": JOB,
            "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/cnn",
            "TrainingJobStatus": "InProgress",
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/output"},
            "DebugHookConfig": {"S3OutputPath": ROOT},
            "ProfilerConfig": {"S3OutputPath": f"s3://{BUCKET}/profile"},
        },
    )
    yield Trained(ctx)
    blobs.close()
    database.close()


@pytest.fixture
def trained(empty: Trained, saved: Path) -> Trained:
    empty.put_folder(saved)
    return empty
