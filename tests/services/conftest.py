"""A context with real stores and a clock that tests set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from clary.domain.identity import Caller, PrincipalKind
from clary.services.context import Context
from clary.store.attribute_index.joined import search_jobs
from clary.store.database import Database
from clary.store.links import Links
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCOUNT, REGION = "123456789012", "us-east-1"


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ctx(tmp_path: Path, clock: Clock) -> Iterator[Context]:
    database = Database.at(tmp_path / "clary.db")
    search_jobs(["training-job"])
    unused = cast("Any", None)
    yield Context(
        caller=Caller(PrincipalKind.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "root", "AKIA", ACCOUNT),
        account=ACCOUNT,
        region=REGION,
        records=Records(database, clock),
        tags=Tags(database),
        links=Links(database, clock),
        blobs=unused,
        logs=LogStore(database),
        metrics=MetricStore(database),
        keyring=unused,
        machines=unused,
        reading=unused,
        now=clock,
        server_url="http://127.0.0.1:8000",
        may=lambda action, resource: True,
        role_may=unused,
    )
    database.close()


@pytest.fixture
def host(ctx: Context) -> Context:
    """The same, called by the agent beside a host."""
    return replace(ctx, caller=replace(ctx.caller, kind=PrincipalKind.HOST, name="job/algo-1"))


@pytest.fixture
def stream(ctx: Context, clock: Clock) -> dict[str, str]:
    """Members that name a new stream."""
    ctx.logs.create_group("/aws/sagemaker/TrainingJobs", clock())
    ctx.logs.create_stream("/aws/sagemaker/TrainingJobs", "job/algo-1-1790000000", clock())
    return {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "job/algo-1-1790000000"}


@pytest.fixture
def lines(clock: Clock) -> Callable[..., list[dict[str, Any]]]:
    """Events for PutLogEvents; times in milliseconds after the clock."""

    def make(*pairs: tuple[int, str]) -> list[dict[str, Any]]:
        return [{"timestamp": clock.ms + at, "message": message} for at, message in pairs]

    return make
