"""Endpoints change under steady load, and every request is answered: before, during and after."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.endpoints import Endpoints, hosts_left, nothing_left
from tests.journeys.jobs import Jobs
from tests.journeys.load import THREADS, load
from tests.journeys.server import Server, wait_for

BROKEN = b"def model_fn(model_dir):\n    raise RuntimeError('the new weights are torn')\n"


@pytest.fixture(scope="module")
def endpoints(jobs: Jobs) -> Endpoints:
    return Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)


@pytest.fixture(autouse=True)
def _left(server: Server, endpoints: Endpoints) -> Iterator[None]:
    with nothing_left(server, endpoints):
        yield


def update(endpoints: Endpoints, name: str, config: str, **more: Any) -> dict[str, Any]:
    """Updates an endpoint; returns its description in between."""
    endpoints.clients("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=config, **more)
    return endpoints.describe(name)


def test_an_update_drops_no_request_and_moves_all_of_them(server: Server, endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))
    second = endpoints.config(endpoints.model(3))

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        between = update(endpoints, name, second)
        after = endpoints.wait(name)
        moved = seen.answers[2]
        seen.wait_for_more(3, 20)

    assert seen.failures == []
    assert seen.answers[2] == moved, "an old model answered after the update"
    assert (between["EndpointStatus"], after["EndpointConfigName"]) == ("Updating", second)
    assert "FailureReason" not in after
    assert len(hosts_left(server, name)) == 1


def test_an_update_lets_a_long_request_end_where_it_began(endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))
    second = endpoints.config(endpoints.model(3))

    runtime = endpoints.clients("sagemaker-runtime")
    answers: list[dict[str, Any]] = []

    def ask_long() -> None:
        body = json.dumps({"value": 1, "wait_s": 6})
        answered = runtime.invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=body.encode()
        )
        answers.append(json.loads(answered["Body"].read()))

    asking = threading.Thread(target=ask_long)
    asking.start()
    update(endpoints, name, second)
    asking.join()
    endpoints.wait(name)

    assert [answer["factor"] for answer in answers] == [2]
    assert endpoints.ask(name)["factor"] == 3


def test_a_canary_answers_its_part_of_the_requests_before_the_others_follow(endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))
    second = endpoints.config(endpoints.model(3))
    policy = {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 3,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30},
        }
    }

    with load(endpoints, name) as seen:
        update(endpoints, name, second, DeploymentConfig={"BlueGreenUpdatePolicy": policy})
        seen.wait_for_more(3, 1)
        beside = seen.answers[2]
        endpoints.wait(name)
        moved = seen.answers[2]
        seen.wait_for_more(3, 20)

    assert seen.failures == []
    assert moved > beside + THREADS, "the old model answered no more once the new one did"
    assert seen.answers[2] == moved, "an old model answered after the update"
    assert endpoints.describe(name)["EndpointConfigName"] == second


def test_a_failing_update_rolls_back_and_drops_no_request(server: Server, endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))
    first = endpoints.describe(name)["EndpointConfigName"]
    broken = endpoints.config(endpoints.model(code=BROKEN))

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        update(endpoints, name, broken)
        after = endpoints.wait(name)
        seen.wait_for_more(2, 20)

    assert seen.failures == []
    assert set(seen.answers) == {2}
    assert "the new weights are torn" in after["FailureReason"]
    assert after["EndpointConfigName"] == first
    wait_for(lambda: len(hosts_left(server, name)) == 1, "the hosts of the failed update to be gone")


def test_instances_come_and_go_and_drop_no_request(server: Server, endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))
    sagemaker = endpoints.clients("sagemaker")

    def resize(count: int) -> None:
        wish = [{"VariantName": "One", "DesiredInstanceCount": count}]
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=wish)
        endpoints.wait(name)

    with load(endpoints, name) as seen:
        resize(3)
        servers = {endpoints.ask(name)["server"] for _ in range(30)}
        resize(1)
        seen.wait_for_more(2, 20)

    assert seen.failures == []
    assert len(servers) == 3
    wait_for(lambda: len(hosts_left(server, name)) == 1, "two instances to be gone")
