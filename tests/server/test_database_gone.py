"""A database server that is away: each service says so in its own words, and all goes on when it is back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.postgres import PostgresServer

from .conftest import Served, serving
from .test_strangers import client


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture
def served(database: PostgresServer, tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "home", tmp_path / "environments", database=database.empty()) as served:
        yield served


def refused(call: Any, **params: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    said = raised.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"]


def test_requests_are_refused_while_the_database_is_away_and_work_when_it_is_back(
    served: Served, database: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    sagemaker, logs, iam = (client(served, name) for name in ("sagemaker", "logs", "iam"))
    s3 = client(served, "s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"content")
    sagemaker.create_experiment(ExperimentName="kept")
    database.stop()

    try:
        assert served.is_well(), "the server itself answers"
        told = [
            refused(sagemaker.create_experiment, ExperimentName="other"),
            refused(sagemaker.describe_experiment, ExperimentName="kept"),
            refused(sagemaker.list_experiments),
            refused(logs.create_log_group, logGroupName="other"),
            refused(iam.list_roles),
            refused(s3.get_object, Bucket="kept", Key="k"),
            refused(s3.put_object, Bucket="kept", Key="other", Body=b"x" * 100_000),
        ]
    finally:
        database.start()

    assert set(told) == {(503, "ServiceUnavailable")}
    assert sagemaker.describe_experiment(ExperimentName="kept")["ExperimentName"] == "kept"
    assert [each["ExperimentName"] for each in sagemaker.list_experiments()["ExperimentSummaries"]] == [
        "kept"
    ]
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"content"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="kept")["Contents"]] == ["k"]
    sagemaker.create_experiment(ExperimentName="other")
    assert not [record for record in caplog.records if record.exc_info], caplog.text
