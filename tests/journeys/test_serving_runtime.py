"""Data capture, response streams and asynchronous requests with the SDK, version 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.endpoints import FIRST_BUILD_S, Endpoints, nothing_left
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server


@pytest.fixture(autouse=True)
def _left(server: Server, jobs: Jobs) -> Iterator[None]:
    with nothing_left(server, Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)):
        yield


def test_captured_requests_and_asynchronous_answers_are_read_with_the_sdk(v2: Client) -> None:
    seen: dict[str, Any] = v2.run("served_runtime.py", timeout_s=FIRST_BUILD_S)

    captured = seen["captured"]
    assert (captured["predicted"], captured["streamed"]) == (21, 24)
    assert (captured["inputs"], captured["outputs"]) == ([7, 8], [21, 24])
    assert seen["asynchronous"]["predicted"] == 21
    assert "no answer to that" in seen["asynchronous"]["failed"]
