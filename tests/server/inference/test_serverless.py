"""Requests to serverless variants: they wake a host, and no more come at a time than are allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.server.conftest import ANSWER_S
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, variant

from clary.kinds.endpoint import KIND

ONE = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}


def ask(runtime: Runtime) -> bytes:
    answer = runtime.client().invoke_endpoint(EndpointName="iris", Body=b"x")
    return bytes(answer["Body"].read())


def wanted(runtime: Runtime) -> dict[str, float]:
    found: dict[str, Any] = runtime.platform.records.get(KIND.record_kind, "iris")
    return dict(found.get("_Wanted", {}))


def wait_until(true: Callable[[], object]) -> None:
    ends_at = time.monotonic() + ANSWER_S
    while not true():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


def test_a_request_to_a_variant_that_sleeps_wakes_it_and_waits(runtime: Runtime) -> None:
    awake = endpoint("iris", variant(Serverless=ONE))
    asleep = endpoint("iris", variant(Serverless=ONE, Asleep=True, AsleepAt=1.0))
    runtime.add(asleep)

    with containers(awake, lambda asked: Said(b"awake")), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, runtime)
        wait_until(lambda: wanted(runtime))
        assert not asked.done()
        # As the loop does when the host that it has started serves.
        runtime.platform.records.update(
            KIND.record_kind,
            "iris",
            {"_Generations": awake["_Generations"], "_Hosts": awake["_Hosts"], "_Reports": awake["_Reports"]},
        )

        assert asked.result(ANSWER_S) == b"awake"

    assert wanted(runtime)["AllTraffic"] > asleep["_Generations"][0]["Variants"][0]["AsleepAt"]


def test_the_use_of_a_variant_is_written_once_for_many_requests(runtime: Runtime) -> None:
    record = endpoint("iris", variant(Serverless=ONE))
    runtime.add(record)
    changes: list[str] = []
    runtime.platform.records.on_change(lambda kind, name: changes.append(name))

    with containers(record, lambda asked: Said(b"")):
        for _ in range(10):
            ask(runtime)
        wait_until(lambda: wanted(runtime))

    assert changes == ["iris"]


def test_more_requests_than_its_concurrency_are_refused(runtime: Runtime) -> None:
    record = endpoint("iris", variant(Serverless=ONE))
    runtime.add(record)
    go_on = threading.Event()

    def slow(asked: Asked) -> Said:
        go_on.wait(ANSWER_S)
        return Said(b"slow")

    with containers(record, slow) as (model,), ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, runtime)
        wait_until(lambda: model.asked)
        with pytest.raises(ClientError, match="MaxConcurrency") as refused:
            ask(runtime)
        go_on.set()
        assert first.result(ANSWER_S) == b"slow"
        assert ask(runtime) == b"slow"

    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
